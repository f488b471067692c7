"""Real reports of real scanners, and the same ones spoilt in every way."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine import contexts
from engine.formats import formats
from engine.formats.formats import AUTO, FORMATS, UnknownFormat
from engine.triggers import TriggerIndex
from schemas.playbooks import Trigger
from tests.engine.formats.reports import REPORTS

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "findings"

EXPECTED = {
    "asff_eventbridge_envelope.derived.json": ("asff", 1),
    "dd/asff_one_vuln.json": ("asff", 1),
    "dd/aws_prowler_v3plus_many_vuln_after_4_5_0.ocsf.json": ("ocsf", 3),
    "dd/awssecurityhub_config_many_findings.json": ("asff", 3),
    "dd/awssecurityhub_guardduty.json": ("asff", 4),
    "dd/awssecurityhub_inspector_ecr.json": ("asff", 7),
    "dd/defectdojo_webhook_scan_added.json": ("defectdojo", 3),
    "dd/generic_generic_report1.json": ("defectdojo", 2),
    "dd/generic_generic_report_kev_cvssv4.json": ("defectdojo", 2),
    "dd/gitleaks_gitleaks8_many.json": ("gitleaks", 4),
    "dd/nuclei_issue_9201.json": ("nuclei", 1),
    "dd/nuclei_many_findings_third.json": ("nuclei", 2),
    "dd/nuclei_multiple_v3.json": ("nuclei", 6),
    "dd/prowler_example_output_aws.ocsf.json": ("ocsf", 3),
    "dd/prowler_example_output_kubernetes.ocsf.json": ("ocsf", 4),
    "dd/sarif_appendix_k.sarif": ("sarif", 0),
    "dd/sarif_dockle_0_3_15.sarif": ("sarif", 4),
    "dd/sarif_njsscan.sarif": ("sarif", 2),
    "dd/sarif_suppression_test.sarif": ("sarif", 2),
    "dd/semgrep_many_findings.json": ("semgrep", 3),
    "dd/semgrep_one_finding.json": ("semgrep", 1),
    "dd/trivy_cvss_severity_source.json": ("trivy", 2),
    "dd/trivy_operator_vulnerabilityreport_single_vuln.json": ("trivy", 1),
    "dd/trivy_scheme_2_many_vulns.json": ("trivy", 5),
    "dd/wazuh_v4-7_many_findings.json": ("wazuh", 13),
    "dd/wazuh_v4-8_many_findings.json": ("wazuh", 10),
    "nuclei_v3.derived.jsonl": ("nuclei", 6),
    "ocsf_2002_vulnerability_finding.derived.json": ("ocsf", 1),
    "semgrep_owasp_benchmark.trimmed.sarif": ("sarif", 3),
}
"""Format and number of open problems or changes in each file."""

SEVERITIES = ("info", "low", "medium", "high", "critical")


def sample(name: str) -> Any:
    """Return what stands in a file: JSON, or JSON objects one a line."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("real reports are not there")
    text = path.read_bytes()
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return [orjson.loads(line) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_report_has_the_findings_that_it_has(name: str) -> None:
    report = formats.read(sample(name), AUTO)
    assert (report.format, len(report.findings)) == EXPECTED[name]
    assert all(orjson.dumps(finding.model_dump(mode="json")) for finding in report.findings)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_finding_of_a_real_report_starts_what_asks_for_its_severity(name: str) -> None:
    index: TriggerIndex = TriggerIndex(
        ((event + word, "r"), Trigger(event=event, conditions={"severity": word}))
        for event in ("finding.new", "finding.status_changed")
        for word in SEVERITIES
    )
    for finding in formats.read(sample(name), AUTO).findings:
        matched = index.matches(finding.event, contexts.of_finding(finding))
        assert matched == [(finding.event + finding.data["severity"], "r")]


def test_a_spoilt_report_is_read_or_refused_but_breaks_nothing(
    pytestconfig: pytest.Config,
) -> None:
    lots = random.Random(pytestconfig.getoption("--seed"))
    names = [name for name in EXPECTED if (SAMPLES / name).exists()]
    whole = [orjson.dumps(each) for several in REPORTS.values() for each in several]
    whole += [orjson.dumps(sample(name)) for name in names]
    read = 0
    for _ in range(pytestconfig.getoption("--reports")):
        document = spoilt(orjson.loads(lots.choice(whole)), lots)
        for name in (AUTO, lots.choice(list(FORMATS))):
            try:
                report = formats.read(document, name)
            except UnknownFormat:
                continue
            read += 1
            assert all(orjson.dumps(each.model_dump(mode="json")) for each in report.findings)
    assert read > 0


def spoilt(document: Any, lots: random.Random) -> Any:
    """Return a document in which a few values are something else."""
    for _ in range(lots.randint(1, 6)):
        document = _spoilt(document, lots)
    return document


def _spoilt(value: Any, lots: random.Random) -> Any:
    odd = [None, True, -1, 1e308, 10**12, "", "x" * 20_000, "\x00", [], {}, [None], {"a": {"b": 1}}]
    if isinstance(value, dict) and value and lots.random() < 0.93:
        name = lots.choice(list(value))
        if lots.random() < 0.1:
            return {each: said for each, said in value.items() if each != name}
        return {**value, name: _spoilt(value[name], lots)}
    if isinstance(value, list) and value and lots.random() < 0.93:
        index = lots.randrange(len(value))
        return [*value[:index], _spoilt(value[index], lots), *value[index + 1 :]]
    return lots.choice(odd)
