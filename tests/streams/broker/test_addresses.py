"""Where a broker is: only one that runs and answers is found."""

import socket
from pathlib import Path

import pytest

from streams.broker import addresses
from streams.broker.errors import PortError
from streams.broker.locks import DirectoryLock


def test_a_free_port_can_be_listened_on() -> None:
    port = addresses.free_port()
    addresses.check_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert addresses.free_port() != port


def test_a_port_that_may_not_be_used_is_told_with_the_reason() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(PortError, match="another program uses it"),
    ):
        addresses.check_free(taken.getsockname()[1])


def test_a_record_without_a_lock_is_of_a_broker_that_was_killed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        addresses.write(tmp_path, f"127.0.0.1:{other.getsockname()[1]}", 1)
        assert addresses.running_address(tmp_path) is None


async def test_a_broker_that_does_not_answer_is_not_found(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    await lock.acquire()
    addresses.write(tmp_path, f"127.0.0.1:{addresses.free_port()}", 1)
    assert addresses.running_address(tmp_path) is None
    lock.release()


async def test_a_broker_that_answers_is_found(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    await lock.acquire()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        addresses.write(tmp_path, address, 1)
        assert addresses.running_address(tmp_path) == address
    lock.release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"address": "a", "pid": "x"}'])
def test_a_damaged_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / addresses.FILE).write_text(text)
    assert addresses.recorded(tmp_path) is None
    assert addresses.running_address(tmp_path) is None
