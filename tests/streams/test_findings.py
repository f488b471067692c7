"""A finding is the same finding in each of the three forms in which it arrives."""

import orjson
import pytest
from pydantic import ValidationError

from streams.findings import decode_finding
from tests.examples import FINDING
from tests.streams.records import record

ATTRIBUTES = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"evt-8a3b9c2d"),
    ("ce_type", b"finding.new"),
    ("ce_source", b"/scanner"),
    ("ce_time", b"2026-03-01T12:00:00Z"),
)


def test_the_bare_object_is_a_finding() -> None:
    finding = decode_finding(record(orjson.dumps(FINDING)))
    assert (finding.id, finding.event) == ("evt-8a3b9c2d", "finding.new")
    assert finding.data == FINDING["data"]


def test_binary_mode_has_the_attributes_in_headers_and_the_data_as_value() -> None:
    finding = decode_finding(record(orjson.dumps(FINDING["data"]), headers=ATTRIBUTES))
    assert (finding.id, finding.source, finding.event) == (
        "evt-8a3b9c2d",
        "/scanner",
        "finding.new",
    )
    assert finding.data == FINDING["data"]


def test_structured_mode_is_told_by_its_content_type_though_headers_repeat_attributes() -> None:
    envelope = {
        "specversion": "1.0",
        "id": "evt-8a3b9c2d",
        "type": "finding.new",
        "source": "/scanner",
        "time": "2026-03-01T12:00:00Z",
        "data": FINDING["data"],
    }
    headers = (("content-type", b"application/cloudevents+json; charset=utf-8"), *ATTRIBUTES)
    finding = decode_finding(record(orjson.dumps(envelope), headers=headers))
    assert finding.data == FINDING["data"]
    assert finding.source == "/scanner"


def test_a_finding_without_an_id_is_named_by_where_it_stands() -> None:
    bare = {"event": "finding.new", "data": {}}
    assert decode_finding(record(orjson.dumps(bare))).id == "findings:3:42"


def test_unknown_fields_of_the_data_are_kept() -> None:
    bare = {"event": "finding.new", "data": {"scanner": {"rule": ["a", None]}}}
    assert decode_finding(record(orjson.dumps(bare))).data == bare["data"]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\xff\x17",
        b"null",
        b"[]",
        b'{"event": "finding.new"}',
        b'{"event": "finding.gone", "data": {}}',
        b'{"event": "finding.new", "data": []}',
        b'{"event": "finding.new", "data": {}, "id": 7}',
        b'{"event": "finding.new", "data": {}, "timestamp": "yesterday"}',
        b"[" * 1_048_576,
    ],
    ids=lambda value: value[:40].decode("latin-1"),
)
def test_anything_else_is_refused(value: bytes) -> None:
    with pytest.raises(ValidationError):
        decode_finding(record(value))


@pytest.mark.parametrize("headers", [ATTRIBUTES, (("content-type", b"application/cloudevents"),)])
@pytest.mark.parametrize("value", [b"\x00", b"[" * 100_000, b"[]", b"7"])
def test_a_malformed_cloudevent_is_refused(
    value: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_finding(record(value, headers=headers))
