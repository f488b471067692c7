"""What each level of validation finds in an export that was spoilt."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid5

import pytest

from engine.cacao.identifiers import EXTENSION
from tests.engine.cacao.documents import loaded, real
from tests.engine.cacao.standards import export, key_of, levels, playbook, step_of
from tests.examples import action

SOUND = export(
    playbook(
        action("ask", parameters={"text": "{{ finding.title }}"}, timeout_seconds=5),
        {
            "id": "worth-it",
            "type": "condition",
            "expression": "finding.cvss > 9",
            "on_true": "act",
            "on_false": "end",
        },
        action("act", on_failure="end"),
        tags=["a"],
    )
)
V7 = "018f6d2e-0000-7000-8000-000000000000"


def found(spoil: Callable[[dict[str, Any]], object]) -> dict[str, list[str]]:
    """Return what is found in a document that was sound before."""
    document = deepcopy(SOUND)
    spoil(document)
    return levels(document)


def renamed(document: dict[str, Any], key: str, name: str) -> None:
    """Give a step another key, there and in the links to it."""

    def within(value: Any) -> Any:
        if isinstance(value, dict):
            return {within(k): within(v) for k, v in value.items()}
        if isinstance(value, list):
            return [within(each) for each in value]
        return name if value == key else value

    changed = within(document)
    document.clear()
    document.update(changed)


def test_the_sound_one_is_sound() -> None:
    assert levels(SOUND) == {}


def test_an_empty_list_is_found() -> None:
    assert "/labels" in found(lambda d: d.update(labels=[]))["official"][0]


def test_a_delay_of_zero_is_found() -> None:
    assert "/delay" in found(lambda d: step_of(d, "ask").update(delay=0))["official"][0]


def test_a_timeout_that_is_no_whole_number_is_found() -> None:
    assert found(lambda d: step_of(d, "ask").update(timeout=0.5))["official"]


def test_a_uuid_of_version_7_is_found() -> None:
    assert "official" in found(lambda d: renamed(d, key_of(d, "act"), f"action--{V7}"))


def test_a_step_whose_uuid_is_not_random_is_found() -> None:
    name = f"action--{uuid5(UUID(int=0), 'act')}"
    said = found(lambda d: renamed(d, key_of(d, "act"), name))
    assert list(said) == ["semantic"]
    assert "version 4" in said["semantic"][0]


def test_a_variable_that_is_a_number_is_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["playbook_variables"]["__finding_title__"]["value"] = 7

    assert "/value" in found(spoil)["official"][0]


def test_an_unknown_property_is_found() -> None:
    said = found(lambda d: step_of(d, "ask").update(banana=1))
    assert list(said) == ["strict"]
    assert "banana" in said["strict"][0]


def test_an_unknown_property_of_a_command_is_found() -> None:
    said = found(lambda d: step_of(d, "ask")["commands"][0].update(banana=1))
    assert list(said) == ["strict"]


def test_a_command_without_its_command_is_found() -> None:
    said = found(lambda d: step_of(d, "ask")["commands"][0].pop("command"))
    assert list(said) == ["strict"]
    assert "'command' is a required property" in said["strict"][0]


def test_a_step_of_an_unknown_type_is_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        key = key_of(document, "act")
        step_of(document, "act")["type"] = "banana"
        renamed(document, key, key.replace("action--", "banana--"))

    assert "strict" in found(spoil)


def test_completion_and_success_at_once_are_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        step = step_of(document, "ask")
        step["on_completion"] = step["on_success"]

    said = found(spoil)
    assert list(said) == ["semantic"]
    assert "excludes" in said["semantic"][0]


def test_a_step_that_leads_nowhere_is_found() -> None:
    said = found(lambda d: step_of(d, "act").pop("on_completion"))
    assert "leads nowhere" in said["semantic"][0]


def test_a_second_start_is_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        another = f"start--{'0' * 8}-0000-4000-8000-{'0' * 12}"
        start = document["workflow"][document["workflow_start"]]
        document["workflow"][another] = dict(start)

    assert any("second start" in message for message in found(spoil)["semantic"])


def test_a_start_that_is_none_is_found() -> None:
    said = found(lambda d: d.update(workflow_start=key_of(d, "ask")))
    assert any("/workflow_start" in message for message in said["semantic"])


def test_a_link_to_nowhere_is_found() -> None:
    gone = f"end--{'1' * 8}-1111-4111-8111-{'1' * 12}"
    said = found(lambda d: step_of(d, "ask").update(on_success=gone))
    assert f"there is no step {gone}" in said["semantic"][0]


def test_a_circle_is_found() -> None:
    said = found(lambda d: step_of(d, "act").update(on_completion=key_of(d, "ask")))
    assert any("leads back to" in message for message in said["semantic"])


def test_a_step_that_is_never_reached_is_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        step = step_of(document, "worth-it")
        step["on_true"] = step["on_success"]

    assert any("never reached" in message for message in found(spoil)["semantic"])


def test_an_agent_that_is_not_defined_is_found() -> None:
    said = found(lambda d: d.pop("agent_definitions"))
    assert any("agent_definitions" in message for message in said["semantic"])


def test_an_extension_that_is_not_defined_is_found() -> None:
    said = found(lambda d: d.pop("extension_definitions"))
    assert any(EXTENSION in message for message in said["semantic"])


def test_a_variable_that_is_not_declared_is_found() -> None:
    said = found(lambda d: d["playbook_variables"].pop("__finding_title__"))
    assert "there is no variable __finding_title__" in said["semantic"][0]


def test_a_uuid_that_names_two_objects_is_found() -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["id"] = "playbook--" + key_of(document, "act").partition("--")[2]

    assert any("names 2 objects" in message for message in found(spoil)["semantic"])


def test_a_summary_that_is_untrue_is_found() -> None:
    said = found(lambda d: d["playbook_processing_summary"].update(while_logic=True))
    assert said == {"semantic": ["/playbook_processing_summary/while_logic: is false of this "
                                 "document"]}  # fmt: skip


def test_an_activity_that_no_command_has_is_found() -> None:
    said = found(lambda d: d.update(playbook_activities=["restrict-access"]))
    assert list(said) == ["semantic"]


def test_a_type_without_an_activity_is_found() -> None:
    assert list(found(lambda d: d.update(playbook_types=["mitigation"]))) == ["semantic"]


@pytest.mark.parametrize("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.6789Z"])
def test_a_time_that_is_not_to_the_millisecond_is_found(time: str) -> None:
    assert list(found(lambda d: d.update(created=time))) == ["semantic"]


def test_a_document_that_is_older_than_itself_is_found() -> None:
    said = found(lambda d: d.update(modified="2025-01-02T03:04:05.678Z"))
    assert said == {"semantic": ["/modified: is before created"]}


def test_an_identifier_with_a_line_break_behind_it_is_found() -> None:
    # A pattern that ends in $ lets it through.
    said = found(lambda d: d.update(id=d["id"] + "\n"))
    assert list(said) == ["semantic"]


@pytest.mark.parametrize("path", real(), ids=lambda path: path.name)
def test_a_real_file_is_judged_on_every_level(path: Any) -> None:
    assert set(levels(loaded(path))) <= {"official", "strict", "semantic"}


@pytest.mark.parametrize("value", [None, 7, [], {}, [[]], {"type": []}])
@pytest.mark.parametrize("name", sorted(SOUND))
def test_whatever_stands_in_its_place_is_judged(name: str, value: Any) -> None:
    assert found(lambda d: d.update({name: value}))


def test_a_document_of_too_many_parts_is_not_judged() -> None:
    said = found(lambda d: d.update(labels=[[]] * 10_000))
    assert {level: len(messages) for level, messages in said.items()} == {
        "official": 1, "strict": 1, "semantic": 1,
    }  # fmt: skip
