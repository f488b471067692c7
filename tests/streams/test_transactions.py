"""The membership of an agent in its group, on real Kafka."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.group import JoinGroupRequest
from structlog.testing import capture_logs

from streams import topics
from streams.batches import Batch
from streams.settings import Settings
from streams.transactions import TransactionalSource
from streams.triggers import Stateless
from tests.streams.refusals import refuse_once

REFUSALS = 2


class Member(TransactionalSource):
    """Tells what the group gives it."""

    given: asyncio.Queue[list[int]]

    def claim(self, partitions: set[TopicPartition]) -> None:
        super().claim(partitions)
        self.given.put_nowait(sorted(place.partition for place in partitions))


async def never(_: Batch[Any]) -> None:
    raise AssertionError("nothing is to be taken")


@pytest.fixture
async def member(settings: Settings) -> Member:
    await topics.create(settings)
    member = Member(
        settings,
        agent="triggers",
        topic_name=topics.FINDINGS.named(settings.topic_prefix),
        hand_over=never,
        open_state=lambda _: Stateless(),
        instance="a-worker",
    )
    member.given = asyncio.Queue()
    return member


@pytest.mark.parametrize("error", [errors.UnknownError, errors.GroupAuthorizationFailedError])
async def test_who_is_refused_by_its_group_says_so_and_joins_once_it_may(
    settings: Settings,
    member: Member,
    monkeypatch: pytest.MonkeyPatch,
    error: type[errors.BrokerResponseError],
) -> None:
    send = AIOKafkaClient.send
    refusals: list[type[errors.BrokerResponseError]] = []

    async def refusing(client: AIOKafkaClient, node_id: int, request: Any, **of: Any) -> Any:
        answer = await send(client, node_id, request, **of)
        if isinstance(request, JoinGroupRequest) and refusals:
            answer.error_code = refusals.pop().errno
        return answer

    monkeypatch.setattr(AIOKafkaClient, "send", refusing)
    with capture_logs() as logged:
        async with asyncio.timeout(60), member:
            assert await member.given.get() == list(range(settings.partitions))
            assert member._consumer is not None
            refusals += [error] * REFUSALS
            member._consumer._coordinator.request_rejoin()
            assert await member.given.get() == list(range(settings.partitions))
    assert not refusals
    [said] = [each for each in logged if each["event"] == "no member of its group"]
    assert said["group"] == member.group_id
    assert error.__name__ in said["error"]


async def test_who_may_not_ask_for_its_group_for_a_while_is_a_member_of_it_again_afterwards(
    settings: Settings, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = AIOKafkaClient.coordinator_lookup

    async def refusing(client: AIOKafkaClient, *said: Any) -> Any:
        assert member._consumer is not None
        beating = member._consumer._coordinator._heartbeat_task
        if client is member._consumer._client and not beating.done():
            raise errors.GroupAuthorizationFailedError
        return await lookup(client, *said)

    async with asyncio.timeout(60), member:
        assert await member.given.get() == list(range(settings.partitions))
        assert member._consumer is not None
        monkeypatch.setattr(AIOKafkaClient, "coordinator_lookup", refusing)
        member._consumer._coordinator.coordinator_dead()
        assert await member.given.get() == list(range(settings.partitions))


async def test_who_was_not_told_what_its_group_has_committed_asks_again(
    settings: Settings, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_once(monkeypatch, "_maybe_refresh_commit_offsets")
    async with asyncio.timeout(60), member:
        for _ in ("refused", "told"):
            assert await member.given.get() == list(range(settings.partitions))
