"""Dead letters on real Kafka: what is replayed is the record that it was, headers and all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiokafka.structs import ConsumerRecord

from streams import letters, logs, topics
from streams.codecs import encode
from streams.dead_letters import letter_of
from streams.findings import decode_finding
from streams.settings import Settings
from tests.e2e.log import send
from tests.streams.records import record

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADERS = (
    ("ce_specversion", b"1.0"),
    ("ce_type", b"finding.new"),
    ("ce_id", b"f-1"),
    ("ce_source", b"/scanner"),
    ("trace", b"\x00\xff"),
    ("trace", b"again"),
)


async def replayed(
    settings: Settings, parked: ConsumerRecord[Any, Any]
) -> Sequence[ConsumerRecord[Any, Any]]:
    """Park a record, replay all that is parked, and return what then stands on ``findings``."""
    letter = letter_of(parked, "triggers", "no reason", NOON)
    await send(settings, topics.DEAD_LETTERS, [(b"key", encode(letter))])
    for each in await letters.read(settings):
        await letters.replay(settings, each)
    name = topics.FINDINGS.named(settings.topic_prefix)
    partitions = range(settings.partitions)
    return [each async for each in logs.history(settings, name, partitions)]


def finding_record(settings: Settings, value: bytes, **says: Any) -> ConsumerRecord[Any, Any]:
    topic = topics.FINDINGS.named(settings.topic_prefix)
    return replace(record(value, topic=topic, **says), partition=1)


async def test_a_cloud_event_in_binary_mode_is_replayed_as_one(settings: Settings) -> None:
    parked = finding_record(settings, b'{"finding_id": "f-1"}', headers=HEADERS)
    [again] = await replayed(settings, parked)
    assert (again.key, again.value, again.partition) == (parked.key, parked.value, 1)
    assert again.headers == HEADERS
    assert decode_finding(again).event == "finding.new"


async def test_a_header_without_a_value_is_replayed_without_one(settings: Settings) -> None:
    [again] = await replayed(settings, finding_record(settings, b"{}", headers=(("flag", None),)))
    assert again.headers == (("flag", None),)


async def test_what_had_no_headers_and_no_key_has_none_again(settings: Settings) -> None:
    [again] = await replayed(settings, finding_record(settings, b"{}", key=None))
    assert (again.key, again.headers) == (None, ())
