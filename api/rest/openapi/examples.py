"""Examples of the document: one story, from a playbook to the execution that is decided on.

By the name of the operation (``operationId``): REQUESTS are bodies, ANSWERS what comes first of
success. Each is held against its schema by the tests, and the requests are sent as they are.
"""

from typing import Any, Final

_PLAYBOOK_ID = "pb-isolate-a-host"
_EXECUTION_ID = "pexec-1d4ca4f9-8862-57ea-8f3d-ac6c4e555081"
_REVISION = "2e427f9ba282fd186c4776244e2797e0"
_CREATED_AT = "2026-03-02T09:00:00Z"
_STARTED_AT = "2026-03-02T09:30:00Z"
_ASKED_AT = "2026-03-02T09:30:01Z"

_ASK: Final = {"id": "ask", "type": "approval", "message": "Isolate it?", "timeout_seconds": 3600}
_TELL: Final = {
    "id": "tell",
    "type": "action",
    "action_ref": "act-log",
    "parameters": {"message": "{{ parameters.channel }}: isolated"},
}
_TRIGGER: Final = {"event": "finding.new", "conditions": {"severity": "critical"}}
_PLAYBOOK: Final = {
    "name": "Isolate a host",
    "version": "1.0.0",
    "description": "Ask, then tell the team.",
    "tags": ["containment"],
    "trigger": _TRIGGER,
    "parameters": {"channel": {"type": "string", "default": "#security"}},
    "steps": [_ASK, _TELL],
}
_FINDING: Final = {
    "event": "finding.new",
    "data": {
        "finding_id": "f-1",
        "title": "SQL injection in the login",
        "severity": "critical",
        "asset": {"id": "asset-42", "name": "shop-1"},
    },
}
_CLOUDEVENT: Final = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "https://scanner.example.com",
    "type": "finding.new",
    "time": "2026-03-02T09:29:59Z",
    "data": _FINDING["data"],
}
_NOTE: Final = {"note": "as agreed with the shop's team"}

REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "create_playbook": _PLAYBOOK,
    "replace_playbook": _PLAYBOOK | {"version": "1.1.0", "tags": ["containment", "hosts"]},
    "change_playbook": {"enabled": False},
    "validate_playbook": _PLAYBOOK | {"version": "1"},
    "import_playbook": _PLAYBOOK | {"dry_run": True},
    "run_playbook": {"target_asset_id": "asset-42", "parameters": {"channel": "#soc"}},
    "cancel_execution": {"note": "a false alarm", "undo": False},
    "pause_execution": _NOTE,
    "resume_execution": _NOTE,
    "approve_step": _NOTE | {"output": {"ticket": "CHG-7"}},
    "reject_step": _NOTE,
    "rerun_execution": {"from": "start", "parameters": {"channel": "#security"}},
    "explain": _FINDING,
    "backtest_trigger": {"trigger": _TRIGGER, "since": "7d", "limit": 1},
    "send_findings": _FINDING,
    "create_key": {"name": "ci", "scopes": ["read:playbooks"]},
}
"""Of the first media type that the route takes."""

CLOUDEVENTS: Final = {
    "application/cloudevents+json": _CLOUDEVENT,
    "application/cloudevents-batch+json": [_CLOUDEVENT],
}
"""Of these media types, wherever they are taken."""

_SHOWN: Final = _PLAYBOOK | {
    "id": _PLAYBOOK_ID,
    "enabled": True,
    "parameters": {
        "channel": {
            "type": "string",
            "default": "#security",
            "required": False,
            "description": None,
        }
    },
    "on_failure": "abort",
    "max_retries": 0,
    "timeout_minutes": None,
    "step_count": 2,
    "revision": _REVISION,
    "created_at": _CREATED_AT,
    "updated_at": _CREATED_AT,
    "updated_by": "admin",
}
_EXECUTION: Final = {
    "execution_id": _EXECUTION_ID,
    "playbook_id": _PLAYBOOK_ID,
    "playbook_name": "Isolate a host",
    "status": "paused",
    "current_step": "ask",
    "steps_completed": 0,
    "steps_total": 2,
    "started_at": _STARTED_AT,
    "completed_at": None,
    "duration_seconds": None,
    "steps_failed": 0,
    "current_steps": ["ask"],
    "playbook_version": "1.0.0",
    "playbook_revision": _REVISION,
    "trigger": "manual",
    "by": "admin",
    "finding_id": None,
    "asset_id": "asset-42",
    "parameters": {"channel": "#soc"},
    "dry_run": False,
    "reason": None,
    "timeout_at": None,
    "sequence": 3,
    "rerun_of": None,
    "undo_of": None,
    "parent_execution_id": None,
}
_RUN: Final = {
    "execution_id": _EXECUTION_ID,
    "playbook_id": _PLAYBOOK_ID,
    "status": "running",
    "started_at": _STARTED_AT,
}
_WAITING: Final = {
    "message": "Isolate it?",
    "approvers": [],
    "required": 1,
    "granted": [],
    "requested_at": _ASKED_AT,
    "expires_at": "2026-03-02T10:30:01Z",
    "reason": "approval",
}
_STEP: Final = {
    "step_id": "ask",
    "step_name": "ask",
    "type": "approval",
    "status": "waiting",
    "output": None,
    "started_at": _STARTED_AT,
    "completed_at": None,
    "input": None,
    "attempts": 1,
    "visits": 1,
    "error": None,
    "retry_at": None,
    "output_truncated": False,
    "waiting": _WAITING,
}
_KEY: Final = {
    "id": "key-2a83a37ec732",
    "name": "ci",
    "scopes": ["read:playbooks"],
    "created_at": _CREATED_AT,
    "expires_at": None,
}
_META: Final = {"total": 1, "page": 1, "per_page": 20}

ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "list_playbooks": {
        "data": [
            {
                "id": _PLAYBOOK_ID,
                "name": "Isolate a host",
                "version": "1.0.0",
                "description": "Ask, then tell the team.",
                "trigger": _TRIGGER,
                "step_count": 2,
                "tags": ["containment"],
                "created_at": _CREATED_AT,
                "updated_at": _CREATED_AT,
                "enabled": True,
            }
        ],
        "meta": _META,
    },
    "create_playbook": {
        "data": {
            "id": _PLAYBOOK_ID,
            "name": "Isolate a host",
            "version": "1.0.0",
            "step_count": 2,
            "created_at": _CREATED_AT,
        }
    },
    "show_playbook": {"data": _SHOWN},
    "validate_playbook": {
        "data": {
            "valid": False,
            "errors": [
                {
                    "pointer": "/version",
                    "message": "'1' does not have the form MAJOR.MINOR.PATCH, for example 1.0.0",
                }
            ],
            "warnings": [],
        }
    },
    "run_playbook": {"data": _RUN},
    "list_executions": {"data": [_EXECUTION], "meta": _META},
    "show_execution": {"data": _EXECUTION},
    "list_steps": {"data": [_STEP]},
    "cancel_execution": {
        "data": _EXECUTION
        | {
            "status": "cancelled",
            "current_step": None,
            "current_steps": [],
            "completed_at": "2026-03-02T09:31:00Z",
            "duration_seconds": 60,
            "reason": "a false alarm",
            "sequence": 6,
        }
    },
    "list_approvals": {
        "data": [
            {
                "execution_id": _EXECUTION_ID,
                "playbook_id": _PLAYBOOK_ID,
                "playbook_name": "Isolate a host",
                "step_id": "ask",
                "step_name": "ask",
                **_WAITING,
            }
        ],
        "meta": _META,
    },
    "send_findings": {"data": {"accepted": 1, "ids": ["evt-1"]}},
    "list_keys": {"data": [_KEY]},
    "create_key": {"data": _KEY | {"key": "pbk_2a83a37ec732_…"}},
    "tell_live": {"data": {"status": "live"}},
}
