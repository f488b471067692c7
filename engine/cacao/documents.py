"""CACAO documents: the parts of one that are read to run it. The rest is kept, unread.

Lenient where the standard is not: real documents leave out what they must say (an agent) and
say what they must not (empty lists). What decides the flow is taken strictly.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from engine.comparisons import moment
from engine.shapes import json_problems, shape_problems
from schemas.messages import JsonObject
from schemas.problems import Problem

STEPS_MAX = 200
"""Steps of one document (Limits)."""

MILLISECONDS_MAX = 31_536_000_000
"""Of a delay or a timeout: a year."""

VALUE_LENGTH_MAX = 64 * 1024
"""Characters of the value of a variable."""

Milliseconds = Annotated[int, Field(ge=0, le=MILLISECONDS_MAX)]
Key = Annotated[str, Field(min_length=1, max_length=256)]


def _time(value: Any) -> Any:
    found = moment(value) if isinstance(value, str) else value
    return value if found is None else found


Time = Annotated[datetime, BeforeValidator(_time)]


class Part(BaseModel):
    """A part of a document. Other properties than these are for others to read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class VariablePart(Part):
    """A variable (10.18). value: a text by the standard; real documents have numbers too."""

    type: str | None = None
    value: Any = None
    constant: bool | None = None
    external: bool | None = None


class CommandPart(Part):
    """A command (5). What it says further depends on its type."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    type: Annotated[str, Field(min_length=1, max_length=100)]


class StepPart(Part):
    """A workflow step (4) of any type. delay, timeout: in milliseconds."""

    type: str
    name: str | None = None
    description: str | None = None
    delay: Milliseconds | None = None
    timeout: Milliseconds | None = None
    step_variables: dict[str, VariablePart] | None = None
    on_completion: Key | None = None
    on_success: Key | None = None
    on_failure: Key | None = None
    commands: Annotated[list[CommandPart], Field(max_length=64)] | None = None
    agent: Key | None = None
    targets: Annotated[list[Key], Field(max_length=64)] | None = None
    in_args: list[str] | None = None
    out_args: list[str] | None = None
    playbook_id: Key | None = None
    playbook_version: str | None = None
    next_steps: Annotated[list[Key], Field(max_length=64)] | None = None
    condition: str | None = None
    on_true: Key | None = None
    on_false: Key | None = None
    switch: str | None = None
    cases: Annotated[dict[str, Key], Field(max_length=64)] | None = None


class Document(Part):
    """A playbook (3)."""

    type: str
    spec_version: str | None = None
    id: str
    name: str | None = None
    description: str | None = None
    revoked: bool | None = None
    valid_from: Time | None = None
    valid_until: Time | None = None
    workflow_start: Key
    workflow_exception: Key | None = None
    workflow: Annotated[dict[Key, StepPart], Field(min_length=1, max_length=STEPS_MAX)]
    playbook_variables: dict[str, VariablePart] | None = None
    agent_definitions: dict[str, JsonObject] | None = None
    target_definitions: dict[str, JsonObject] | None = None
    authentication_info_definitions: dict[str, JsonObject] | None = None


class UnreadableDocument(Exception):
    """A document of which nothing can be said but why it cannot be read."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.pointer}: {p.message}" for p in problems))


def read(document: Any) -> Document:
    """Return the parts of a document. Raises UnreadableDocument, with every fault."""
    if not isinstance(document, dict):
        raise UnreadableDocument([Problem("", "a CACAO playbook is a JSON object")])
    unwritable = list(json_problems(document))
    if unwritable:
        raise UnreadableDocument(unwritable)
    try:
        found = Document.model_validate(document)
    except ValidationError as error:
        raise UnreadableDocument(list(shape_problems(error, document))) from None
    wrong = list(_wrong(found))
    if wrong:
        raise UnreadableDocument(wrong)
    return found


def _wrong(document: Document) -> Iterator[Problem]:
    if document.type != "playbook":
        yield Problem("/type", "is not playbook: this is no CACAO playbook")
    if document.workflow_start not in document.workflow:
        yield Problem(
            "/workflow_start", f"there is no step {document.workflow_start} in the workflow"
        )
