"""OCSF findings: classes 2001 to 2007 of the Open Cybersecurity Schema Framework.

Read leniently: real producers differ from the schema (older Prowler writes times as texts).
AWS Security Hub wraps them in ``detail.findings`` of an EventBridge event.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_SEVERITIES = {1: "info", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "critical"}
_KINDS = {2002: "vulnerability", 2003: "compliance", 2004: "detection", 2005: "detection"}
_STATUSES = {2: "in_progress", 3: "suppressed", 4: "resolved", 5: "archived"}
"""``status_id`` of findings (dictionary attribute status_id, class Finding)."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like OCSF."""
    first = pick(_all(document), 0)
    return isinstance(first, dict) and "class_uid" in first and "finding_info" in first


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for an event that is no finding."""
    for event in objects(_all(document)):
        info = event.get("finding_info", event.get("finding"))
        yield _finding(event, info) if isinstance(info, dict) else None


def _all(document: Any) -> Any:
    inner = pick(document, "detail", "findings") or document
    return inner if isinstance(inner, list) else [inner]


def _finding(event: JsonObject, info: JsonObject) -> Reported:
    resource = pick(event, "resources", 0) or pick(event, "resource")
    weak = pick(event, "vulnerabilities", 0)
    name = text(pick(resource, "name"), pick(resource, "uid"))
    said = event.get("severity_id")
    kind = event.get("class_uid")
    return Reported(
        key=text(info.get("uid")) or (text(info.get("title")), name),
        kind=_KINDS.get(kind, "other") if isinstance(kind, int) else "other",
        title=text(info.get("title"), event.get("message")),
        severity=(_SEVERITIES.get(said) if isinstance(said, int) else None)
        or fields.severity(event.get("severity")),
        status=_status(event),
        cvss=fields.number(pick(weak, "cve", "cvss", 0, "base_score")),
        asset={
            "id": text(pick(resource, "uid")) or name,
            "name": name,
            "type": text(pick(resource, "type")),
        },
        description=text(info.get("desc"), event.get("message")),
        remediation=text(pick(event, "remediation", "desc")),
        references=texts(pick(weak, "references"), pick(event, "remediation", "references")),
        cve=fields.cves(pick(weak, "cve", "uid")),
        cwe=fields.cwes(pick(weak, "cwe", "uid"), pick(weak, "cve", "cwe", "uid")),
        rule_id=text(pick(event, "metadata", "event_code"), pick(info, "analytic", "uid")),
        tags=texts(info.get("types")),
        first_seen_at=fields.instant(info.get("first_seen_time"), info.get("created_time")),
        seen_at=fields.instant(event.get("time"), event.get("time_dt")),
        more={
            "product": text(pick(event, "metadata", "product", "name")),
            "account_id": text(pick(event, "cloud", "account", "uid")),
            "region": text(pick(event, "cloud", "region"), pick(resource, "region")),
        },
        raw=event,
    )


def _status(event: JsonObject) -> str | None:
    """Return what a finding that is no new one has become."""
    if event.get("status_code") == "PASS":
        return "passed"
    if event.get("activity_id") == 3:
        return "closed"
    if text(event.get("status")) == "New":  # the word before the number: Prowler 4 has them differ
        return None
    said = event.get("status_id")
    return _STATUSES.get(said) if isinstance(said, int) else None
