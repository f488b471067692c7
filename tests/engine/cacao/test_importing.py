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
