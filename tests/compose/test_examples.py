"""The examples: valid, explained, and each of them good for something."""

from collections import Counter
from pathlib import Path

import orjson
import pytest

from api.cli import documents
from api.demo import examples, scenario
from engine.formats import formats
from engine.warnings.actions import Surroundings
from schemas.playbooks import Playbook
from streams.actions.actions import Actions

ROOT = Path(__file__).parent.parent.parent
COMPOSE = ROOT / "compose"
PLAYBOOKS = examples.playbook_files()


def by_id() -> dict[str, Playbook]:
    return {each.playbook_id: each.playbook for each in map(documents.read, PLAYBOOKS)}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_is_valid_and_says_what_it_is_for(path: Path) -> None:
    document = documents.read(path)
    assert document.problems == []
    assert document.warnings(Surroundings(Actions().repetitions)) == []
    assert path.read_text().startswith("# ")
    assert path.name in (COMPOSE / "playbooks" / "README.md").read_text()


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_names_only_actions_that_are_always_there(path: Path) -> None:
    known = {description["id"] for description in Actions().describe()}
    steps = documents.read(path).value["steps"]
    assert {step["action_ref"] for step in steps if step["type"] == "action"} <= known


def test_every_playbook_is_started_and_some_findings_start_none() -> None:
    findings = list(examples.findings(run="test"))
    started = scenario.expected(by_id(), findings).values()
    matched = Counter(finding["id"] for finding in started)
    assert len(findings) >= 12
    assert 0 < len(matched) < len(findings)
    for playbook_id, playbook in by_id().items():
        alone = scenario.expected({playbook_id: playbook}, findings)
        assert 0 < len(alone) < len(findings), playbook_id


def test_findings_sent_in_another_run_are_news() -> None:
    first, second = (list(scenario.expected(by_id(), examples.findings(run))) for run in "ab")
    assert len(first) == len(second)
    assert set(first) & set(second) == set()


def test_the_first_playbook_of_the_front_page_is_started_by_the_result_beside_it(
    tmp_path: Path,
) -> None:
    page = (ROOT / "README.md").read_text()
    path = tmp_path / "takeover.yaml"
    path.write_text(page.partition("# takeover.yaml\n")[2].partition("```")[0])
    document = documents.read(path)
    assert document.problems == []
    [result] = [line for line in page.splitlines() if line.startswith("echo '{\"template-id")]
    report = formats.read(orjson.loads(result.split("'")[1]), "nuclei")
    found = [finding.model_dump(mode="json", exclude_none=True) for finding in report.findings]
    started = scenario.expected({document.playbook_id: document.playbook}, found)
    assert len(started) == 1
