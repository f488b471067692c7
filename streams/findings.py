"""Findings off the wire, in the three forms in which they arrive.

CloudEvents binary mode (attributes in ``ce_`` headers, the value is the data alone),
CloudEvents structured mode (the envelope is the value), and the bare object. The mode is
told by ``content-type`` first: a structured message may repeat attributes as headers
(CloudEvents Kafka protocol binding 1.0, section 3).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import orjson
from aiokafka.structs import ConsumerRecord
from pydantic_core import from_json

from engine import contexts
from engine.contexts import Context
from engine.formats import formats
from schemas.findings import FINDING_KINDS, Finding

STRUCTURED = b"application/cloudevents"

_KINDS = frozenset(FINDING_KINDS)
_LENGTH_MAX = 512
_is_time = re.compile(
    r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
).fullmatch


class Glimpse(Context):
    """What triggers can see of a record that has been looked at only: nothing else is made of it.

    To read a finding as a whole takes longer than to match it, and most match nothing. What
    stands around the data is read when a condition asks for it.
    """

    __slots__ = ("_record", "kind")

    def __init__(
        self, kind: str, document: dict[str, Any], record: ConsumerRecord[Any, Any]
    ) -> None:
        super().__init__(document)
        self.kind = kind
        self._record = record

    def root(self, name: str) -> Any:
        """Return what stands under ``name``, as of the finding that the record is read as."""
        if name == "event":
            return contexts.of_finding(decode_finding(self._record)).root(name)
        return super().root(name)


def glimpse(record: ConsumerRecord[Any, Any]) -> Glimpse | None:
    """Return what triggers can see of a record that is surely a bare finding.

    None: it must be read (``decode_findings``), which tells what it is and what is wrong with it.
    """
    try:
        if record.headers and _mode(_headers(record)) is not None:
            return None
        # By the parser that the model has: what is beyond its limits is beyond these.
        document = from_json(record.value, cache_strings="keys")
        kind = document["event"]
        said_id, source = document.get("id"), document.get("source")
        said_at = document.get("timestamp")
        is_sound = (
            kind in _KINDS
            and type(document["data"]) is dict
            and (said_id is None or (type(said_id) is str and 0 < len(said_id) <= _LENGTH_MAX))
            and (source is None or (type(source) is str and len(source) <= _LENGTH_MAX))
            and (said_at is None or (_is_time(said_at) and datetime.fromisoformat(said_at)))
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    return Glimpse(kind, document, record) if is_sound else None


def decode_findings(
    record: ConsumerRecord[Any, Any], reported: Mapping[str, str]
) -> Sequence[Finding]:
    """Return the findings of a record: one, or as many as a scanner's report holds.

    reported: the formats of the topics on which reports stand. Raises ValueError (so do
    ValidationError and JSONDecodeError) when the record is not what stands on its topic.
    """
    format = reported.get(record.topic)
    if format is None:
        return [decode_finding(record)]
    return formats.read(_report(record.value), format).findings


def _report(value: bytes | None) -> Any:
    """Return a report: JSON, or JSON objects one a line."""
    if not value:
        raise ValueError("the record is empty: a report was expected")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        lines = [line for line in value.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [orjson.loads(line) for line in lines]


def decode_finding(record: ConsumerRecord[Any, Any]) -> Finding:
    """Return the finding with an identity: its own, else ``topic:partition:offset``.

    Raises ValidationError or JSONDecodeError when the record is none.
    """
    finding = _decode(record)
    if finding.id is not None:
        return finding
    # Two reports without an id are never taken for one: only where they stand tells them apart.
    here = f"{record.topic}:{record.partition}:{record.offset}"
    return finding.model_copy(update={"id": here})


def read_finding(document: Any) -> Finding:
    """Return the finding of a JSON value: bare, or a CloudEvent in structured mode.

    Its id may be missing. Raises ValueError (ValidationError is one) when it is none.
    """
    if isinstance(document, dict) and "specversion" in document:
        return _from_attributes(document)
    return Finding.model_validate_json(orjson.dumps(document))


def partition_key(finding: Finding) -> bytes:
    """Return the key of a finding on ``findings``: its asset's id, else its own.

    So all that is said about one asset stays in order.
    """
    context = contexts.of_finding(finding)
    for root in ("asset", "finding"):
        said = context.root(root)
        known = said.get("id") if isinstance(said, dict) else None
        if isinstance(known, str | int) and not isinstance(known, bool):
            return str(known).encode()
    return (finding.id or "").encode()


def _decode(record: ConsumerRecord[Any, Any]) -> Finding:
    headers = _headers(record)
    mode = _mode(headers)
    if mode == "structured":
        return _from_attributes(orjson.loads(record.value))
    if mode == "binary":
        attributes = {
            name.removeprefix("ce_"): value.decode()
            for name, value in headers.items()
            if name.startswith("ce_")
        }
        return _from_attributes({**attributes, "data": orjson.loads(record.value)})
    return Finding.model_validate_json(record.value)


def _headers(record: ConsumerRecord[Any, Any]) -> dict[str, bytes]:
    """Return the headers that say something: a value may be null."""
    return {name: value for name, value in record.headers if value is not None}


def _mode(headers: Mapping[str, bytes]) -> Literal["structured", "binary"] | None:
    """Return in which mode a record is a CloudEvent; None: it is none."""
    if headers.get("content-type", b"").startswith(STRUCTURED):
        return "structured"
    return "binary" if headers.get("ce_specversion") == b"1.0" else None


def _from_attributes(envelope: Any) -> Finding:
    if not isinstance(envelope, dict):
        raise ValueError("a structured CloudEvent is a JSON object")
    said = {
        "id": envelope.get("id"),
        "event": envelope.get("type"),
        "timestamp": envelope.get("time"),
        "source": envelope.get("source"),
        "data": envelope.get("data"),
    }
    return Finding.model_validate_json(orjson.dumps(said))
