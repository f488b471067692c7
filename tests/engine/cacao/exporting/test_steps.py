"""What steps say in CACAO: commands, conditions, variables; and what they never say."""

from typing import Any

import orjson
import pytest

from engine.cacao.restoring import restored
from tests.engine.cacao.standards import export, levels, playbook, step_of
from tests.examples import action


def content(**parameters: Any) -> Any:
    document = export(playbook(action("a", parameters=parameters)))
    return orjson.loads(step_of(document, "a")["commands"][0]["content"])


def condition(expression: str, style: Any = "bracketed") -> str:
    steps = ({"id": "if", "type": "condition", "expression": expression}, action("a"))
    document = export(playbook(*steps), style=style)
    assert levels(document) == {}
    return str(step_of(document, "if")["condition"])


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("finding.cvss >= 9", "[__finding_cvss__:value >= 9]"),
        ("9.5 < finding.cvss", "[__finding_cvss__:value > 9.5]"),
        ("{{finding.severity}} == 'High'", "[__finding_severity__:value = 'High']"),
        ("finding.title != 'it\\'s'", "[__finding_title__:value != 'it\\'s']"),
        ("finding.status in ['a', 'b']", "[__finding_status__:value IN ('a', 'b')]"),
        ("finding.status not in ['a']", "[__finding_status__:value NOT IN ('a')]"),
        (
            "finding.a == 1 and (finding.b == 2 or finding.c == true)",
            "[__finding_a__:value = 1 AND (__finding_b__:value = 2 OR __finding_c__:value = true)]",
        ),
        ("steps.tell-them.status == 'x'", "[__steps_tell_them_status__:value = 'x']"),
    ],
)
def test_a_comparison_is_a_comparison_there(expression: str, says: str) -> None:
    assert condition(expression) == says


@pytest.mark.parametrize("expression", ["finding.a | upper == 'X'", "'a' in finding.tags"])
def test_what_has_no_word_there_is_one_variable(expression: str) -> None:
    assert condition(expression).startswith("[__expression_")


def test_soarca_gets_three_words_without_brackets() -> None:
    assert condition("finding.cvss >= 9", "soarca") == "__finding_cvss__:value >= 9"
    assert condition("finding.title == 'a b'", "soarca").startswith("[")


def test_templates_are_variables_that_a_run_is_given() -> None:
    document = export(playbook(action("a", parameters={"text": "Hi {{ finding.title }}!"})))
    assert document["playbook_variables"]["__finding_title__"] == {
        "type": "string", "description": "{{ finding.title }}", "external": True,
    }  # fmt: skip
    assert content(text="Hi {{ finding.title }}!") == {"text": "Hi __finding_title__:value!"}


def test_two_paths_of_the_same_words_are_two_variables() -> None:
    said = content(one="{{ finding.asset.id }}", other="{{ finding.asset_id }}")
    assert said["one"] != said["other"]


def test_a_text_that_looks_like_a_variable_is_none() -> None:
    said = content(text="__finding_title__:value")["text"]
    assert said.startswith("__text_")


def test_an_approval_is_a_manual_command_of_those_who_decide() -> None:
    document = export(
        playbook({"id": "ask", "type": "approval", "message": "Go?", "approvers": ["alice", "bob"]})
    )
    step = step_of(document, "ask")
    assert step["commands"] == [{"type": "manual", "command": "Go?"}]
    assert document["agent_definitions"][step["agent"]]["name"] == "alice, bob"
    assert document["playbook_processing_summary"]["manual_playbook"]


def test_a_delay_is_told_in_milliseconds_and_none_is_left_out() -> None:
    for duration, told in (("15m", 900_000), (0.0004, 1), (0, None)):
        document = export(playbook({"id": "wait", "type": "delay", "duration": duration}))
        assert step_of(document, "wait").get("delay") == told


def test_a_playbook_step_gives_its_parameters_as_arguments() -> None:
    step = {
        "id": "call",
        "type": "playbook",
        "playbook_id": "pb-other",
        "parameters": {"a b": "{{ finding.title }}", "a-b": 1, "1": [1]},
    }
    document = export(playbook(step))
    assert levels(document) == {}
    assert step_of(document, "call")["in_args"] == ["__a_b__", "__a-b__", "__p1__"]


SECRETS = {
    "headers": {"Authorization": "Bearer s3cr3t", "X-Api-Key": "s3cr3t", "Accept": "text/plain"},
    "token": "s3cr3t",
    "passwords": ["s3cr3t"],
    "url": "https://bot:s3cr3t@example.com/hook",
    "auth": {"client_secret": "s3cr3t {{ finding.id }}"},
    "password": 53523,
}


def test_no_secret_is_ever_exported() -> None:
    document = export(
        playbook(
            action("a", parameters=SECRETS, undo={"action_ref": "act-x", "parameters": SECRETS}),
            {"id": "call", "type": "playbook", "playbook_id": "pb-o", "parameters": SECRETS},
            parameters={"api_token": {"default": "s3cr3t"}},
        )
    )
    text = orjson.dumps(document).decode()
    assert "s3cr3t" not in text
    assert "53523" not in text
    assert levels(document) == {}


def test_an_import_says_which_secrets_were_not_exported() -> None:
    back = restored(export(playbook(action("a", parameters={"token": "s3cr3t"}))))
    assert back is not None
    assert back.definition["steps"][0]["parameters"] == {"token": "{{ secrets.A_TOKEN }}"}
    [warning] = back.warnings
    assert (warning.kind, "A_TOKEN" in warning.message) == ("secret_moved", True)


def test_what_only_names_a_secret_stays() -> None:
    said = {"headers": {"Authorization": "Bearer {{ secrets.TOKEN }}"}, "issue_key": "SEC-1"}
    assert content(**said) == {
        "headers": {"Authorization": "Bearer __secrets_TOKEN__:value"}, "issue_key": "SEC-1",
    }  # fmt: skip
