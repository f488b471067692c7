"""Gitleaks: an array of leaks. Fields after gitleaks ``report.Finding`` (version 8).

It names no severity; a leaked secret is taken as high. What leaked is left out, everywhere:
it must not stand in an event, a table or a ticket.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

SEVERITY = "high"
_LEAKED = ("Secret", "Match", "Line", "Offender", "secret", "match", "line", "offender")
_MASK = "[redacted]"
_DEPTH_MAX = 32


def recognises(document: Any) -> bool:
    """Tell whether this looks like what Gitleaks writes."""
    first = pick(document, 0)
    return isinstance(first, dict) and "RuleID" in first and "File" in first


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported."""
    for leak in objects(document):
        yield _leak(redacted(leak))


def redacted(leak: JsonObject) -> JsonObject:
    """Return a leak without what leaked, wherever in it that stands."""
    leaked = {text(leak.get(name)) for name in _LEAKED} - {None}
    # The longest first: one may be a part of another.
    # One of a few letters would blot out half of every text.
    secrets = sorted((said for said in leaked if said and len(said) > 3), key=len, reverse=True)
    return {
        name: _MASK if name in _LEAKED and value else _without(value, secrets, _DEPTH_MAX)
        for name, value in leak.items()
    }


def _without(value: Any, secrets: list[str], depth: int) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _MASK)
        return value
    if isinstance(value, list | dict) and depth == 0:
        return _MASK
    if isinstance(value, list):
        return [_without(each, secrets, depth - 1) for each in value]
    if isinstance(value, dict):
        return {name: _without(each, secrets, depth - 1) for name, each in value.items()}
    return value


def _leak(leak: JsonObject) -> Reported:
    rule, file = text(leak.get("RuleID")), text(leak.get("File"))
    line, commit = leak.get("StartLine"), text(leak.get("Commit"))
    return Reported(
        key=text(leak.get("Fingerprint")) or (rule, commit, file, line, leak.get("StartColumn")),
        kind="secret",
        title=f"{text(leak.get('Description')) or rule} in {file}",
        severity=SEVERITY,
        asset={"id": file, "name": file, "type": "file"},
        references=texts(leak.get("Link")),
        rule_id=rule,
        tags=texts(leak.get("Tags")),
        first_seen_at=fields.instant(leak.get("Date")),
        more={"file": file, "line": line, "commit": commit},
        raw=leak,
    )
