"""What a draft trigger would have started: matched, and counted as the agents would."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from engine import backtests
from engine.backtests import Backtest, Outcome
from engine.explanations import TEXT_MAX
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.examples import FINDING, NOON

HOUR = timedelta(hours=1)


def finding(name: str, **says: Any) -> Finding:
    data = FINDING["data"] | {"finding_id": name} | says
    return Finding.model_validate({"id": f"evt-{name}", "event": "finding.new", "data": data})


def tried(found: list[tuple[datetime, Finding]], examples_max: int = 10, **trigger: Any) -> Outcome:
    says = {"event": "finding.new", "conditions": {"severity": "critical"}} | trigger
    backtest = Backtest(Trigger.model_validate(says), examples_max)
    for at, each in found:
        backtest.take(each, str(each.id), at)
    return backtest.outcome()


def hourly(count: int, **says: Any) -> list[tuple[datetime, Finding]]:
    return [(NOON + n * HOUR, finding(f"f-{n}", **says)) for n in range(count)]


def test_what_matches_is_counted_by_day() -> None:
    found = [*hourly(24), (NOON, finding("low", severity="low"))]
    outcome = tried(found)
    assert (outcome.scanned, outcome.matched, outcome.started) == (25, 24, 24)
    assert [(day.day, day.scanned, day.matched) for day in outcome.per_day] == [
        (date(2026, 3, 1), 13, 12),
        (date(2026, 3, 2), 12, 12),
    ]


def test_of_what_matches_the_latest_are_shown_newest_first() -> None:
    outcome = tried(hourly(24)[::-1], examples_max=2)
    assert [example.event_id for example in outcome.examples] == ["evt-f-23", "evt-f-22"]
    assert outcome.examples[0].asset_id == FINDING["data"]["asset"]["id"]
    assert tried(hourly(3), examples_max=0).examples == []


def test_the_same_event_again_starts_nothing() -> None:
    outcome = tried(hourly(3) * 2)
    assert (outcome.matched, outcome.repeated, outcome.started) == (6, 3, 3)


def test_what_falls_into_the_window_of_a_key_is_deduplicated() -> None:
    dedupe = {"key": "{{ asset.id }}", "window": "6h"}
    other = [(NOON, finding("other", asset={"id": "a-other"}))]
    # Backwards: it is the time that counts, and not the order in which they are read.
    outcome = tried([*hourly(12)[::-1], *other], dedupe=dedupe)
    assert (outcome.matched, outcome.deduplicated, outcome.started) == (13, 10, 3)


def test_what_is_over_the_limit_of_a_key_is_throttled() -> None:
    outcome = tried(hourly(12), throttle={"limit": 2, "per": "6h"})
    assert (outcome.throttled, outcome.started) == (8, 4)


def test_places_hold_nothing_back() -> None:
    outcome = tried(hourly(12), max_running=1)
    assert (outcome.matched, outcome.started) == (12, 12)


def test_what_has_no_key_cannot_be_counted() -> None:
    outcome = tried(hourly(2), dedupe={"key": "{{ finding.owner }}", "window": "1h"})
    assert (outcome.matched, outcome.unkeyed, outcome.started) == (2, 2, 0)


def test_texts_of_a_detector_are_shown_cut() -> None:
    [example] = tried([(NOON, finding("x", title="t" * 10_000, asset="none"))]).examples
    assert example.title == "t" * (TEXT_MAX - 1) + "…"
    assert (example.asset_id, example.asset_name) == (None, None)


def test_it_keeps_no_more_matches_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "MATCHES_MAX", 3)
    backtest = Backtest(Trigger(event="finding.new"), 1)
    for at, each in hourly(3):
        assert not backtest.is_full
        backtest.take(each, str(each.id), at)
    assert backtest.is_full
