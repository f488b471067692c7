"""Playbooks as they are answered."""

from typing import Any

from pydantic import BaseModel, Field

from schemas.messages import Instant, unsaid
from schemas.playbooks import CacaoSource, Parameter, PlaybookPublished, Trigger
from schemas.steps import Step


class PlaybookSummary(BaseModel):
    """A playbook in a list."""

    id: str
    name: str
    version: str
    description: str
    trigger: Trigger
    step_count: int
    tags: list[str]
    created_at: Instant
    updated_at: Instant
    enabled: bool


class PlaybookCreated(BaseModel):
    """What a create is answered with."""

    id: str
    name: str
    version: str
    step_count: int
    created_at: Instant


class PlaybookShown(BaseModel):
    """A playbook whole: its definition, and what is known of it.

    revision: hash of the content; executions are pinned to it. updated_by: name of a key.
    cacao: of an imported one, the document that it is run by; ``steps`` are a view of it.
    """

    id: str
    name: str
    version: str
    description: str
    enabled: bool
    tags: list[str]
    trigger: Trigger
    parameters: dict[str, Parameter]
    on_failure: str
    max_retries: int
    timeout_minutes: int | float | None
    steps: list[dict[str, Any]] = Field(description="each step as it was written")
    cacao: CacaoSource | None = Field(default=None, exclude_if=unsaid)
    step_count: int
    revision: str
    created_at: Instant
    updated_at: Instant
    updated_by: str


READ_ONLY = frozenset({"step_count", "revision", "created_at", "updated_at", "updated_by"})
"""What a shown playbook says beyond its definition; an edited one may be sent back with it."""


class PlaybookVersion(BaseModel):
    """A version in the history of a playbook. current: new executions get this one."""

    version: str
    revision: str
    step_count: int
    published_at: Instant
    published_by: str
    current: bool


class Fault(BaseModel):
    """One fault of a document. pointer: a JSON pointer, "" is the whole document."""

    pointer: str
    message: str


class Verdict(BaseModel):
    """What is wrong with a document, and what may be unintended in it."""

    valid: bool
    errors: list[Fault]
    warnings: list[Fault]


def summary(published: PlaybookPublished) -> PlaybookSummary:
    """Return a playbook as a list tells it."""
    definition = published.definition
    return PlaybookSummary(
        id=definition.id,
        name=definition.name,
        version=definition.version,
        description=definition.description,
        trigger=definition.trigger,
        step_count=len(definition.steps),
        tags=definition.tags,
        created_at=published.created_at,
        updated_at=published.updated_at,
        enabled=definition.enabled,
    )


def created(published: PlaybookPublished) -> PlaybookCreated:
    """Return what a create is answered with."""
    definition = published.definition
    return PlaybookCreated(
        id=definition.id,
        name=definition.name,
        version=definition.version,
        step_count=len(definition.steps),
        created_at=published.created_at,
    )


def shown(published: PlaybookPublished) -> PlaybookShown:
    """Return a playbook whole."""
    definition = published.definition
    said = {name: getattr(definition, name) for name in type(definition).model_fields}
    said["steps"] = [_written(step) for step in definition.steps]
    said["timeout_minutes"] = _whole(definition.timeout_minutes)
    return PlaybookShown(
        **said,
        step_count=len(definition.steps),
        revision=published.revision,
        created_at=published.created_at,
        updated_at=published.updated_at,
        updated_by=published.by,
    )


def version(published: PlaybookPublished, *, is_current: bool) -> PlaybookVersion:
    """Return a version as the history tells it."""
    return PlaybookVersion(
        version=published.definition.version,
        revision=published.revision,
        step_count=len(published.definition.steps),
        published_at=published.updated_at,
        published_by=published.by,
        current=is_current,
    )


def _written(step: Step) -> dict[str, Any]:
    """Return a step without what it leaves to the defaults: some are told by being absent."""
    return step.model_dump(mode="json", exclude_defaults=True)


def _whole(minutes: float | None) -> int | float | None:
    """Return a number as an author would write it: 30, not 30.0."""
    return int(minutes) if minutes is not None and minutes == int(minutes) else minutes
