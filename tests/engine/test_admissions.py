"""What counts across the executions of a playbook by its keys: who starts, who is dropped."""

from typing import Any

import pytest

from engine import contexts, triggers
from engine.admissions import (
    decide,
)
from schemas.commands import Rejection
from tests.desks import HOUR, SECOND, Desk, trigger
from tests.examples import FINDING, NOON


def test_of_the_same_key_one_execution_starts_within_the_window() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": "1h"})
    assert desk.ask("a") == ["StartExecution a"]
    assert desk.ask("b") == ["deduplicated"]
    assert desk.ask("c", finding_id="f-other") == ["StartExecution c"]


def test_a_window_begins_with_the_execution_that_starts_and_is_not_lengthened() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": "1h"})
    desk.ask("a")
    desk.at += HOUR - 2 * SECOND
    assert desk.ask("b") == ["deduplicated"]
    assert desk.ask("c") == ["StartExecution c"]
    assert desk.ask("d") == ["deduplicated"]


def test_a_window_goes_on_though_its_execution_has_ended() -> None:
    desk = Desk(dedupe={"key": "x", "window": "1h"}, max_running=1)
    desk.ask("a")
    desk.end("a")
    assert desk.ask("b") == ["deduplicated"]


def test_at_most_so_many_start_in_any_span_of_time() -> None:
    desk = Desk(throttle={"limit": 2, "per": "10s"})
    said = [desk.ask(name) for name in "abcdefghijklm"]
    # One each second: the third is dropped until the first has left the span, and so on.
    assert [each == ["throttled"] for each in said] == [
        *[False, False],
        *[True] * 8,
        *[False, False],
        True,
    ]


def test_each_key_has_a_limit_of_its_own() -> None:
    desk = Desk(throttle={"limit": 1, "per": "1h", "key": "{{ asset.id }}"})
    assert desk.ask("a") == ["StartExecution a"]
    assert desk.ask("b") == ["throttled"]
    assert desk.ask("c", asset={"id": "a-other"}) == ["StartExecution c"]


def test_what_is_dropped_as_a_double_does_not_use_up_the_limit() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": "1h"}, throttle={"limit": 2, "per": 9})
    said = [desk.ask(name, finding_id=key) for name, key in ("a1", "b1", "c1", "d2", "e3")]
    assert [each[0].split()[0] for each in said] == [
        "StartExecution",
        "deduplicated",
        "deduplicated",
        "StartExecution",
        "throttled",
    ]


def test_what_is_throttled_opens_no_window() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": "1h"}, throttle={"limit": 1, "per": 9})
    desk.ask("a", finding_id="1")
    assert desk.ask("b", finding_id="2") == ["throttled"]
    desk.at += 9 * SECOND
    assert desk.ask("c", finding_id="2") == ["StartExecution c"]


def test_nothing_is_kept_of_what_no_longer_counts() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": 60}, max_running=2)
    for name in "ab":
        desk.ask(name, finding_id=name)
    desk.expire("a", desk.at + HOUR)
    assert len(desk.tickets) == 2  # it still runs
    for name in "ab":
        desk.end(name)
        desk.expire(name, desk.at)
    assert len(desk.tickets) == 2  # their keys still count
    for name in "ab":
        desk.expire(name, desk.at + HOUR)
    assert len(desk.tickets) == 0


def test_a_drop_says_of_what_and_why() -> None:
    desk = Desk(dedupe={"key": "{{ finding.id }}", "window": "1h"})
    desk.ask("a")
    start = desk.start("b")
    asked = desk.request(start, dedupe={"key": "f-91827", "window": 1})
    rejection = decide(desk.tickets, asked, desk.trigger, desk.at)
    assert isinstance(rejection, Rejection)
    assert rejection.execution_id == "b"
    assert rejection.command_id == "start-b"
    assert (rejection.playbook_id, rejection.event_id) == ("pb-example", FINDING["id"])
    assert rejection.reason == (
        "the dedupe key 'f-91827' has started a: no other until 2026-03-01T13:00:01Z"
    )


def test_a_key_may_be_any_value_and_of_any_length() -> None:
    key = {"dedupe": {"key": "{{ finding.x }}", "window": "1h"}}
    keys = []
    for value in (7, ["a"], None, "text", "long" * 1_000):
        start = Desk().start("a", {"event": "finding.new", "data": {"x": value}})
        asked = Desk().request(start, **key)
        assert asked.dedupe is not None
        keys.append(asked.dedupe.key)
    assert keys[:4] == ["7", '["a"]', "null", "text"]
    assert len(keys[4]) < 200


@pytest.mark.parametrize(
    "says",
    [
        {"dedupe": {"key": "{{ finding.absent }}", "window": "1h"}},
        {"throttle": {"key": "{{ finding.absent }}", "limit": 1, "per": "1h"}},
    ],
    ids=["dedupe", "throttle"],
)
def test_a_key_that_is_missing_is_told_with_its_place(says: dict[str, Any]) -> None:
    start = Desk().start("a")
    dropped = triggers.admission(start, trigger(**says), contexts.of_finding(FINDING), NOON)
    assert isinstance(dropped, Rejection)
    assert dropped.code == "missing_variable"
    assert dropped.reason.startswith(f"/trigger/{next(iter(says))}/key: ")
