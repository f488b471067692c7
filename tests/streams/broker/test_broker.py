"""The embedded broker: it keeps what it was given, comes back, and never outlives its parent."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from streams import clients, topics
from streams.broker import addresses, broker, locks, storage
from streams.broker.errors import DirectoryInUseError, KafkaError, PortError
from streams.settings import load
from tests.streams.broker.processes import Embedded, kafka_pid, runs, until


async def put(address: str, value: bytes) -> None:
    settings = load(broker=address)
    await topics.create(settings)
    producer = clients.producer(settings, transactional_id="test")
    async with producer, producer.transaction():
        await producer.send_and_wait("findings", value, key=b"key")


async def kept(address: str) -> bytes:
    consumer = clients.consumer(load(broker=address), "findings", group_id="test")
    async with consumer, asyncio.timeout(20):
        value: bytes = (await consumer.getone()).value
        return value


async def test_what_was_written_is_there_after_a_restart(
    embedded: Embedded, tmp_path: Path
) -> None:
    first = embedded(tmp_path)
    await put(await first.start(), b"finding")
    await first.stop()
    assert addresses.running_address(tmp_path) is None
    assert await kept(await embedded(tmp_path).start()) == b"finding"


async def test_the_data_directory_may_have_any_name(lasting: tuple[Path, int]) -> None:
    data_dir, _ = lasting
    assert not data_dir.name.isascii()
    address, _ = addresses.recorded(data_dir) or ("", 0)
    await put(address, b"finding")
    assert await kept(address) == b"finding"


async def test_local_commands_find_it_while_it_runs(lasting: tuple[Path, int]) -> None:
    data_dir, _ = lasting
    address = addresses.running_address(data_dir)
    assert address is not None
    assert await topics.describe(load(broker=address))


async def test_a_second_start_on_the_same_directory_is_refused_in_words(
    embedded: Embedded, lasting: tuple[Path, int]
) -> None:
    data_dir, pid = lasting
    with pytest.raises(DirectoryInUseError) as refused:
        await embedded(data_dir).start()
    assert str(refused.value) == (
        f"process {pid} runs a broker on {data_dir} already: use that one, stop it first, "
        "or choose another directory by PLAYBOOKS_DATA_DIR"
    )
    assert runs(kafka_pid(data_dir))


async def test_no_kafka_is_left_when_its_parent_is_killed(
    embedded: Embedded, tmp_path: Path, parent: subprocess.Popen[str]
) -> None:
    pid = kafka_pid(tmp_path)
    assert runs(pid)
    parent.kill()
    await until(lambda: not runs(pid))
    await until(lambda: addresses.running_address(tmp_path) is None)


async def test_it_starts_again_at_once_when_the_last_one_was_killed(
    embedded: Embedded, tmp_path: Path, parent: subprocess.Popen[str]
) -> None:
    record = addresses.recorded(tmp_path)
    assert record is not None
    await put(record[0], b"finding")
    parent.kill()
    assert await kept(await embedded(tmp_path).start()) == b"finding"


async def test_a_killed_kafka_is_started_again_on_its_port(
    embedded: Embedded, tmp_path: Path
) -> None:
    broker = embedded(tmp_path)
    address = await broker.start()
    await put(address, b"finding")
    os.kill(kafka_pid(tmp_path), signal.SIGKILL)
    await until(lambda: not broker.ready)
    await until(lambda: broker.ready)
    assert broker.address == address
    assert await kept(address) == b"finding"
    assert addresses.running_address(tmp_path) == address
    assert not broker.failed.done()


async def test_five_failures_in_a_row_are_its_end(
    embedded: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "PAUSE_SECONDS", (0.3, 0.0, 0.0, 0.0))
    failing = embedded(tmp_path)
    await failing.start()
    os.kill(kafka_pid(tmp_path), signal.SIGKILL)
    await until(lambda: not failing.ready)
    # What keeps it from coming back: its port is taken meanwhile.
    host, port = failing.address.split(":")
    with socket.create_server((host, int(port))):
        error = await asyncio.wait_for(failing.failed, 20)
    assert isinstance(error, PortError)
    assert not failing.ready


async def test_a_taken_port_is_told_before_anything_else_is_done(
    embedded: Embedded, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError) as refused:
            await embedded(tmp_path, port=port).start()
    assert str(refused.value) == (
        f"port {port} of 127.0.0.1 cannot be used: another program uses it; "
        "set PLAYBOOKS_BROKER_PORT to a free port, or to 0 for any"
    )
    assert not storage.is_formatted(tmp_path)


async def test_a_start_that_is_given_up_leaves_nothing_running(
    embedded: Embedded, tmp_path: Path
) -> None:
    start = asyncio.create_task(embedded(tmp_path).start())
    log = storage.log_file(tmp_path)
    await until(lambda: log.exists() and log.stat().st_size > 0)
    start.cancel()
    await asyncio.wait({start})
    assert start.cancelled()
    # Kafka holds the lock as long as it runs.
    assert not locks.is_held(tmp_path)


async def test_a_kafka_that_ends_at_once_is_told_with_what_it_said(
    embedded: Embedded, tmp_path: Path
) -> None:
    storage.prepare(tmp_path)
    (storage.home(tmp_path) / "data").mkdir()
    (storage.home(tmp_path) / "data" / "meta.properties").write_text("version=7\n")
    with pytest.raises(KafkaError, match=r"ended with code 1; .*broker\.log says:") as ended:
        await embedded(tmp_path).start()
    assert "No readable meta.properties files found" in str(ended.value)
