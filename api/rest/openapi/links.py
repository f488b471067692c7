"""Links of the document: where an answer leads to, and with what of it (OpenAPI 3.1, Link Object).

From a playbook to its execution, to its steps, to what can be done to it. From no list that may
be empty: a link that leads nowhere is none.
"""

from typing import Final

from openapi_pydantic import Link

_OF_PLAYBOOK: Final = ("show_playbook", "list_versions", "export_playbook", "run_playbook")
_TO_PLAYBOOK: Final = (
    *_OF_PLAYBOOK,
    "change_playbook",
    "replace_playbook",
    "delete_playbook",
)
_OF_EXECUTION: Final = ("show_execution", "list_steps", "list_events")
_TO_EXECUTION: Final = (
    *_OF_EXECUTION,
    "pause_execution",
    "resume_execution",
    "cancel_execution",
    "rerun_execution",
)
_DECISIONS: Final = ("approve_step", "reject_step")

_PLAYBOOK: Final = {"playbook_id": "$response.body#/data/id"}
_EXECUTION: Final = {"execution_id": "$response.body#/data/execution_id"}
_ITS_PLAYBOOK: Final = {"playbook_id": "$response.body#/data/playbook_id"}
_SAME_EXECUTION: Final = {"execution_id": "$request.path.execution_id"}

_Way = tuple[tuple[str, ...], dict[str, str]]

_WAYS: Final[dict[tuple[str, int], tuple[_Way, ...]]] = {
    ("create_playbook", 201): ((_TO_PLAYBOOK, _PLAYBOOK),),
    ("import_playbook", 201): ((_TO_PLAYBOOK, _PLAYBOOK),),
    ("show_playbook", 200): ((_TO_PLAYBOOK[1:], _PLAYBOOK),),
    ("list_versions", 200): (
        (
            ("show_version",),
            {
                "playbook_id": "$request.path.playbook_id",
                "version": "$response.body#/data/0/version",
            },
        ),
    ),
    ("run_playbook", 200): ((_TO_EXECUTION, _EXECUTION),),
    ("run_playbook", 202): ((_OF_EXECUTION, _EXECUTION),),
    ("rerun_execution", 200): ((_TO_EXECUTION, _EXECUTION),),
    ("rerun_execution", 202): ((_OF_EXECUTION, _EXECUTION),),
    ("show_execution", 200): (
        (_TO_EXECUTION[1:], _EXECUTION),
        (("show_playbook",), _ITS_PLAYBOOK),
    ),
    ("list_steps", 200): (
        (_DECISIONS, _SAME_EXECUTION | {"step_id": "$response.body#/data/0/step_id"}),
        (("cancel_execution",), _SAME_EXECUTION),
    ),
    ("pause_execution", 200): ((("resume_execution", "cancel_execution"), _EXECUTION),),
    ("cancel_execution", 200): ((("show_execution", "rerun_execution"), _EXECUTION),),
    ("create_key", 201): ((("revoke_key",), {"key_id": "$response.body#/data/id"}),),
}


def links(operation_id: str, status: int) -> dict[str, Link] | None:
    """Return where an answer of an operation leads to, by operation; None: to nothing."""
    found = {
        target: Link(operationId=target, parameters=parameters)
        for targets, parameters in _WAYS.get((operation_id, status), ())
        for target in targets
    }
    return found or None
