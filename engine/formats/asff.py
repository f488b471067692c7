"""ASFF, the format of AWS Security Hub CSPM: of its API, its CLI, and wrapped by EventBridge.

Fields after the Security Hub user guide, "AWS Security Finding Format (ASFF)". The CLI writes
``Findings``, EventBridge ``detail.findings``.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_NORMALIZED = ((90, "critical"), (70, "high"), (40, "medium"), (1, "low"))
"""Least ``Severity.Normalized`` of each severity, after the user guide."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like ASFF."""
    first = pick(_all(document), 0)
    return isinstance(first, dict) and "ProductArn" in first and "AwsAccountId" in first


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported."""
    for finding in objects(_all(document)):
        yield _finding(finding)


def _all(document: Any) -> Any:
    inner = pick(document, "detail") if isinstance(pick(document, "detail"), dict) else document
    if isinstance(inner, dict):
        return inner.get("Findings") or inner.get("findings") or [inner]
    return inner


def _finding(finding: JsonObject) -> Reported:
    resource, weak = pick(finding, "Resources", 0), pick(finding, "Vulnerabilities", 0)
    name = text(pick(resource, "Tags", "Name"), pick(resource, "Id"))
    advice = pick(finding, "Remediation", "Recommendation")
    return Reported(
        key=text(finding.get("Id")) or (text(finding.get("Title")), name),
        kind=_kind(finding),
        title=text(finding.get("Title")),
        severity=_severity(finding),
        status=_status(finding),
        cvss=_score(weak),
        asset={
            "id": text(pick(resource, "Id")),
            "name": name,
            "type": text(pick(resource, "Type")),
        },
        description=text(finding.get("Description")),
        remediation=text(pick(advice, "Text")),
        references=texts(
            pick(advice, "Url"), finding.get("SourceUrl"), pick(weak, "ReferenceUrls")
        ),
        cve=fields.cves(pick(weak, "Id"), finding.get("Title")),
        rule_id=text(finding.get("GeneratorId")),
        tags=texts(finding.get("Types")),
        first_seen_at=fields.instant(finding.get("FirstObservedAt"), finding.get("CreatedAt")),
        seen_at=fields.instant(finding.get("UpdatedAt"), finding.get("LastObservedAt")),
        more={
            "account_id": text(finding.get("AwsAccountId")),
            "region": text(finding.get("Region")),
            "product": text(finding.get("ProductName"), finding.get("ProductArn")),
        },
        raw=finding,
    )


def _kind(finding: JsonObject) -> str:
    if finding.get("Vulnerabilities"):
        return "vulnerability"
    return "compliance" if finding.get("Compliance") else "detection"


def _severity(finding: JsonObject) -> str | None:
    label = fields.severity(pick(finding, "Severity", "Label"))
    score = fields.number(pick(finding, "Severity", "Normalized"))
    if label is not None or score is None:
        return label
    return next((word for least, word in _NORMALIZED if score >= least), "info")


def _status(finding: JsonObject) -> str | None:
    """Return what a finding that is open no more has become, None for an open one."""
    if finding.get("RecordState") == "ARCHIVED":
        return "archived"
    workflow = pick(finding, "Workflow", "Status")
    if workflow in ("RESOLVED", "SUPPRESSED", "NOTIFIED"):
        return str(workflow).lower()
    return "passed" if pick(finding, "Compliance", "Status") == "PASSED" else None


def _score(weak: Any) -> float | None:
    scores = [fields.number(each.get("BaseScore")) for each in objects(pick(weak, "Cvss"))]
    return max((score for score in scores if score is not None), default=None)
