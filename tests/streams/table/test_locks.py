"""Of all processes on a data directory, one projects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.table.locks import ProjectionLock
from tests.streams.table.processes import HOLDER, running, said

Locks = tuple[ProjectionLock, ProjectionLock]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The lock's file."""
    return tmp_path / "table.lock"


@pytest.fixture
def locks(path: Path) -> Iterator[Locks]:
    """Two who want the same lock."""
    locks = ProjectionLock(path), ProjectionLock(path)
    yield locks
    for lock in locks:
        lock.release()


def test_the_lock_is_held_once(locks: Locks) -> None:
    first, second = locks
    assert first.acquire()
    assert not second.acquire()


def test_a_released_lock_is_free(locks: Locks) -> None:
    first, second = locks
    first.acquire()
    first.release()
    assert second.acquire()


def test_releasing_what_is_not_held_does_nothing(locks: Locks) -> None:
    first, second = locks
    first.acquire()
    second.release()
    assert not second.acquire()


def test_another_process_does_not_get_a_lock_that_is_held(locks: Locks, path: Path) -> None:
    locks[0].acquire()
    with running(HOLDER, str(path)) as other:
        assert said(other) == "False"


def test_the_lock_falls_with_the_process_that_is_killed(locks: Locks, path: Path) -> None:
    with running(HOLDER, str(path)) as other:
        assert said(other) == "True"
        assert not locks[0].acquire()
        other.kill()
        other.wait()
        assert locks[0].acquire()
