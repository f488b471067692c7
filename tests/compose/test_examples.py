"""The examples: valid, explained, and each of them good for something."""

from collections import Counter
from pathlib import Path

import pytest

from api.cli import documents
from api.demo import examples, scenario
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
