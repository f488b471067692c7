"""Importing: what becomes of a document of others, and what is said about it."""

from pathlib import Path
from typing import Any

import pytest

from engine import playbooks
from engine.cacao.importing import Imported, imported
from schemas.playbooks import Playbook
from tests.engine.cacao.documents import action, document, key, loaded, real, variable

UNFIT = {
    "api-design.0.json": "/workflow_start",
    "infinite_playbook.json": "/on_completion",
    "missing_step_playbook.json": "/on_completion",
}
"""Files of others that cannot be playbooks → the end of the pointer to the reason."""


def kinds(found: Imported) -> set[str]:
    return {warning.kind for warning in found.warnings}


def definition(found: Imported) -> dict[str, Any]:
    assert found.definition is not None, found.problems
    return found.definition


@pytest.mark.parametrize("path", real(), ids=lambda path: path.name)
def test_a_real_file_is_imported_or_refused_with_the_place(path: Path) -> None:
    found = imported(loaded(path))
    if path.name in UNFIT:
        assert [problem.pointer.endswith(UNFIT[path.name]) for problem in found.problems] == [True]
    else:
        assert playbooks.problems(definition(found)) == []


def test_the_document_is_kept_whole() -> None:
    whole = document(action("one"), made_by_nobody={"known": ["here"]}, markings=["marking-x"])
    assert definition(imported(whole))["cacao"]["document"] == whole


def test_the_document_counts_for_the_revision() -> None:
    revisions = {
        playbooks.revision(Playbook.model_validate({"id": "pb-x", **definition(imported(each))}))
        for each in (document(action("one")), document(action("one"), markings=["marking-x"]))
    }
    assert len(revisions) == 2


def test_an_import_is_switched_off_and_starts_nothing_by_itself() -> None:
    found = definition(imported(document(action("one"))))
    assert (found["enabled"], found["trigger"]) == (False, {"event": "manual"})


def test_steps_are_called_by_their_names_and_keep_their_keys() -> None:
    found = definition(imported(document(action("Isolate the host", on_completion="end"))))
    assert found["cacao"]["step_ids"] == {"isolate-the-host": key("action Isolate the host")}


def test_a_secret_in_clear_is_taken_out_and_named() -> None:
    auth = {"user-auth--x": {"type": "user-auth", "username": "root", "password": "hunter2"}}
    found = imported(document(action("one"), authentication_info_definitions=auth))
    assert "hunter2" not in repr(found)
    assert [each.pointer for each in found.warnings if each.kind == "secret_moved"] == [
        "/authentication_info_definitions/user-auth--x/password"
    ]
    kept = definition(found)["cacao"]["document"]["authentication_info_definitions"]
    assert kept["user-auth--x"] == {
        "type": "user-auth",
        "username": "root",
        "kms": True,
        "kms_key_identifier": "CACAO_USER_AUTH_X",
    }


def test_a_secret_that_is_a_variable_stays() -> None:
    auth = {"user-auth--x": {"type": "user-auth", "password": "__password__:value"}}
    whole = document(action("one"), authentication_info_definitions=auth)
    assert definition(imported(whole))["cacao"]["document"] == whole


def test_a_circle_is_refused() -> None:
    found = imported(
        document(action("a", on_completion="action b"), action("b", on_completion="action a"))
    )
    assert found.definition is None
    assert [each.pointer for each in found.problems] == [
        f"/workflow/{key('action b')}/on_completion"
    ]


def test_a_condition_that_cannot_be_decided_is_said_to_keep_it_from_running() -> None:
    ask = {"name": "if-condition ask", "condition": "{{ x }} is bad", "on_true": "action a"}
    found = imported(document(ask, action("a")))
    assert "non_executable" in kinds(found)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"spec_version": "cacao-1.1"}, "spec_version"),
        ({"revoked": True}, "revoked"),
        ({"valid_until": "2020-01-01T00:00:00.000Z"}, "validity"),
        ({"signatures": [{"type": "jss"}]}, "signature"),
        ({"workflow_exception": key("end nowhere")}, "missing_step"),
        ({"playbook_variables": {"__n__": variable("five", "integer")}}, "value_type"),
        ({"labels": "one"}, "cut"),
        ({"extension_definitions": {"extension-definition--x": {}}}, "extension"),
    ],
)
def test_what_a_document_says_oddly_is_a_warning(says: dict[str, Any], kind: str) -> None:
    assert kind in kinds(imported(document(action("one"), **says)))


def test_an_edited_view_is_refused() -> None:
    found = definition(imported(document(action("one"))))
    found["steps"][0]["name"] = "Another"
    assert [each.pointer for each in playbooks.problems(found)] == ["/steps"]


def test_a_definition_with_a_secret_in_clear_is_refused() -> None:
    found = definition(imported(document(action("one"))))
    auth = {"user-auth--x": {"type": "user-auth", "password": "hunter2"}}
    found["cacao"]["document"]["authentication_info_definitions"] = auth
    assert [each.pointer for each in playbooks.problems(found)] == [
        "/cacao/document/authentication_info_definitions/user-auth--x/password"
    ]


def test_names_and_labels_that_are_too_long_are_cut_and_told() -> None:
    found = imported(document(action("one"), name="n" * 300, labels=["ok", "l" * 200, 7]))
    assert definition(found)["name"] == "n" * 256
    assert definition(found)["tags"] == ["ok"]
    assert {w.pointer for w in found.warnings if w.kind == "cut"} == {"/name", "/labels"}


def test_labels_that_are_no_list_are_told() -> None:
    found = imported(document(action("one"), labels="a"))
    assert "tags" not in definition(found)
    assert ("/labels", "cut") in [(w.pointer, w.kind) for w in found.warnings]


def test_a_constant_version_is_that_of_the_playbook() -> None:
    def version(**says: Any) -> str:
        said = {"__version__": variable("2.1.0", constant=True) | says}
        return str(
            definition(imported(document(action("one"), playbook_variables=said)))["version"]
        )

    assert version() == "2.1.0"
    assert version(constant=False) == "1.0.0"
    assert version(value="two") == "1.0.0"


def test_a_document_without_a_step_to_run_is_refused() -> None:
    whole = document(action("one"))
    whole["workflow"][whole["workflow_start"]]["on_completion"] = key("end")
    [problem] = imported(whole).problems
    assert (problem.pointer, problem.message[:8]) == ("/workflow", "has no s")


def test_a_document_that_is_too_large_is_refused() -> None:
    [problem] = imported(document(action("one"), description="d" * 600_000)).problems
    assert "split it" in problem.message


@pytest.mark.parametrize("source", [7, {}, {"document": {}, "step_ids": {}}, {"document": []}])
def test_a_definition_whose_document_is_none_is_refused(source: Any) -> None:
    edited = definition(imported(document(action("one")))) | {"cacao": source}
    assert playbooks.problems(edited)


def test_a_definition_whose_steps_are_named_otherwise_is_refused() -> None:
    edited = definition(imported(document(action("one"))))
    source = {**edited["cacao"], "step_ids": {"one": "action--of-nobody"}}
    found = playbooks.problems(edited | {"cacao": source})
    assert "/cacao/step_ids" in [problem.pointer for problem in found]


def test_a_definition_whose_document_cannot_run_is_refused_with_the_place_in_it() -> None:
    edited = definition(imported(document(action("one"))))
    circle = document(action("one", on_completion="action one"))
    broken = {**edited["cacao"]["document"], "workflow": circle["workflow"]}
    found = playbooks.problems(edited | {"cacao": {**edited["cacao"], "document": broken}})
    assert any(problem.pointer.startswith("/cacao/document") for problem in found)
