"""When schedules fire: each time once, by the owner of the playbook, from when it was published."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.triggers import scheduled
from schemas.admissions import Fired
from schemas.playbooks import PlaybookPublished
from streams.schedules import Schedules
from tests.examples import NOON, action, playbook

HOUR = timedelta(hours=1)
HOURLY = {"event": "schedule", "cron": "0 * * * *"}


class Registry:
    """What ``Schedules`` asks of the registry."""

    def __init__(self, *published: PlaybookPublished) -> None:
        self.changed: list[Callable[[], None]] = []
        self.published = list(published)

    def currents(self) -> list[PlaybookPublished]:
        return self.published


def published(
    playbook_id: str = "pb-hourly", at: datetime = NOON, **says: Any
) -> PlaybookPublished:
    definition = playbook(action("one"), **({"id": playbook_id, "trigger": HOURLY} | says))
    return PlaybookPublished(
        playbook_id=playbook_id,
        revision="1",
        definition=definition,
        created_at=NOON,
        updated_at=at,
    )


def watching(*known: PlaybookPublished, fired: Fired | None = None) -> Schedules:
    schedules = Schedules(Registry(*known))  # type: ignore[arg-type]
    if fired is not None:
        schedules.restore(fired)
    schedules.review()
    return schedules


def fires(schedules: Schedules, at: datetime) -> list[tuple[str, datetime, int]]:
    return [(each.playbook_id, *firing) for each, firing in schedules.due(at)]


def test_a_schedule_fires_each_time_once() -> None:
    schedules = watching(published())
    assert schedules.due_at() == NOON + HOUR
    assert fires(schedules, NOON + HOUR - timedelta(seconds=1)) == []
    assert fires(schedules, NOON + HOUR) == [("pb-hourly", NOON + HOUR, 0)]
    assert fires(schedules, NOON + HOUR) == []
    assert schedules.due_at() == NOON + 2 * HOUR


def test_of_what_was_missed_only_the_last_is_fired_and_the_others_are_counted() -> None:
    schedules = watching(published(), fired=Fired("pb-hourly", NOON + HOUR))
    assert fires(schedules, NOON + 5.5 * HOUR) == [("pb-hourly", NOON + 5 * HOUR, 3)]


def test_a_new_schedule_makes_up_for_nothing_before_it() -> None:
    schedules = watching(published(at=NOON + 2.5 * HOUR))
    assert fires(schedules, NOON + 2.9 * HOUR) == []
    assert schedules.due_at() == NOON + 3 * HOUR


def test_one_that_is_switched_on_again_makes_up_for_nothing() -> None:
    registry = Registry(published())
    schedules = Schedules(registry)  # type: ignore[arg-type]
    schedules.review()
    registry.published = [published(enabled=False)]
    schedules.review()
    assert schedules.due_at() is None
    registry.published = [published(at=NOON + 4.5 * HOUR)]
    schedules.review()
    assert fires(schedules, NOON + 5 * HOUR) == [("pb-hourly", NOON + 5 * HOUR, 0)]


def test_what_is_deleted_leaves_nothing_behind() -> None:
    registry = Registry(published())
    schedules = Schedules(registry)  # type: ignore[arg-type]
    schedules.review()
    fires(schedules, NOON + HOUR)
    assert list(schedules.changed()) == [("pb-hourly", Fired("pb-hourly", NOON + HOUR))]
    registry.published = []
    schedules.review()
    assert list(schedules.changed()) == [("pb-hourly", None)]


def test_another_schedule_counts_at_once() -> None:
    registry = Registry(published())
    schedules = Schedules(registry)  # type: ignore[arg-type]
    schedules.review()
    at_half = {"event": "schedule", "cron": "30 * * * *"}
    registry.published = [published(at=NOON + timedelta(minutes=5), trigger=at_half)]
    schedules.review()
    assert schedules.due_at() == NOON + HOUR / 2


def test_a_schedule_goes_by_the_clock_of_its_zone() -> None:
    trigger = {"event": "schedule", "cron": "0 8 * * *", "timezone": "Asia/Tokyo"}
    assert watching(published(trigger=trigger)).due_at() == datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_one_that_means_nothing_does_not_keep_the_others_from_firing() -> None:
    broken = published("pb-broken", trigger={"event": "schedule", "cron": "whenever"})
    schedules = watching(broken, published())
    assert fires(schedules, NOON + HOUR) == [("pb-hourly", NOON + HOUR, 0)]


def test_each_playbook_is_scheduled_in_one_partition() -> None:
    known = [published(f"pb-{number}") for number in range(20)]
    found: list[str] = []
    for partition in range(3):
        schedules = Schedules(Registry(*known))  # type: ignore[arg-type]
        schedules.own(partition, 3)
        schedules.review()
        found += [playbook_id for playbook_id, _, _ in fires(schedules, NOON + HOUR)]
    assert sorted(found) == sorted(each.playbook_id for each in known)


def test_a_firing_names_its_execution_whoever_fires_it() -> None:
    schedules = watching(published())
    [(known, firing)] = schedules.due(NOON + HOUR)
    one, other = scheduled(known, firing, NOON + HOUR), scheduled(known, firing, NOON + 2 * HOUR)
    assert one.execution_id == other.execution_id
    assert one.event == {
        "id": "schedule:2026-03-01T13:00:00Z",
        "event": "schedule",
        "timestamp": "2026-03-01T13:00:00Z",
        "data": {"due_at": "2026-03-01T13:00:00Z", "missed": 0},
    }
