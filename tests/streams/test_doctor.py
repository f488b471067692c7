"""The doctor: what it finds on a real cluster, and what it says to do."""

import socket
from datetime import timedelta
from pathlib import Path

from streams import doctor, topic_requests, topics
from streams.doctor import Check, examine
from streams.settings import Settings, load
from streams.table.projection import Projection
from streams.table.store import FILE_NAME
from streams.table.table import Table
from tests.examples import NOON

DISK = 10 << 30


async def found(settings: Settings) -> dict[str, Check]:
    return {check.name: check async for check in examine(settings)}


async def test_a_sound_deployment_has_nothing_to_do_and_nothing_is_left_behind(
    settings: Settings,
) -> None:
    table = Table(settings.data_dir / FILE_NAME)
    projection = Projection(settings, table)
    await projection.start()
    try:
        await table.wait(lambda: projection.caught_up or None, 30)
        checks = await found(settings)
    finally:
        await projection.stop()
        table.close()
    assert list(checks) == ["broker", "topics", "transactions", "clock", "table", "disk"]
    assert {name: (each.ok, each.todo) for name, each in checks.items() if name != "disk"} == {
        name: (True, "") for name in checks if name != "disk"
    }
    wanted = {topic.named(settings.topic_prefix) for topic in topics.TOPICS}
    there: set[str] = set()
    async with topic_requests.admin(settings) as admin:
        while there != wanted:  # a topic that has been deleted may be listed for a moment yet
            listed = await admin.list_topics()
            there = {name for name in listed if name.startswith(settings.topic_prefix)}


async def test_missing_topics_are_told_with_the_command_that_makes_them(broker: str) -> None:
    check = await doctor.topics_check(load(broker=broker, topic_prefix="never-made."))
    assert check.ok is False
    assert "does not exist: run `playbooks topics create`" in check.says


async def test_without_a_broker_what_needs_one_is_not_guessed_at(
    tmp_path: Path,
) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        checks = await found(load(broker=address, data_dir=tmp_path / "none"))
    assert checks["broker"].ok is False
    assert "PLAYBOOKS_BROKER" in checks["broker"].todo
    assert {checks[name].ok for name in ("topics", "transactions", "clock", "table")} == {None}


def test_clocks_that_differ_are_told_whichever_is_ahead() -> None:
    second = timedelta(seconds=1)
    near = doctor.clock_check(NOON, NOON + second, NOON + second)
    ahead = doctor.clock_check(NOON, NOON + 60 * second, NOON + second)
    behind = doctor.clock_check(NOON, NOON - 60 * second, NOON + second)
    assert (near.ok, ahead.ok, behind.ok) == (True, False, False)
    assert "59.0 s" in ahead.says
    assert "60.0 s" in behind.says
    assert "NTP" in ahead.todo


async def test_a_table_that_is_not_kept_up_is_old(settings: Settings) -> None:
    table = Table(settings.data_dir / FILE_NAME)
    projection = Projection(settings, table)
    await projection.start()
    await table.wait(lambda: projection.caught_up or None, 30)
    current_at = table.position.current_at
    await projection.stop()
    table.close()
    assert current_at is not None
    old = doctor.table_check(settings, current_at + timedelta(hours=1))
    assert old.ok is False
    assert "playbooks api" in old.todo


def test_a_disk_that_is_almost_full_is_told() -> None:
    settings = load()
    assert doctor.disk_check(settings, DISK).ok is True
    full = doctor.disk_check(settings, 5 << 20)
    assert (full.ok, "0.0 GiB" in full.says) == (False, True)
    assert "make room" in full.todo
