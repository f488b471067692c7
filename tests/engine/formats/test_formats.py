"""Reports in scanners' own formats, and the findings that they become."""

from typing import Any

import orjson
import pytest

from engine import contexts
from engine.formats import formats
from engine.formats.formats import AUTO, FORMATS, UnknownFormat
from engine.triggers import TriggerIndex
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.engine.formats import reports
from tests.engine.formats.reports import REPORTS


def found(document: Any, format: str = AUTO) -> list[Finding]:
    """Return the findings of a report."""
    return list(formats.read(document, format).findings)


def test_every_format_has_an_example() -> None:
    assert REPORTS.keys() == FORMATS.keys()


@pytest.mark.parametrize(
    ("format", "document"), [(name, each) for name, several in REPORTS.items() for each in several]
)
def test_a_report_is_recognised_as_what_it_is_and_read(format: str, document: Any) -> None:
    report = formats.read(document, AUTO)
    assert report.format == format
    assert report.findings
    assert report == formats.read(document, format)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("document", [None, 1, "x", [], {}, [[]], [1], {"findings": {}}])
def test_what_is_no_report_is_refused_and_not_taken_for_an_empty_one(
    format: str, document: Any
) -> None:
    with pytest.raises(UnknownFormat, match="does not look like"):
        formats.read(document, format)


def test_a_format_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownFormat, match="use one of nuclei, trivy"):
        formats.read(reports.NUCLEI, "nessus")
    with pytest.raises(UnknownFormat, match="say its format, one of nuclei"):
        formats.read({"a": 1}, AUTO)


def test_a_nuclei_result_says_what_and_where() -> None:
    (finding,) = found(reports.NUCLEI)
    assert finding.event == "finding.new"
    assert finding.timestamp is not None
    assert finding.timestamp.isoformat() == "2026-03-01T11:00:00.123456+00:00"
    said = finding.data
    assert said["title"] == "Exposed panel"
    assert said["severity"] == "high"
    assert said["asset"]["id"] == "https://shop.example.com"
    assert said["cvss"] == 7.5
    assert (said["cve"], said["cwe"]) == (["CVE-2024-1234"], ["CWE-200"])
    assert said["raw"] == reports.NUCLEI


def test_a_trivy_report_is_split_into_what_it_found() -> None:
    report = formats.read(reports.TRIVY, AUTO)
    weak, wrong, secret = (finding.data for finding in report.findings)
    assert report.left_out == 1
    assert (weak["severity"], weak["cvss"]) == ("critical", 9.8)
    assert weak["remediation"] == "update libexample to 1.1"
    assert (wrong["kind"], wrong["severity"]) == ("misconfiguration", "high")
    assert secret["kind"] == "secret"
    assert weak["asset"]["name"] == "shop:1.4"


def test_a_sarif_result_has_the_severity_of_its_rule_before_its_level() -> None:
    report = formats.read(reports.SARIF, AUTO)
    injection, note = (finding.data for finding in report.findings)
    assert (injection["severity"], injection["cwe"]) == ("critical", ["CWE-89"])
    assert (note["severity"], note["rule_id"]) == ("low", "LOG1")
    assert report.left_out == 2


def test_words_that_semgrep_writes_for_everybody_are_no_fingerprint() -> None:
    first, second = reports.SEMGREP["results"][0], {**reports.SEMGREP["results"][0], "path": "z.py"}
    one, two = found({"results": [first, second], "errors": []})
    assert one.data["finding_id"] != two.data["finding_id"]
    assert one.data["severity"] == "high"


def test_an_asff_finding_that_is_resolved_is_a_change_of_status() -> None:
    new, resolved = found(reports.ASFF)
    assert (new.event, new.data["severity"], new.data["status"]) == ("finding.new", "high", "new")
    assert (resolved.event, resolved.data["status"]) == ("finding.status_changed", "resolved")


def test_an_ocsf_finding_has_the_severity_of_its_number() -> None:
    (finding,) = found(reports.OCSF)
    assert (finding.data["severity"], finding.data["kind"]) == ("critical", "vulnerability")
    assert finding.timestamp is not None
    assert finding.timestamp.year == 2026


def test_a_level_of_wazuh_is_banded() -> None:
    (alert,) = found(reports.WAZUH_ALERT)
    assert (alert.data["severity"], alert.data["asset"]["name"]) == ("high", "shop")


def test_a_vulnerability_of_wazuh_without_a_severity_has_that_of_its_score() -> None:
    (weak,) = found(reports.WAZUH_INDEX)
    assert weak.data["severity"] == "high"
    assert weak.data["references"] == ["https://example.com/a", "https://example.com/b"]


def test_what_defectdojo_left_untouched_is_no_event() -> None:
    report = formats.read(reports.DEFECTDOJO, AUTO)
    assert [finding.event for finding in report.findings] == [
        "finding.new",
        "finding.status_changed",
    ]
    assert report.left_out == 1


@pytest.mark.parametrize("document", [reports.GITLEAKS, reports.TRIVY])
def test_a_secret_that_was_found_stands_nowhere_in_the_finding(document: Any) -> None:
    text = orjson.dumps([finding.model_dump(mode="json") for finding in found(document)])
    assert b"hunter2" not in text


def test_the_same_report_sent_twice_is_the_same_events() -> None:
    for several in REPORTS.values():
        for document in several:
            again = orjson.loads(orjson.dumps(document))
            assert [each.id for each in found(document)] == [each.id for each in found(again)]


def test_the_same_finding_in_the_next_report_is_another_event_of_the_same_finding() -> None:
    (one,) = found(reports.NUCLEI)
    (next_one,) = found({**reports.NUCLEI, "timestamp": "2026-03-02T12:00:00Z"})
    assert one.id != next_one.id
    assert one.data["finding_id"] == next_one.data["finding_id"]


def test_what_a_scanner_wrote_at_length_is_cut() -> None:
    (finding,) = found({**reports.NUCLEI, "response": "x" * 1_000_000})
    assert len(orjson.dumps(finding.data["raw"])) < 65_536
    assert finding.data["raw"]["template-id"] == "exposed-panel"


def test_what_is_nested_too_deep_to_be_written_is_cut_where_it_is() -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    for document in ({**reports.NUCLEI, "extra": deep}, [{**reports.GITLEAKS[0], "extra": deep}]):
        (finding,) = found(document)
        assert orjson.dumps(finding.model_dump(mode="json"))


def test_a_severity_starts_what_asks_for_it() -> None:
    index: TriggerIndex = TriggerIndex(
        [(("pb-1", "r"), Trigger(event="finding.new", conditions={"severity": {"$gte": "high"}}))]
    )
    (finding,) = found(reports.NUCLEI)
    assert index.matches(finding.event, contexts.of_finding(finding)) == [("pb-1", "r")]
