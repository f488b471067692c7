"""Findings off the wire, in the three forms in which they arrive.

CloudEvents binary mode (attributes in ``ce_`` headers, the value is the data alone),
CloudEvents structured mode (the envelope is the value), and the bare object. The mode is
told by ``content-type`` first: a structured message may repeat attributes as headers
(CloudEvents Kafka protocol binding 1.0, section 3).
"""

from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord

from schemas.findings import Finding

STRUCTURED = b"application/cloudevents"


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


def _decode(record: ConsumerRecord[Any, Any]) -> Finding:
    headers = dict(record.headers)
    if headers.get("content-type", b"").startswith(STRUCTURED):
        return _from_attributes(orjson.loads(record.value))
    if headers.get("ce_specversion") == b"1.0":
        attributes = {
            name.removeprefix("ce_"): value.decode()
            for name, value in headers.items()
            if name.startswith("ce_")
        }
        return _from_attributes({**attributes, "data": orjson.loads(record.value)})
    return Finding.model_validate_json(record.value)


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
