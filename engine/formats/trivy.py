"""Trivy: a report of one artifact, split into what it found; also Trivy Operator's resources.

Fields after aquasecurity/trivy ``pkg/types`` (report, schema version 2) and the
``VulnerabilityReport`` of aquasecurity/trivy-operator.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject


def recognises(document: Any) -> bool:
    """Tell whether this looks like what Trivy or its operator writes."""
    if pick(document, "kind") == "VulnerabilityReport":
        return True
    return isinstance(document, dict) and {"ArtifactName", "Results"} <= document.keys()


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for a misconfiguration that is none (``PASS``)."""
    for report in objects(document):
        if isinstance(report.get("report"), dict):
            yield from _resource(report)
            continue
        at = fields.instant(report.get("CreatedAt"))
        for result in objects(report.get("Results")):
            place = _Place(report, result, at)
            for each in objects(result.get("Vulnerabilities")):
                yield place.vulnerability(each)
            for each in objects(result.get("Misconfigurations")):
                yield None if each.get("Status") == "PASS" else place.misconfiguration(each)
            for each in objects(result.get("Secrets")):
                yield place.secret(each)


class _Place:
    """Where in a report something was found."""

    def __init__(self, report: JsonObject, result: JsonObject, at: datetime | None) -> None:
        self.artifact = text(report.get("ArtifactName"))
        self.target = text(result.get("Target")) or self.artifact
        self.at = at
        self.asset = {
            "id": self.artifact or self.target,
            "name": self.artifact or self.target,
            "type": text(report.get("ArtifactType"), result.get("Type")),
        }

    def vulnerability(self, said: JsonObject) -> Reported:
        number, package = text(said.get("VulnerabilityID")), text(said.get("PkgName"))
        installed = text(said.get("InstalledVersion"))
        fixed = text(said.get("FixedVersion"))
        return Reported(
            key=(self.target, package, installed, number),
            kind="vulnerability",
            title=text(said.get("Title")) or f"{number} in {package}",
            severity=fields.severity(said.get("Severity")),
            cvss=_score(said.get("CVSS")),
            asset=self.asset,
            description=text(said.get("Description")),
            remediation=f"update {package} to {fixed}" if fixed else None,
            references=texts(said.get("PrimaryURL"), said.get("References")),
            cve=fields.cves(number),
            cwe=fields.cwes(said.get("CweIDs")),
            rule_id=number,
            seen_at=self.at,
            more={"package": package, "installed_version": installed, "fixed_version": fixed},
            raw=said,
        )

    def misconfiguration(self, said: JsonObject) -> Reported:
        rule = text(said.get("AVDID"), said.get("ID"))
        line = pick(said, "CauseMetadata", "StartLine")
        return Reported(
            key=(self.artifact, self.target, rule, line, text(said.get("Message"))),
            kind="misconfiguration",
            title=text(said.get("Title"), said.get("Message")),
            severity=fields.severity(said.get("Severity")),
            asset=self.asset,
            description=text(said.get("Message"), said.get("Description")),
            remediation=text(said.get("Resolution")),
            references=texts(said.get("PrimaryURL"), said.get("References")),
            rule_id=rule,
            seen_at=self.at,
            more={"file": self.target, "line": line},
            raw=said,
        )

    def secret(self, said: JsonObject) -> Reported:
        rule, line = text(said.get("RuleID")), said.get("StartLine")
        # Trivy blots out what it found, but not always the lines around it.
        shown = {k: v for k, v in said.items() if k not in ("Match", "Code")}
        return Reported(
            key=(self.artifact, self.target, rule, line),
            kind="secret",
            title=text(said.get("Title")),
            severity=fields.severity(said.get("Severity")),
            asset=self.asset,
            rule_id=rule,
            seen_at=self.at,
            more={"file": self.target, "line": line},
            raw=shown,
        )


def _score(said: Any) -> float | None:
    """Return the highest CVSS score that a vendor gives, of version 3 or later before 2."""
    vendors = list(said.values()) if isinstance(said, dict) else []
    for name in ("V40Score", "V3Score", "V2Score"):
        scores = [fields.number(pick(vendor, name)) for vendor in vendors]
        if known := [score for score in scores if score is not None]:
            return max(known)
    return None


def _resource(resource: JsonObject) -> Iterator[Reported]:
    labels = pick(resource, "metadata", "labels")
    spaces = (
        ("namespace", "resource.namespace"),
        ("kind", "resource.kind"),
        ("name", "resource.name"),
    )
    found = {name: text(pick(labels, f"trivy-operator.{label}")) for name, label in spaces}
    name = "/".join(part for part in found.values() if part)
    image = text(pick(resource, "report", "artifact", "repository"))
    for said in objects(pick(resource, "report", "vulnerabilities")):
        number, package = text(said.get("vulnerabilityID")), text(said.get("resource"))
        fixed = text(said.get("fixedVersion"))
        yield Reported(
            key=(name, image, package, text(said.get("installedVersion")), number),
            kind="vulnerability",
            title=text(said.get("title")),
            severity=fields.severity(said.get("severity")),
            cvss=fields.number(said.get("score")),
            asset={"id": name or image, "name": found["name"] or image, "type": found["kind"]},
            remediation=f"update {package} to {fixed}" if fixed else None,
            references=texts(said.get("primaryLink"), said.get("links")),
            cve=fields.cves(number),
            rule_id=number,
            seen_at=fields.instant(pick(resource, "report", "updateTimestamp")),
            more={"package": package, "image": image, "fixed_version": fixed},
            raw=said,
        )
