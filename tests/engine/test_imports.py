"""Documents that come in: what each is taken for, and the playbook that it would be."""

from copy import deepcopy
from typing import Any

import pytest

from engine.cacao.identifiers import EXTENSION
from engine.imports import planned
from tests.engine.cacao.documents import action, document
from tests.engine.cacao.standards import export, playbook, step_of
from tests.examples import CRITICAL_FINDING_ALERT
from tests.examples import action as native_action

OURS = export(playbook(native_action("ask", parameters={"text": "{{ finding.title }}"})))
THEIRS = document(action("one"))


def test_a_playbook_as_its_author_wrote_it_comes_in_switched_off() -> None:
    found = planned(CRITICAL_FINDING_ALERT)
    assert (found.format, found.problems, found.own) == ("native", [], False)
    assert found.definition == {**CRITICAL_FINDING_ALERT, "enabled": False}
    assert found.playbook is not None
    assert found.playbook.id == "pb-to-be-named"


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"name": "X", "steps": []}])
def test_what_is_no_playbook_is_told_what_it_lacks(wrong: Any) -> None:
    found = planned(wrong)
    assert (found.format, found.definition, found.playbook) == ("native", None, None)
    assert found.problems


def test_an_export_of_ours_comes_back_as_itself_with_its_times() -> None:
    found = planned(OURS)
    assert (found.format, found.own, found.warnings) == ("cacao_v2", True, [])
    assert found.definition is not None
    assert found.definition["enabled"] is False
    assert [step["id"] for step in found.definition["steps"]] == ["ask"]
    assert found.authored is not None


def test_a_document_of_others_is_known_by_its_id() -> None:
    found = planned(THEIRS)
    assert (found.format, found.own, found.problems) == ("cacao_v2", False, [])
    assert found.identity == THEIRS["id"]
    assert found.playbook is not None
    assert found.playbook.trigger.event == "manual"


def test_an_export_that_was_edited_beyond_its_playbook_is_told_to_be_a_document_of_others() -> None:
    edited = deepcopy(OURS)
    step_of(edited, "ask")["commands"] = [{"type": "bash", "command": "id"}]
    assert EXTENSION in edited["playbook_extensions"]
    found = planned(edited)
    assert found.own is False
    assert ("", "edited") in [(warning.pointer, warning.kind) for warning in found.warnings]
    assert found.definition is not None
