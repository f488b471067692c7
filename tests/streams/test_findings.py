"""A finding is the same finding in each of the three forms in which it arrives.

And what triggers see of one at a glance is what it is.
"""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import contexts
from engine.contexts import EVENT_ROOTS
from streams.findings import decode_finding, glimpse
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


NO_FINDINGS = pytest.mark.parametrize(
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
        b'{"event": "finding.new", "data": {}, "timestamp": "2026-13-01T12:00:00Z"}',
        b'{"event": "finding.new", "data": {}, "timestamp": "2026-W09-1T12:00:00Z"}',
        b'{"event": "finding.new", "data": {}, "timestamp": "2026-03-01T12:00:00"}',
        b'{"event": "finding.new", "data": {"a": "\\ud800"}}',
        b'{"event": "finding.new", "data": {"a": %s}}' % (b"[" * 250 + b"]" * 250),
        b"[" * 1_048_576,
    ],
    ids=lambda value: value[-70:].decode("latin-1"),
)


@NO_FINDINGS
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


@NO_FINDINGS
def test_what_is_refused_is_no_finding_at_a_glance_either(value: bytes) -> None:
    assert glimpse(record(value)) is None


@pytest.mark.parametrize("headers", [ATTRIBUTES, (("content-type", b"application/cloudevents"),)])
def test_a_cloudevent_is_read_and_not_looked_at(headers: tuple[tuple[str, bytes], ...]) -> None:
    assert glimpse(record(orjson.dumps(FINDING), headers=headers)) is None


def test_a_header_that_is_null_says_nothing() -> None:
    nothing = record(orjson.dumps(FINDING), headers=(("content-type", None), ("ce_id", None)))
    assert decode_finding(nothing) == decode_finding(record(orjson.dumps(FINDING)))
    assert glimpse(nothing) is not None


TIMES = st.sampled_from(
    ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.123Z", "2026-03-01T14:00:00.5+02:00"]
)
DATA = {
    "finding_id": st.integers() | st.text(max_size=3),
    "asset": st.none() | st.text(max_size=3) | st.fixed_dictionaries({}, optional={"id": TIMES}),
    "asset_id": st.text(max_size=3),
    "scan_id": st.text(max_size=3),
    "scan": st.none() | st.fixed_dictionaries({"a": st.floats(allow_nan=False)}),
}
DOCUMENTS = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["finding.new", "scan.completed"]),
        "data": st.fixed_dictionaries({}, optional=DATA),
    },
    optional={
        "id": st.none() | st.text(max_size=2) | st.sampled_from(["x" * 512, "x" * 513]),
        "source": st.none() | st.text(max_size=2) | st.integers(),
        "timestamp": st.none() | TIMES | st.text(max_size=20) | st.datetimes().map(str),
        "unknown": st.booleans(),
    },
)


@given(DOCUMENTS)
def test_triggers_see_at_a_glance_what_they_see_of_the_finding(document: dict[str, Any]) -> None:
    # Some of these numbers are larger than orjson writes.
    arrived = record(json.dumps(document).encode())
    seen = glimpse(arrived)
    if seen is not None:
        finding = decode_finding(arrived)
        whole = contexts.of_finding(finding)
        assert seen.kind == finding.event
        assert seen.data == whole.data
        assert [seen.root(name) for name in EVENT_ROOTS] == [
            whole.root(name) for name in EVENT_ROOTS
        ]


@pytest.mark.parametrize("at", [None, "2026-03-01T12:00:00Z", "2026-03-01T14:00:00.123456+02:00"])
def test_an_ordinary_finding_is_not_read(at: str | None) -> None:
    headers = (("content-type", b"application/json"), ("traceparent", b"00-a-b-01"))
    seen = glimpse(record(orjson.dumps(FINDING | {"timestamp": at}), headers=headers))
    assert seen is not None
