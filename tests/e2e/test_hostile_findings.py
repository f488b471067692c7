"""Hostile findings on real Kafka: each is text, or parked; no secret gets out; the rest goes on."""

from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from engine.evolution import fold
from engine.templates.limits import RENDERED_BYTES_MAX
from schemas.executions import Execution, Status
from schemas.playbooks import Playbook
from streams import clients, topic_requests, topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import findings, logging_playbook
from tests.e2e.log import assert_gapless, events_until_ended, send, values_until
from tests.examples import FINDING, action, step
from tests.hostility import RAW, TEXTS, hostile_data, record

pytestmark = pytest.mark.usefixtures("worker")

SECRET = "value-of-the-secret-X"

# What is no JSON, or nothing that JSON's readers agree on: parked, each with its reason.
UNREADABLE = (
    "half a character", "half a character, written out", "no UTF-8", "deeper", "deepest",
    "an integer of a thousand digits", "an integer of a hundred thousand digits", "a list",
    "nothing",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_X", SECRET)


async def publish(registry: PlaybookRegistry) -> None:
    definition = logging_playbook(1) | {
        "trigger": {"event": "finding.new", "conditions": {"rule": "hostile"}},
        "steps": [
            step("ask", "condition", expression="'{{ finding.severity }}' == 'critical'")
            | {"on_true": "never", "on_false": "log"},
            action("never", on_success="end"),
            action(
                "log",
                parameters={
                    "title": "{{ finding.title | default('none') }}",
                    "key": "{{ secrets.X }}",
                    "at": "{{ finding.asset.name | default('none') }}",
                },
            ),
        ],
    }
    await registry.publish(Playbook.model_validate(definition), by="test", expected=None)


async def ended(settings: Settings, executions: int) -> dict[str, Execution]:
    """Return the executions, once so many have ended, by the id of their finding."""
    histories = await events_until_ended(settings, executions)
    assert_gapless(histories)
    folded = [fold(None, history) for history in histories.values()]
    return {
        each.event["id"]: each for each in folded if each is not None and each.event is not None
    }


async def everything(settings: Settings) -> bytes:
    """Return all keys and values on all topics of the deployment, committed or not."""
    async with topic_requests.admin(settings) as admin:
        there = await topic_requests.partitions(admin)
    places = [
        TopicPartition(name, place["partition"])
        for name, all_of_it in there.items()
        if name.startswith(settings.topic_prefix)
        for place in all_of_it
    ]
    found = b""
    async with clients.consumer(settings, isolation_level="read_uncommitted") as consumer:
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        behind = [place for place in places if ends[place]]
        while behind:
            for records in (await consumer.getmany(*behind, timeout_ms=200)).values():
                found += b"".join((r.key or b"") + (r.value or b"") for r in records)
            behind = [place for place in behind if await consumer.position(place) < ends[place]]
    return found


async def test_hostile_texts_start_what_harmless_ones_do_and_are_told_as_they_are(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    sent = {f"evt-{n}": text for n, text in enumerate(TEXTS)}
    said = {"rule": "hostile", "severity": "low"}
    await send(
        settings,
        topics.FINDINGS,
        # One key: they all stand on one partition, each in the way of the next.
        (
            (b"key", record(event_id, orjson.dumps(hostile_data(text) | said)))
            for event_id, text in sent.items()
        ),
    )
    executions = await ended(settings, len(sent))
    for event_id, text in sent.items():
        execution = executions[event_id]
        log = execution.steps["log"]
        assert execution.steps["never"].visit == 0, text[:40]
        if len(text) > RENDERED_BYTES_MAX:
            # Of its own step only: what it has to say is too long to be passed on.
            assert log.error is not None
            assert log.error["code"] == "template_too_large"
            continue
        assert execution.status is Status.COMPLETED, (text[:40], log)
        assert log.input is not None
        assert (log.input["title"], log.input["key"]) == (text, "{{ secrets.X }}")
    written = await everything(settings)
    assert b"evt-0" in written
    assert SECRET.encode() not in written


async def test_what_is_no_json_is_parked_and_the_partition_goes_on(
    settings: Settings, registry: PlaybookRegistry
) -> None:
    await publish(registry)
    readable = {name: raw for name, raw in RAW.items() if name not in UNREADABLE}
    hostile = {
        name: record(f"evt-{name}", b'{"rule": "hostile", ' + raw[1:] if raw[:1] == b"{" else raw)
        for name, raw in RAW.items()
    }
    [last] = findings(1)
    last = last | {"id": "evt-last", "data": FINDING["data"] | {"rule": "hostile"}}
    values = [*hostile.values(), orjson.dumps(last)]
    await send(settings, topics.FINDINGS, ((b"key", value) for value in values))
    executions = await ended(settings, len(readable) + 1)
    assert set(executions) == {f"evt-{name}" for name in (*readable, "last")}
    letters = await values_until(
        settings, topics.DEAD_LETTERS, lambda found: len(found) >= len(UNREADABLE)
    )
    assert len(letters) == len(UNREADABLE)
    assert all(letter["reason"] for letter in letters)


def test_what_cannot_be_read_is_among_what_is_sent() -> None:
    assert set(UNREADABLE) < set(RAW)


def test_the_texts_are_hostile_enough() -> None:
    sizes: list[Any] = [len(text) for text in TEXTS]
    assert max(sizes) >= 100_000
