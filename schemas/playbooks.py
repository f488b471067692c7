"""Playbooks: what a team wants to happen, and when.

YAML or JSON, one meaning. Fields after the API page "Playbooks" (create) and
"Playbook structure"; what those leave open is said in each docstring.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.messages import Instant, JsonObject, Message, unsaid
from schemas.steps import NO_TRUTH, Definition, Duration, Step, StepId

PlaybookId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]

SEMANTIC_VERSION = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$"
)

TriggerEvent = Literal[
    "finding.new",
    "finding.status_changed",
    "scan.completed",
    "scan.failed",
    "action.completed",
    "manual",
    "schedule",
]
"""What can start a playbook. ``manual`` ones start only through the API, which can start any."""


class Dedupe(Definition):
    """Of the events with the same key within the window, only the first starts an execution."""

    key: str = Field(min_length=1, max_length=8_192)
    window: Duration


class Throttle(Definition):
    """Of the events with the same key, at most ``limit`` start an execution in any ``per``."""

    limit: int = Field(ge=1, le=1_000_000)
    per: Duration
    key: str | None = Field(default=None, min_length=1, max_length=8_192)


class Trigger(Definition):
    """When a playbook starts by itself.

    conditions: field → literal or operators; several are AND. None or empty: every event.
    cron, timezone: with the event ``schedule``, five fields, and a name such as Europe/Berlin.
    max_running: further executions wait until one of these has ended.
    """

    event: TriggerEvent
    conditions: dict[str, Any] = Field(default_factory=dict)
    cron: str | None = Field(default=None, min_length=1, max_length=128, exclude_if=unsaid)
    timezone: str | None = Field(default=None, min_length=1, max_length=64, exclude_if=unsaid)
    dedupe: Dedupe | None = Field(default=None, exclude_if=unsaid)
    throttle: Throttle | None = Field(default=None, exclude_if=unsaid)
    max_running: int | None = Field(default=None, ge=1, le=100_000, exclude_if=unsaid)


class Parameter(Definition):
    """A value that a run may be given; ``default`` stands in when it is not."""

    type: Literal["string", "integer", "number", "boolean", "list", "object"] = "string"
    default: Any = None
    required: bool = False
    description: str | None = Field(default=None, max_length=1024)


class CacaoSource(Definition):
    """The CACAO document that a playbook was imported from, whole. What runs is compiled from it.

    step_ids: the ids that its steps have here → their keys in the document's workflow.
    """

    document: JsonObject
    step_ids: dict[StepId, str] = Field(min_length=1, max_length=200)


class Playbook(Definition):
    """A definition, complete: identical content is the identical revision.

    on_failure: what a step's failure does when the step does not say itself.
    max_retries: with ``on_failure: retry``, further attempts of each failing step.
    timeout_minutes: for the whole execution; None lets it take its time.
    cacao: where it was imported from; ``steps`` then show what the document says, for reading.
    """

    id: PlaybookId
    name: str = Field(min_length=1, max_length=256)
    version: str = Field(pattern=SEMANTIC_VERSION, max_length=64)
    description: str = Field(default="", max_length=8192)
    enabled: bool = True
    tags: list[Annotated[str, Field(min_length=1, max_length=128)]] = Field(
        default_factory=list, max_length=64
    )
    trigger: Trigger
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    on_failure: Literal["abort", "continue", "retry"] = "abort"
    max_retries: int = Field(default=0, ge=0, le=100)
    timeout_minutes: Annotated[float, Field(gt=0, le=525_600, strict=False), NO_TRUTH] | None = None
    steps: list[Step] = Field(min_length=1, max_length=200)
    cacao: CacaoSource | None = Field(default=None, exclude_if=unsaid)


class PlaybookPublished(Message):
    """A record on ``playbooks``: this revision is now the current one of its playbook.

    revision: the hash of the definition's content, without ``enabled``.
    created_at: when the playbook's first revision was published; updated_at: this record.
    by: the name of the API key, or of the command, that published it.
    authored_at: when the document that the playbook came in was made; None: created_at.
    revised_at: when this revision was made; None: updated_at.
    """

    type: Literal["PlaybookPublished"] = "PlaybookPublished"
    playbook_id: str
    revision: str
    definition: Playbook
    created_at: Instant
    updated_at: Instant
    by: str = ""
    authored_at: Instant | None = Field(default=None, exclude_if=unsaid)
    revised_at: Instant | None = Field(default=None, exclude_if=unsaid)


class PlaybookDeleted(Message):
    """A record on ``playbooks``: no further execution starts; its revisions stay readable."""

    type: Literal["PlaybookDeleted"] = "PlaybookDeleted"
    playbook_id: str
    deleted_at: Instant = datetime.min.replace(tzinfo=UTC)
    by: str = ""


PlaybookRecord = Annotated[PlaybookPublished | PlaybookDeleted, Field(discriminator="type")]
