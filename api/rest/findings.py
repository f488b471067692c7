"""Findings over HTTP: one or many, bare or as CloudEvents, put on the topic ``findings``."""

from typing import Any
from uuid import uuid4

import orjson
from pydantic import BaseModel, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.rest.bodies import Document
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, invalid
from api.rest.route import JSON, MIB, Route
from schemas.findings import FINDING_KINDS, Finding
from schemas.problems import Problem, below
from streams.actions.parameters import faults
from streams.findings import read_finding

FINDINGS_MAX = 1_000
FINDING_BYTES_MAX = 1 * MIB
BODY_BYTES_MAX = 16 * MIB

CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"

_CLOUDEVENT = {
    "type": "object",
    "title": "CloudEvent",
    "description": "type: the name of the event, data: what a bare finding has there",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": ["string", "null"], "minLength": 1, "maxLength": 512},
        "source": {"type": ["string", "null"], "maxLength": 512},
        "type": {"enum": list(FINDING_KINDS)},
        "time": {"type": ["string", "null"], "format": "date-time"},
        "data": {"type": "object"},
    },
    "required": ["specversion", "type", "data"],
}


class FindingsDocument(Document):
    """A finding, or a list of them; each bare, or a CloudEvent in structured mode."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of either."""
        each = {"anyOf": [handler(Finding.__pydantic_core_schema__), _CLOUDEVENT]}
        several = {"type": "array", "items": each, "minItems": 1, "maxItems": FINDINGS_MAX}
        return {"anyOf": [each, several], "title": cls.__name__, "description": cls.__doc__}


class FindingDocument(Document):
    """One finding; bare, or a CloudEvent in structured mode."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of either."""
        either = [handler(Finding.__pydantic_core_schema__), _CLOUDEVENT]
        return {"anyOf": either, "title": cls.__name__, "description": cls.__doc__}

    def finding(self) -> Finding:
        """Return the finding, whose id may be missing. Raises ApiError."""
        found, problems = _found(self.root, "")
        if found is None:
            raise invalid("finding", problems)
        return found


class FindingsAccepted(BaseModel):
    """What was put on the topic. ids: in the order in which they were sent."""

    accepted: int
    ids: list[str]


async def send_findings(call: Call[NoQuery, FindingsDocument]) -> Answer:
    """Put findings on the topic: all of them, or none when one of them is not right."""
    said = call.body.root
    documents = said if isinstance(said, list) else [said]
    if not 0 < len(documents) <= FINDINGS_MAX:
        raise ApiError(
            422, "invalid_findings", f"send 1 to {FINDINGS_MAX} findings, not {len(documents)}"
        )
    found = _read(documents, is_batch=isinstance(said, list))
    await call.parts.commands.send_findings(found, call.traceparent)
    ids = [finding.id or "" for finding in found]
    return answer(FindingsAccepted(accepted=len(found), ids=ids), 202)


def _read(documents: list[Any], *, is_batch: bool) -> list[Finding]:
    found: list[Finding] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        finding, wrong = _found(document, below("", index) if is_batch else "")
        problems += wrong
        if finding is not None:
            found.append(_identified(finding))
    if problems:
        raise invalid("findings", problems)
    return found


def _found(document: Any, pointer: str) -> tuple[Finding | None, list[Problem]]:
    """Return the finding that a document at ``pointer`` is, else what is wrong with it."""
    try:
        finding = read_finding(document)
    except ValidationError as error:
        known = Finding.model_fields
        return None, [Problem(pointer + p.pointer, p.message) for _, p in faults(error, known)]
    except ValueError as error:
        return None, [Problem(pointer, str(error))]
    if len(orjson.dumps(document)) > FINDING_BYTES_MAX:
        return None, [Problem(pointer, f"is larger than {FINDING_BYTES_MAX} bytes")]
    return finding, []


def _identified(finding: Finding) -> Finding:
    """Return the finding with an id; who gives none cannot send it twice by accident."""
    if finding.id is not None:
        return finding
    return finding.model_copy(update={"id": f"evt-{uuid4()}"})


ROUTES = (
    Route(
        "POST",
        "/api/findings",
        send_findings,
        "Send findings",
        scope="write:findings",
        request=FindingsDocument,
        media_types=(JSON, CLOUDEVENT, CLOUDEVENTS),
        bytes_max=BODY_BYTES_MAX,
        answer=FindingsAccepted,
        statuses=(202,),
    ),
)
