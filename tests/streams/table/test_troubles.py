"""What goes wrong while the log is projected, and how the table comes out of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka.admin import NewPartitions

from streams import topic_requests, topics
from streams.broker.broker import EmbeddedBroker
from streams.settings import Settings, load
from streams.table import reading
from streams.table.opening import opened
from streams.table.store import FILE_NAME, TableDamaged
from streams.table.table import Table
from streams.table.writer import Rows, Writer
from tests.streams.table.conftest import IN_A_FILE, Project, Projecting
from tests.streams.table.kafka import (
    eventually,
    publish,
    publish_stories,
    remove_records,
    shown,
    until,
)
from tests.streams.table.log import PLACE, rows, story


def damage(path: Path) -> None:
    """Overwrite everything but the header of a table's file, as a failing disk would."""
    with closing(sqlite3.connect(path)) as connection:
        # Otherwise the pages that were written last would still be read from beside the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"\xa5" * (path.stat().st_size - 200))


def is_damaged(table: Table) -> bool:
    """Read, with a connection of its own; tell whether that found a damage."""
    try:
        with table.snapshot() as connection:
            connection.execute("SELECT COUNT(*) FROM events").fetchone()
    except TableDamaged:
        return True
    except sqlite3.DatabaseError as error:
        return isinstance(table.store.error(error), TableDamaged)
    return False


async def delete_topics(settings: Settings) -> None:
    """Delete the topics of a deployment."""
    async with topic_requests.admin(settings) as admin:
        names = [topic.named(settings.topic_prefix) for topic in topics.TOPICS]
        await admin.delete_topics(names)


async def caught_up(running: Projecting) -> None:
    """Wait until all that stood on the log is in the table."""
    await until(running.table, lambda: running.projection.caught_up)


@IN_A_FILE
async def test_a_file_damaged_while_it_is_projected_is_rebuilt(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 50)
    running = await project(settings)
    await shown(running.table, stories)
    await caught_up(running)
    damage(settings.data_dir / FILE_NAME)
    assert is_damaged(running.table)
    await eventually(lambda: running.table.store.damage is None)
    await shown(running.table, stories)
    assert (settings.data_dir / f"{FILE_NAME}.damaged").exists()


@IN_A_FILE
async def test_a_damage_that_a_standby_finds_is_mended_by_the_process_that_projects(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 5)
    running = await project(settings)
    await eventually(lambda: running.table.projected_here)  # before another one takes the lock
    standby = await project(settings)
    await shown(standby.table, stories)
    damage(settings.data_dir / FILE_NAME)
    assert is_damaged(standby.table)
    await eventually(lambda: standby.table.store.damage is None)
    assert running.table.projected_here
    stories += await publish_stories(settings, 5, 5)
    await shown(standby.table, stories)


@IN_A_FILE
async def test_a_file_deleted_while_it_is_projected_is_rebuilt(
    settings: Settings, project: Project
) -> None:
    stories = await publish_stories(settings, 0, 5)
    running = await project(settings)
    await shown(running.table, stories)
    for part in settings.data_dir.glob(FILE_NAME + "*"):
        part.unlink()
    await eventually(lambda: running.table.store.in_place)
    await shown(running.table, stories)


async def test_a_table_of_another_cluster_is_rebuilt(settings: Settings, project: Project) -> None:
    with (
        closing(opened(settings)) as table,
        closing(Writer(table.store, "another-cluster")) as writer,
    ):
        writer.write(Rows(), {PLACE: 0})
    stories = await publish_stories(settings, 0, 5)
    running = await project(settings)
    await shown(running.table, stories)
    assert PLACE not in running.table.position.offsets


async def test_a_table_of_topics_that_were_created_again_is_rebuilt(
    settings: Settings, project: Project
) -> None:
    old = await publish_stories(settings, 0, 20)
    running = await project(settings)
    await shown(running.table, old)
    await running.projection.stop()
    await delete_topics(settings)
    await topics.create(settings)
    new = await publish_stories(settings, 100, 5)
    running = await project(settings)
    await shown(running.table, new)
    assert len(rows(running.table.store)["executions"]) == 5


async def test_topics_created_again_while_they_are_projected_are_read_anew(
    settings: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENT_SECONDS", 1.0)
    old = await publish_stories(settings, 0, 20)
    running = await project(settings)
    await shown(running.table, old)
    await delete_topics(settings)
    await topics.create(settings)
    new = await publish_stories(settings, 100, 5)
    await shown(running.table, new)
    await until(running.table, lambda: len(rows(running.table.store)["executions"]) == 5)


async def test_what_retention_removed_before_it_was_read_is_left_out(
    settings: Settings, project: Project
) -> None:
    running = await project(settings)
    await caught_up(running)
    await running.projection.stop()
    removed = await publish_stories(settings, 0, 20)
    await remove_records(settings, -1)
    kept = await publish_stories(settings, 20, 5)
    running = await project(settings)
    await shown(running.table, kept)
    assert running.table.execution(removed[0].execution_id) is None


async def test_partitions_added_while_they_are_projected_are_read(
    settings: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_METADATA_SECONDS", 0.5)
    running = await project(settings)
    await caught_up(running)
    name = topics.EXECUTION_EVENTS.named(settings.topic_prefix)
    async with topic_requests.admin(settings) as admin:
        await admin.create_partitions({name: NewPartitions(settings.partitions + 6)})
    stories = await publish_stories(settings, 0, 40)
    await shown(running.table, stories)
    read = [place for place in running.table.position.offsets if place.topic == name]
    assert len(read) == settings.partitions + 6


async def test_topics_that_are_not_there_yet_are_waited_for(
    settings: Settings, project: Project
) -> None:
    later = settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}later."})
    running = await project(later)
    await topics.create(later)
    stories = await publish_stories(later, 0, 2)
    await shown(running.table, stories)


async def test_while_the_broker_is_away_the_table_is_read_and_afterwards_goes_on(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENT_SECONDS", 1.0)
    broker = EmbeddedBroker(tmp_path / "broker", port=0)
    settings = load(broker=await broker.start(), data_dir=tmp_path, partitions=1, retention="0")
    port = int(broker.address.rpartition(":")[2])
    try:
        await topics.create(settings)
        await publish(settings, story("before").events)
        running = await project(settings)
        await shown(running.table, [story("before")])
        await broker.stop()
        await eventually(lambda: running.projection.lag is None)
        assert running.table.execution("before") == story("before").execution
        broker = EmbeddedBroker(tmp_path / "broker", port=port)
        await broker.start()
        await publish(settings, story("after").events)
        await shown(running.table, [story("before"), story("after")])
        assert running.projection.counts.doubles == 0
        await running.projection.stop()
    finally:
        await broker.stop()


@IN_A_FILE
async def test_who_takes_long_to_fold_does_not_take_the_broker_for_silent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_stories(settings, 0, 3)
    # As if any folding took longer than a broker may be silent, on a disk that is slow.
    monkeypatch.setattr(reading, "SILENT_SECONDS", 0.0)
    async with reading.reading(settings) as begun:
        begun.begin({})
        while not await begun.take():
            pass
        begun.check()
