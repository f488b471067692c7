"""Findings over HTTP: one or many, bare, as CloudEvents, or as a scanner wrote them.

They are put on the topic ``findings``.
"""

from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import orjson
from pydantic import BaseModel, Field, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.rest.bodies import Document
from api.rest.calls import Answer, Call, answer
from api.rest.errors import ApiError, invalid
from api.rest.queries import Query
from api.rest.route import JSON, MIB, NDJSON, Route
from engine.formats import formats
from engine.formats.formats import FormatName, UnknownFormat
from schemas.findings import FINDING_KINDS, Finding
from schemas.problems import Problem, below
from streams.actions.parameters import faults
from streams.findings import read_finding

FINDINGS_MAX = 1_000
FINDING_BYTES_MAX = 1 * MIB
BODY_BYTES_MAX = 16 * MIB

CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"

_SPECVERSION = "1.0"

_CLOUDEVENT = {
    "type": "object",
    "title": "CloudEvent",
    "description": "type: the name of the event, data: what a bare finding has there",
    "properties": {
        "specversion": {"const": _SPECVERSION},
        "id": {"type": ["string", "null"], "minLength": 1, "maxLength": 512},
        "source": {"type": ["string", "null"], "maxLength": 512},
        "type": {"enum": list(FINDING_KINDS)},
        "time": {"type": ["string", "null"], "format": "date-time"},
        "data": {"type": "object"},
    },
    "required": ["specversion", "type", "data"],
}


_REPORT = {
    "type": ["object", "array"],
    "title": "Report",
    "description": "with the query parameter format: what a scanner wrote, whole",
}


class FindingsQuery(Query):
    """How what is sent is to be read."""

    format: FormatName | None = Field(
        default=None,
        description="the scanner's own format in which the report is; auto: whichever it looks "
        "like; none: findings as this API describes them",
    )


class FindingsDocument(Document):
    """A finding, or a list of them, each bare or a CloudEvent in structured mode; or a report."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of either."""
        each = {"anyOf": [handler(Finding.__pydantic_core_schema__), _CLOUDEVENT]}
        several = {"type": "array", "items": each, "minItems": 1, "maxItems": FINDINGS_MAX}
        return {
            "anyOf": [each, several, _REPORT],
            "title": cls.__name__,
            "description": cls.__doc__,
        }


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
    """What was put on the topic. ids: in the order in which they were sent.

    format, left_out: of a report: what it was taken for, and how many entries in it are no open
    problem (passed, suppressed, unchanged).
    """

    accepted: int
    ids: list[str]
    format: str | None = Field(default=None, exclude_if=lambda value: value is None)
    left_out: int | None = Field(default=None, exclude_if=lambda value: value is None)


async def send_findings(call: Call[FindingsQuery, FindingsDocument]) -> Answer:
    """Put findings on the topic: all of them, or none when one of them is not right."""
    said, format = call.body.root, call.query.format
    report = None if format is None else _report(said, format)
    found = _sent(_enveloped(call, said)) if report is None else list(report.findings)
    await call.parts.commands.send_findings(found, call.traceparent)
    accepted = FindingsAccepted(
        accepted=len(found),
        ids=[finding.id or "" for finding in found],
        format=report and report.format,
        left_out=report and report.left_out,
    )
    return answer(accepted, 202)


def _enveloped(call: Call[Any, Any], said: Any) -> Any:
    """Return the CloudEvent whose attributes came as headers, or what was said if none did.

    HTTP protocol binding 1.0, section 3.1: in binary mode the body is the data alone, each
    attribute is a header ``ce-<name>``, its value percent-encoded.
    """
    headers = call.request.headers
    if "ce-specversion" not in headers or not isinstance(said, dict) or "specversion" in said:
        return said
    lower = {name.lower(): value for name, value in headers.items()}
    attributes = {
        name.removeprefix("ce-"): _unquoted(name, value)
        for name, value in lower.items()
        if name.startswith("ce-")
    }
    return {**attributes, "data": said}


def _unquoted(name: str, value: str) -> str:
    """Return what a header says. ApiError 422: its bytes are no UTF-8.

    Read as far as they can be, two ids might become one, and the second finding start nothing.
    """
    try:
        said = unquote(value, errors="strict")
        said.encode()
    except UnicodeError:
        reason = f"{name} is not UTF-8: percent-encode it as such (CloudEvents, HTTP binding)"
        raise invalid("findings", [Problem("", reason)]) from None
    return said


def _sent(said: Any) -> list[Finding]:
    documents = said if isinstance(said, list) else [said]
    if not 0 < len(documents) <= FINDINGS_MAX:
        raise ApiError(
            422, "invalid_findings", f"send 1 to {FINDINGS_MAX} findings, not {len(documents)}"
        )
    return _read(documents, is_batch=isinstance(said, list))


def _report(said: Any, format: str) -> formats.Report:
    """Return what a report holds; a scan that found nothing holds nothing, which is right."""
    try:
        report = formats.read(said, format)
    except UnknownFormat as error:
        raise ApiError(422, "invalid_findings", str(error)) from None
    if len(report.findings) > FINDINGS_MAX:
        raise ApiError(
            422,
            "invalid_findings",
            f"the report holds {len(report.findings)} findings: send at most {FINDINGS_MAX} at "
            "once (playbooks send --format splits it)",
        )
    return report


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
    if isinstance(document, dict) and document.get("specversion", _SPECVERSION) != _SPECVERSION:
        reason = f'is not "{_SPECVERSION}": no other version of CloudEvents is known'
        return None, [Problem(f"{pointer}/specversion", reason)]
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
        query=FindingsQuery,
        request=FindingsDocument,
        media_types=(JSON, CLOUDEVENT, CLOUDEVENTS, NDJSON),
        bytes_max=BODY_BYTES_MAX,
        answer=FindingsAccepted,
        statuses=(202,),
    ),
)
