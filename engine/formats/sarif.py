"""SARIF 2.1.0, what most static analysers can write (OASIS, sarif-v2.1.0, section 3)."""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
_NO_FINDING = ("pass", "notApplicable", "informational", "open")
"""Kinds of results that report no problem (section 3.27.9)."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like SARIF."""
    return isinstance(pick(document, "runs"), list) and pick(document, "version") is not None


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for what is suppressed, is no problem, or was there before."""
    for run in objects(pick(document, "runs")):
        driver = pick(run, "tool", "driver")
        rules = objects(pick(driver, "rules"))
        by_id = {text(rule.get("id")): rule for rule in rules}
        for result in objects(run.get("results")):
            if _left_out(result):
                yield None
                continue
            said = text(result.get("ruleId"), pick(result, "rule", "id"))
            index = result.get("ruleIndex", pick(result, "rule", "index"))
            rule = by_id.get(said) or pick(rules, index if isinstance(index, int) else -1) or {}
            yield _result(run, result, rule, said or text(rule.get("id")))


def _left_out(result: JsonObject) -> bool:
    accepted = [each.get("status", "accepted") for each in objects(result.get("suppressions"))]
    return (
        "accepted" in accepted
        or result.get("kind") in _NO_FINDING
        or result.get("baselineState") in ("absent", "unchanged")
    )


def _result(run: JsonObject, result: JsonObject, rule: Any, rule_id: str | None) -> Reported:
    place = pick(result, "locations", 0, "physicalLocation")
    uri, line = text(pick(place, "artifactLocation", "uri")), pick(place, "region", "startLine")
    score = fields.number(pick(rule, "properties", "security-severity"))
    level = text(result.get("level"), pick(rule, "defaultConfiguration", "level")) or "warning"
    properties = pick(rule, "properties"), result.get("properties")
    tool = text(pick(run, "tool", "driver", "name"))
    return Reported(
        key=(
            tool,
            *(_prints(result) or (rule_id, uri, line, pick(place, "region", "startColumn"))),
        ),
        kind="vulnerability",
        title=text(pick(rule, "shortDescription", "text"), pick(rule, "name"), rule_id),
        severity=fields.severity_of_score(score) or _LEVELS.get(level),
        cvss=score,
        asset={"id": uri, "name": uri, "type": "file"},
        description=_message(result, rule),
        remediation=text(pick(rule, "help", "text")),
        references=texts(pick(rule, "helpUri")),
        cwe=fields.cwes(
            *(pick(each, "cwe") for each in properties), pick(rule, "properties", "tags")
        ),
        rule_id=rule_id,
        tags=texts(*(pick(each, "tags") for each in properties)),
        seen_at=fields.instant(pick(run, "invocations", 0, "endTimeUtc")),
        more={"tool": tool, "file": uri, "line": line},
        raw=result,
    )


def _message(result: JsonObject, rule: Any) -> str | None:
    """Return the text of the result, which may stand with the rule (section 3.11)."""
    named = text(pick(result, "message", "id"))
    shared = pick(rule, "messageStrings", named, "text") if named else None
    return text(pick(result, "message", "text"), shared, pick(rule, "fullDescription", "text"))


def _prints(result: JsonObject) -> tuple[str, ...]:
    """Return what the tool says tells this result from others, by the name of the way."""
    for name in ("fingerprints", "partialFingerprints"):
        said = result.get(name)
        if isinstance(said, dict) and said:
            return tuple(f"{way}={text(said[way])}" for way in sorted(said))
    return ()
