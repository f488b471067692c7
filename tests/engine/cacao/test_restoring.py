"""Exports that come back: whole, edited, forged."""

from copy import deepcopy
from typing import Any

import pytest

from engine.cacao.identifiers import EXTENSION
from engine.cacao.restoring import restored
from tests.engine.cacao.standards import export, key_of, playbook, step_of
from tests.examples import action

DEFINITION = playbook(
    action("ask", parameters={"text": "{{ finding.title }}"}, timeout_seconds=5),
    {"id": "wait", "type": "delay", "duration": "15m"},
    {
        "id": "worth-it",
        "type": "condition",
        "expression": "finding.cvss > 9",
        "on_true": "agree",
        "on_false": "end",
    },
    {"id": "agree", "type": "approval", "message": "Really?"},
    action("act", on_failure="end", undo={"action_ref": "act-back"}, retry={"max_attempts": 7}),
    on_failure="retry",
    max_retries=2,
    trigger={"event": "finding.new", "conditions": {"severity": "critical"}},
)
DOCUMENT = export(DEFINITION)


def edited(**says: Any) -> dict[str, Any]:
    """Return the document with other properties of the step ``ask``."""
    document = deepcopy(DOCUMENT)
    step_of(document, "ask").update(says)
    return document


def step(document: dict[str, Any], step_id: str) -> dict[str, Any]:
    """Return a step of what comes back of a document."""
    back = restored(document)
    assert back is not None
    [found] = [each for each in back.definition["steps"] if each["id"] == step_id]
    return dict(found)


def kinds(document: dict[str, Any]) -> list[tuple[str, str]]:
    back = restored(document)
    assert back is not None
    return [(warning.pointer, warning.kind) for warning in back.warnings]


def test_the_same_revision_is_the_same_document() -> None:
    assert list(export(DEFINITION).items()) == list(DOCUMENT.items())


def test_switching_a_playbook_off_changes_no_document() -> None:
    assert export(DEFINITION.model_copy(update={"enabled": False})) == DOCUMENT


def test_the_order_of_keys_says_nothing() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(each) for key, each in reversed(value.items())}
        return value

    assert kinds(turned(DOCUMENT)) == []


def test_what_cacao_has_no_words_for_comes_back() -> None:
    assert step(DOCUMENT, "act")["undo"] == {"action_ref": "act-back"}
    assert step(DOCUMENT, "act")["retry"] == {"max_attempts": 7}


def test_an_edit_elsewhere_counts_and_is_told() -> None:
    document = edited(name="Ask them")
    assert step(document, "ask")["name"] == "Ask them"
    assert kinds(document) == [(f"/workflow/{key_of(document, 'ask')}", "edited")]


def test_another_timeout_counts() -> None:
    assert step(edited(timeout=7_500), "ask")["timeout_seconds"] == 7.5


def test_other_parameters_count_with_their_templates() -> None:
    command = dict(step_of(DOCUMENT, "ask")["commands"][0])
    command["content"] = '{"text":"Look: __finding_title__:value","loud":true}'
    parameters = step(edited(commands=[command]), "ask")["parameters"]
    assert parameters == {"text": "Look: {{ finding.title }}", "loud": True}


def test_another_condition_counts() -> None:
    document = deepcopy(DOCUMENT)
    says = "[__finding_cvss__:value <= 3 AND __finding_cvss__:value != 2]"
    step_of(document, "worth-it")["condition"] = says
    said = step(document, "worth-it")["expression"]
    assert said == "finding.cvss <= 3 and finding.cvss != 2"


def test_another_message_and_another_delay_count() -> None:
    document = deepcopy(DOCUMENT)
    step_of(document, "agree")["commands"][0]["command"] = "Sure?"
    step_of(document, "wait")["delay"] = 1_000
    assert step(document, "agree")["message"] == "Sure?"
    assert step(document, "wait")["duration"] == 1.0


def test_another_link_counts() -> None:
    document = deepcopy(DOCUMENT)
    step_of(document, "ask")["on_failure"] = key_of(document, "worth-it")
    assert step(document, "ask")["on_failure"] == "worth-it"


def test_the_name_and_the_labels_of_the_playbook_count() -> None:
    back = restored(DOCUMENT | {"name": "Y", "labels": ["new"]})
    assert back is not None
    assert (back.definition["name"], back.definition["tags"]) == ("Y", ["new"])
    assert [warning.pointer for warning in back.warnings] == ["/name", "/labels"]


def test_a_signature_does_not_make_it_another_one_but_is_lost() -> None:
    signed = DOCUMENT | {"signatures": [{"type": "jss"}]}
    assert kinds(signed) == [("/signatures", "signature")]


def forged() -> dict[str, Any]:
    """Return a document whose extension holds another playbook than the document shows."""
    document = deepcopy(DOCUMENT)
    said = document["playbook_extensions"][EXTENSION]["playbook"]
    said["steps"][0]["parameters"] = {"text": "{{ secrets.ADMIN }}"}
    said["steps"][0]["action_ref"] = "act-other"
    return document


def test_a_forged_extension_does_not_count() -> None:
    assert step(forged(), "ask")["action_ref"] == step(DOCUMENT, "ask")["action_ref"]
    assert step(forged(), "ask")["parameters"] == {"text": "{{ finding.title }}"}


def test_a_step_that_has_no_timeout_any_more_has_none() -> None:
    document = deepcopy(DOCUMENT)
    step_of(document, "ask").pop("timeout")
    assert step(document, "ask").get("timeout_seconds") is None


def added(document: dict[str, Any]) -> None:
    key = f"action--{'1' * 8}-1111-4111-8111-{'1' * 12}"
    document["workflow"][key] = dict(step_of(document, "ask"))
    document["workflow"][document["workflow_start"]]["on_completion"] = key


UNCLEAR = {
    "a step that was added": added,
    "a step that was taken out": lambda d: d["workflow"].pop(key_of(d, "wait")),
    "another command": lambda d: step_of(d, "ask").update(
        commands=[{"type": "bash", "command": "rm -rf /"}]
    ),
    "a second command": lambda d: step_of(d, "ask")["commands"].append(
        {"type": "bash", "command": "rm -rf /"}
    ),
    "another target": lambda d: next(iter(d["target_definitions"].values())).update(
        address={"dname": ["evil.example.com"]}
    ),
    "another id": lambda d: d.update(id=f"playbook--{'1' * 8}-1111-4111-8111-{'1' * 12}"),
    "revoked": lambda d: d.update(revoked=True),
    "a condition that nobody can read": lambda d: step_of(d, "worth-it").update(condition="?"),
    "a time in words": lambda d: step_of(d, "ask").update(timeout="soon"),
    "a delay where nothing waits": lambda d: step_of(d, "ask").update(delay=5_000),
    "parameters that are no JSON": lambda d: step_of(d, "ask")["commands"][0].update(content="{"),
    "parameters that are no object": lambda d: step_of(d, "ask")["commands"][0].update(
        content="[]"
    ),
    "a link to nowhere": lambda d: step_of(d, "ask").update(on_failure="action--nowhere"),
    "a link that is none": lambda d: step_of(d, "ask").update(on_failure=7),
    "a header": lambda d: step_of(d, "ask")["commands"][0]["headers"].update(X=["y"]),
    "an extension of another": lambda d: d.pop("playbook_extensions"),
    "no times": lambda d: d.pop("created"),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_an_edit_without_a_place_here_makes_it_a_document_of_others(what: str) -> None:
    document = deepcopy(DOCUMENT)
    UNCLEAR[what](document)
    assert restored(document) is None


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, {EXTENSION: {}}, {EXTENSION: 7}])
@pytest.mark.parametrize("name", sorted(DOCUMENT))
def test_whatever_stands_in_its_place_nothing_breaks(name: str, value: Any) -> None:
    restored(DOCUMENT | {name: value})
