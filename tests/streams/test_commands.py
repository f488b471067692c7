"""Commands and findings are sent to where their readers look, or it is said that they are not."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import orjson
import pytest

from schemas.commands import CancelExecution
from schemas.findings import Finding
from streams import commands, logs, topics
from streams.commands import BrokerAway, CommandPublisher
from streams.findings import partition_key
from streams.publishing import partition_of
from streams.settings import Settings, load
from tests.examples import FINDING


def cancel(execution_id: str = "pexec-1") -> CancelExecution:
    at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    return CancelExecution(id="command-1", execution_id=execution_id, at=at, by="alice")


async def test_a_command_stands_where_the_owner_of_its_execution_reads(settings: Settings) -> None:
    async with CommandPublisher(settings) as publisher:
        await publisher.send(cancel())
    name = topics.EXECUTION_COMMANDS.named(settings.topic_prefix)
    [record] = [r async for r in logs.history(settings, name, range(settings.partitions))]
    assert record.key == b"pexec-1"
    assert record.partition == partition_of(b"pexec-1", settings.partitions)
    assert orjson.loads(record.value)["type"] == "CancelExecution"


async def test_findings_on_one_asset_stay_in_order(settings: Settings) -> None:
    findings = [
        Finding.model_validate_json(orjson.dumps(FINDING | {"id": f"evt-{number}"}))
        for number in range(50)
    ]
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with CommandPublisher(settings) as publisher:
        await publisher.send_findings(findings, trace)
    name = topics.FINDINGS.named(settings.topic_prefix)
    records = [r async for r in logs.history(settings, name, range(settings.partitions))]
    assert {record.key for record in records} == {b"a-1001"}
    assert [orjson.loads(record.value)["id"] for record in records] == [f.id for f in findings]
    assert ("traceparent", trace.encode()) in records[0].headers


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"asset": {"id": "a-1"}, "finding_id": "f-1"}, b"a-1"),
        ({"asset_id": "a-2", "finding_id": "f-1"}, b"a-2"),
        ({"asset": "web", "finding_id": "f-1"}, b"f-1"),
        ({"asset": {"id": None}, "finding_id": 7}, b"7"),
        ({}, b"evt-1"),
    ],
)
def test_the_key_of_a_finding_is_its_asset_or_else_its_own(
    data: dict[str, object], key: bytes
) -> None:
    assert partition_key(Finding(id="evt-1", event="finding.new", data=data)) == key


async def test_a_refused_connection_is_told_at_once() -> None:
    async with CommandPublisher(load(broker="127.0.0.1:9")) as publisher:
        with pytest.raises(BrokerAway, match=r"127\.0\.0\.1:9 does not answer .*PLAYBOOKS_BROKER"):
            await publisher.send(cancel())
        assert not await publisher.reaches_broker()


async def test_a_broker_that_never_answers_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commands, "PATIENCE_SECONDS", 0.2)

    opened: list[asyncio.StreamWriter] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    host, port = silent.sockets[0].getsockname()
    async with silent, CommandPublisher(load(broker=f"{host}:{port}")) as publisher:
        with pytest.raises(BrokerAway, match="not within"):
            await publisher.send(cancel())
    for writer in opened:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
