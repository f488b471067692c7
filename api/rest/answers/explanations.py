"""Explanations as they are answered."""

from typing import Any

from pydantic import BaseModel

from engine import explanations
from schemas.findings import Finding
from schemas.playbooks import PlaybookPublished


class FailedShown(BaseModel):
    """The first clause that does not hold, its values cut to a length that can be shown.

    path: of the field, empty for a group of several. missing: the event has nothing there.
    pointer: a JSON pointer into the playbook. reason: the same in words.
    """

    path: str
    operator: str
    expected: Any
    actual: Any
    missing: bool
    pointer: str
    reason: str


class ExplanationShown(BaseModel):
    """What an event means to one playbook.

    matched: the event is one it waits for; it starts only if it is enabled too.
    failed: why it does not match. storm_control: limits that a match must pass besides.
    """

    playbook_id: str
    name: str
    matched: bool
    enabled: bool
    storm_control: list[str]
    failed: FailedShown | None


class EventExplained(BaseModel):
    """What an event means to each playbook. event_id: None, the event says none."""

    event_id: str | None
    event: str
    playbooks: list[ExplanationShown]


def explanation(published: PlaybookPublished, finding: Finding) -> ExplanationShown:
    """Return what a finding means to one playbook."""
    definition = published.definition
    failed = explanations.failed(definition.trigger, finding)
    return ExplanationShown(
        playbook_id=definition.id,
        name=definition.name,
        matched=failed is None,
        enabled=definition.enabled,
        storm_control=explanations.storm_control(definition.trigger),
        failed=None if failed is None else _failed(failed),
    )


def _failed(failed: explanations.Failed) -> FailedShown:
    return FailedShown(
        path=failed.path,
        operator=failed.operator,
        expected=failed.expected,
        actual=failed.actual,
        missing=failed.missing,
        pointer=f"/trigger{failed.pointer}",
        reason=failed.reason,
    )
