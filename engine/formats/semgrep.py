"""Semgrep's own JSON (``--json``). Fields after semgrep-interfaces ``semgrep_output_v1``."""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_SEVERITIES = {"INFO": "low", "WARNING": "medium", "ERROR": "high"}
"""What Semgrep's older words mean in its newer ones."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like what Semgrep writes."""
    first = pick(document, "results", 0)
    empty = pick(document, "results") == [] and "errors" in document
    return empty or (isinstance(first, dict) and "check_id" in first)


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for what the code itself says to ignore (``nosem``)."""
    for result in objects(pick(document, "results")):
        yield None if pick(result, "extra", "is_ignored") is True else _result(result)


def _result(result: JsonObject) -> Reported:
    extra, rule = result.get("extra"), text(result.get("check_id"))
    metadata, said = pick(extra, "metadata"), pick(extra, "severity")
    path, line = text(result.get("path")), pick(result, "start", "line")
    return Reported(
        key=_fingerprint(extra) or (rule, path, line, pick(result, "start", "col")),
        kind="vulnerability",
        title=rule.rpartition(".")[2] if rule else None,
        severity=_SEVERITIES.get(str(said)) or fields.severity(said),
        asset={"id": path, "name": path, "type": "file"},
        description=text(pick(extra, "message")),
        remediation=text(pick(extra, "fix")),
        references=texts(pick(metadata, "references"), pick(metadata, "source")),
        cwe=fields.cwes(pick(metadata, "cwe")),
        rule_id=rule,
        tags=texts(pick(metadata, "technology")),
        more={"file": path, "line": line},
        raw=result,
    )


def _fingerprint(extra: Any) -> str | None:
    said = text(pick(extra, "fingerprint"))
    # Who is not logged in gets these words in its place, the same for every finding.
    return None if said == "requires login" else said
