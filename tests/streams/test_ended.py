"""What has ended is remembered outside of memory, in order, and as it was."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.commands import CancelExecution
from schemas.executions import Ended, Status
from streams.actions.actions import Actions
from streams.batches import Batch
from streams.codecs import encode
from streams.ended import EndedExecutions, TemporaryFileError
from streams.executions import execution_agent
from streams.playbooks import PlaybookRegistry
from streams.settings import load
from streams.snapshots import PartitionExecutions
from tests.examples import NOON
from tests.streams.records import record

SECOND = timedelta(seconds=1)


@pytest.fixture
def ended() -> Iterator[EndedExecutions]:
    kept = EndedExecutions()
    yield kept
    kept.close()


def one(number: int, at: datetime | None = None) -> Ended:
    return Ended(f"pexec-{number}", Status.COMPLETED, at or NOON + number * SECOND)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_one_is_remembered_as_it_was(ended: EndedExecutions, status: Status) -> None:
    known = Ended("pexec-1", status, NOON + timedelta(microseconds=123_457))
    ended.remember([known])
    assert ended.get("pexec-1") == known


def test_one_that_has_not_ended_is_not_known(ended: EndedExecutions) -> None:
    ended.remember([one(1)])
    assert ended.get("pexec-2") is None


def test_those_that_ended_first_are_forgotten_first_and_told_in_order(
    ended: EndedExecutions,
) -> None:
    ended.remember(map(one, range(5)))
    assert ended.forget(NOON + 2 * SECOND, 100) == ["pexec-0", "pexec-1", "pexec-2"]
    assert [ended.get(f"pexec-{n}") is None for n in range(5)] == [True] * 3 + [False] * 2


def test_no_more_are_forgotten_than_asked_for(ended: EndedExecutions) -> None:
    ended.remember(map(one, range(5)))
    assert ended.forget(NOON + 9 * SECOND, 2) == ["pexec-0", "pexec-1"]
    assert ended.forget(NOON + 9 * SECOND, 2) == ["pexec-2", "pexec-3"]


def test_one_that_ended_late_holds_back_those_after_it(ended: EndedExecutions) -> None:
    ended.remember([one(0, NOON + 9 * SECOND), one(1)])
    assert ended.forget(NOON + 5 * SECOND, 100) == []


def test_of_one_that_is_told_twice_the_last_counts(ended: EndedExecutions) -> None:
    ended.remember([one(0), one(1)])
    ended.remember([one(0, NOON + 9 * SECOND)])
    assert ended.get("pexec-0") == one(0, NOON + 9 * SECOND)
    assert ended.forget(NOON + 5 * SECOND, 100) == ["pexec-1"]


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(
    ended: EndedExecutions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def execute(self, *_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        close = ended._file.close

    monkeypatch.setattr(ended, "_file", Full())
    with pytest.raises(TemporaryFileError, match=r"disk is full; make room .* SQLITE_TMPDIR"):
        ended.remember([one(1)])


async def test_a_command_is_not_parked_because_what_has_ended_cannot_be_looked_up() -> None:
    settings = load(broker="127.0.0.1:9092")
    state = PartitionExecutions(settings, 0)
    state.close()
    command = CancelExecution(id="one", execution_id="pexec-1", at=NOON)
    batch = Batch(0, [record(encode(command))], NOON, state)

    async def batches() -> AsyncIterator[Batch[PartitionExecutions]]:
        yield batch

    agent: Any = execution_agent(PlaybookRegistry(settings), Actions())
    await agent(batches())
    with pytest.raises(TemporaryFileError):
        await batch.handled()
    assert batch.emissions == []
