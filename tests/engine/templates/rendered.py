"""How the tests of templates ask: a text, a finding, and what comes of them."""

from typing import Any

import pytest

from engine.contexts import Context
from engine.templates.errors import TemplateError
from engine.templates.rendering import render

DATA: dict[str, Any] = {
    "finding_id": "f-1",
    "title": "SQL injection",
    "severity": "High",
    "cvss": 9.8,
    "count": 3,
    "open": True,
    "owner": None,
    "template-id": "CVE-2026-1",
    "asset": {"id": "a-1", "name": "app", "tags": ["web", "production"]},
    "ports": [{"number": 443, "tls": True}, {"number": 80, "tls": False}],
    "empty": [],
}
ROOTS: dict[str, Any] = {
    "parameters": {"channel": "#alerts"},
    "steps": {
        "create-ticket": {"status": "completed", "output": {"key": "SEC-1", "n": 7}},
        "notify": {"status": "failed"},
        "a.b": {"status": "completed"},
    },
    "execution": {"id": "pexec-1"},
    "playbook": {"name": "Example"},
}


def context(data: dict[str, Any] | None = None) -> Context:
    """Return the context of a step of an execution that a finding started."""
    event = {"id": "e-1", "event": "finding.new", "data": DATA if data is None else data}
    return Context(event, ROOTS)


def given(source: Any, **data: Any) -> Any:
    """Return what ``source`` gives for a finding that has ``data`` besides."""
    return render(source, context(DATA | data)).value


def refused(source: Any, **data: Any) -> TemplateError:
    """Return the error of a ``source`` that cannot be rendered."""
    with pytest.raises(TemplateError) as caught:
        render(source, context(DATA | data), allow_secrets=True)
    return caught.value
