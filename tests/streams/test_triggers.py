"""The triggers that the agent matches against: those of the enabled playbooks that can be read."""

from collections.abc import Callable
from typing import Any

import orjson

from engine import contexts
from schemas.playbooks import Playbook, PlaybookPublished
from streams.batches import Batch
from streams.findings import decode_finding
from streams.triggers import Triggers, trigger_all, trigger_playbooks
from tests.examples import FINDING, NOON, action, playbook
from tests.streams.records import record


class Registry:
    """What ``Triggers`` asks of the registry."""

    def __init__(self, *definitions: Playbook) -> None:
        self.changed: list[Callable[[], None]] = []
        self.definitions = list(definitions)

    def currents(self) -> list[PlaybookPublished]:
        return [
            PlaybookPublished(
                playbook_id=each.id,
                revision="1",
                definition=each,
                created_at=NOON,
                updated_at=NOON,
            )
            for each in self.definitions
        ]


def named(playbook_id: str, **says: object) -> Playbook:
    return playbook(action("one"), id=playbook_id, **says)


def matched(known: Triggers) -> list[str]:
    found = known.index.matches("finding.new", contexts.of_finding(FINDING))
    return [playbook_id for playbook_id, _ in found]


def test_a_playbook_whose_conditions_mean_nothing_does_not_keep_the_others_from_starting() -> None:
    broken = {"event": "finding.new", "conditions": {"severity": {"$gte": "huge"}}}
    registry = Registry(named("pb-broken", trigger=broken), named("pb-right"))
    assert matched(Triggers(registry)) == ["pb-right"]  # type: ignore[arg-type]


def test_a_disabled_playbook_starts_nothing() -> None:
    registry = Registry(named("pb-off", enabled=False), named("pb-on"))
    assert matched(Triggers(registry)) == ["pb-on"]  # type: ignore[arg-type]


def test_a_change_of_the_registry_counts_at_once() -> None:
    registry = Registry(named("pb-one"))
    known = Triggers(registry)  # type: ignore[arg-type]
    assert matched(known) == ["pb-one"]
    registry.definitions.append(named("pb-two"))
    for notify in registry.changed:
        notify()
    assert matched(known) == ["pb-one", "pb-two"]


async def test_a_number_that_no_snapshot_can_hold_starts_an_execution_as_a_float() -> None:
    # Otherwise it would stop a whole partition: the state could never be written.
    value = b'{"event": "finding.new", "data": {"big": %d, "odd": NaN, "id": 7}}' % (2**70)
    arrived = record(value)
    batch: Batch[None] = Batch(3, [arrived], NOON, None)
    known = Triggers(Registry(named("pb-one")))  # type: ignore[arg-type]
    trigger_playbooks(batch, known.index, decode_finding(arrived), arrived, known.counted)
    [emission] = batch.emissions
    assert orjson.loads(emission.value or b"")["event"]["data"] == {
        "big": 2.0**70,
        "odd": None,
        "id": 7,
    }


def asked(
    value: bytes, *definitions: Playbook, headers: tuple[tuple[str, bytes | None], ...] = ()
) -> list[tuple[str, dict[str, Any]]]:
    arrived = record(value, headers=headers)
    batch: Batch[None] = Batch(3, [arrived], NOON, None)
    known = Triggers(Registry(*definitions))  # type: ignore[arg-type]
    trigger_playbooks(batch, known.index, decode_finding(arrived), arrived, known.counted)
    return [(each.topic.name, orjson.loads(each.value or b"")) for each in batch.emissions]


async def test_a_trace_that_is_null_keeps_nothing_from_starting() -> None:
    value = b'{"event": "finding.new", "data": {}}'
    [(topic, _)] = asked(value, named("pb-one"), headers=(("traceparent", None),))
    assert topic == "execution-commands"


COUNTED = {"event": "finding.new", "dedupe": {"key": "{{ finding.title }}", "window": "1h"}}


async def test_what_counts_across_findings_is_asked_where_all_of_a_playbook_is_counted() -> None:
    value = b'{"event": "finding.new", "id": "e-1", "data": {"title": "XSS"}}'
    counted, other = named("pb-counted", trigger=COUNTED), named("pb-other")
    [(admissions, request), (commands, start)] = asked(value, counted, other)
    assert (admissions, commands) == ("admissions", "execution-commands")
    assert request["dedupe"] == {"key": "XSS", "window_seconds": 3600.0}
    assert request["start"]["playbook_id"] == "pb-counted"
    assert start["playbook_id"] == "pb-other"


async def test_a_finding_without_the_key_is_recorded_as_dropped() -> None:
    value = b'{"event": "finding.new", "id": "e-1", "data": {}}'
    [(topic, rejection)] = asked(value, named("pb-counted", trigger=COUNTED))
    assert (topic, rejection["code"]) == ("rejections", "missing_variable")
    assert rejection["reason"].startswith("/trigger/dedupe/key: ")
    assert (rejection["playbook_id"], rejection["event_id"]) == ("pb-counted", "e-1")


async def test_of_many_findings_those_start_that_match_and_those_are_parked_that_are_none() -> None:
    values = [
        *(b'{"event": "finding.new", "data": {"title": "%d"}}' % number for number in range(9)),
        b'{"event": "finding.new", "data": 9}',
        b'{"event": "finding.new", "data": {"title": "XSS"}}',
        b'{"event": "scan.failed", "data": {"title": "XSS"}}',
    ]
    arrived = [record(value, offset=offset) for offset, value in enumerate(values)]
    batch: Batch[None] = Batch(3, arrived, NOON, None)
    trigger = {"event": "finding.new", "conditions": {"title": "XSS", "event.id": "findings:3:10"}}
    known = Triggers(Registry(named("pb-one", trigger=trigger)))  # type: ignore[arg-type]
    trigger_all(batch, arrived, known, {})
    [parked, started] = batch.emissions
    assert (parked.topic.name, started.topic.name) == ("dead-letters", "execution-commands")
    assert orjson.loads(parked.value or b"")["offset"] == 9
    assert orjson.loads(started.value or b"")["event"]["id"] == "findings:3:10"
