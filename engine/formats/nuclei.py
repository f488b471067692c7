"""Nuclei: one object a result, in an array or one a line (``-json-export``, ``-jsonl``).

Fields after projectdiscovery/nuclei ``pkg/output``, ``ResultEvent``; older exports write
``templateID`` and ``matched``.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject


def recognises(document: Any) -> bool:
    """Tell whether this looks like what Nuclei writes."""
    first = pick(document, 0) if isinstance(document, list) else document
    return isinstance(first, dict) and "info" in first and bool(_template(first))


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for an entry that is no result."""
    for result in objects(document):
        yield _result(result) if _template(result) else None


def _template(result: JsonObject) -> str | None:
    return text(result.get("template-id"), result.get("templateID"))


def _result(result: JsonObject) -> Reported:
    info, rule = result.get("info"), _template(result)
    matched = text(result.get("matched-at"), result.get("matched"), result.get("host"))
    classification = pick(info, "classification")
    host = text(result.get("host"), result.get("ip"), matched)
    return Reported(
        key=(rule, matched, text(result.get("matcher-name"), result.get("matcher_name"))),
        kind="vulnerability",
        title=text(pick(info, "name")),
        severity=fields.severity(pick(info, "severity")),
        cvss=fields.number(pick(classification, "cvss-score")),
        asset={"id": host, "name": host, "type": text(result.get("type"))},
        description=text(pick(info, "description")),
        remediation=text(pick(info, "remediation")),
        references=texts(pick(info, "reference")),
        cve=fields.cves(pick(classification, "cve-id")),
        cwe=fields.cwes(pick(classification, "cwe-id")),
        rule_id=rule,
        tags=texts(pick(info, "tags")),
        seen_at=fields.instant(result.get("timestamp")),
        more={"matched_at": matched},
        raw=result,
    )
