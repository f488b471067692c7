"""DefectDojo: its webhook ``scan_added``, and its format "Generic Findings Import".

Fields after the DefectDojo documentation: "Webhook notifications", and "Generic findings
import". The webhook names each finding by title, severity and address only.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_CHANGES = {"new": None, "reactivated": "reactivated", "mitigated": "mitigated"}
"""What the lists of the webhook say has become of the findings in them."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like what DefectDojo sends, or takes."""
    said = pick(document, "findings")
    if isinstance(said, dict):
        return "url_api" in document and bool(_CHANGES.keys() & said)
    first = pick(said, 0)
    return isinstance(first, dict) and {"title", "severity", "description"} <= first.keys()


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for what the scan left as it was."""
    said = pick(document, "findings")
    if isinstance(said, dict):
        for change, several in said.items():
            for finding in objects(several):
                known = change in _CHANGES
                yield _named(document, finding, _CHANGES[change]) if known else None
        return
    for finding in objects(said):
        yield None if _is_over(finding) else _generic(finding)


def _named(document: JsonObject, finding: JsonObject, status: str | None) -> Reported:
    product = pick(document, "product")
    name, address = text(pick(product, "name")), text(finding.get("url_ui"))
    number = text(finding.get("id"))
    return Reported(
        key=f"defectdojo-{number}" if number else (address, text(finding.get("title"))),
        kind="other",
        title=text(finding.get("title")),
        severity=fields.severity(finding.get("severity")),
        status=status,
        asset={"id": name, "name": name, "type": "product"},
        references=texts(address),
        # The same change, found by another test, is another event.
        occasion=text(pick(document, "test", "id")),
        more={"engagement": text(pick(document, "engagement", "name"))},
        raw=finding,
    )


def _is_over(finding: JsonObject) -> bool:
    return finding.get("active") is False or finding.get("false_p") is True


def _generic(finding: JsonObject) -> Reported:
    host = text(pick(finding, "endpoints", 0, "host"), pick(finding, "endpoints", 0))
    place = host or text(
        finding.get("service"), finding.get("component_name"), finding.get("file_path")
    )
    score = fields.number(finding.get("cvssv4_score"), finding.get("cvssv3_score"))
    said, title = text(finding.get("unique_id_from_tool")), text(finding.get("title"))
    return Reported(
        key=(said, title) if said else (title, place, text(finding.get("line"))),
        kind="vulnerability",
        title=title,
        severity=fields.severity(finding.get("severity")),
        cvss=score,
        asset={"id": place, "name": place, "type": "host" if host else "component"},
        description=text(finding.get("description")),
        remediation=text(finding.get("mitigation")),
        references=texts(finding.get("references")),
        cve=fields.cves(finding.get("cve"), finding.get("vulnerability_ids")),
        cwe=fields.cwes(finding.get("cwe")),
        rule_id=text(finding.get("vuln_id_from_tool")),
        tags=texts(finding.get("tags")),
        seen_at=fields.instant(finding.get("date")),
        raw=finding,
    )
