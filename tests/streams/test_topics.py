"""The topics on a cluster: created once with their policies, compared, never altered."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.admin import NewTopic

from streams import clients, topic_reports, topic_requests, topics
from streams.settings import Settings, load
from streams.topic_reports import TopicReport
from streams.topic_requests import TopicError


@pytest.fixture
def elsewhere(settings: Settings) -> Settings:
    """A deployment that has no topics yet."""
    return settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}new."})


async def report(settings: Settings, topic: topics.Topic) -> TopicReport:
    by_name = {found.name: found for found in await topics.describe(settings)}
    return by_name[topic.named(settings.topic_prefix)]


async def make(settings: Settings, topic: topics.Topic, partitions: int, **config: str) -> None:
    admin = clients.admin(settings)
    await admin.start()
    try:
        name = topic.named(settings.topic_prefix)
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config)])
        # A topic is created before every answer tells of it; the test's time limit ends this.
        while name not in await topic_requests.partitions(admin):
            pass
    finally:
        await admin.close()


def test_all_topics_keyed_by_execution_have_the_number_of_partitions_of_the_settings() -> None:
    assert all(topic.partitions is None for topic in topics.TOPICS if topic.key == "execution id")


def test_events_are_kept_for_a_month_and_their_segments_are_closed_daily() -> None:
    config = topics.EXECUTION_EVENTS.config(1)
    assert config["cleanup.policy"] == "delete"
    assert config["retention.ms"] == str(30 * 24 * 3_600_000)
    assert config["segment.ms"] == str(24 * 3_600_000)


@pytest.mark.parametrize("topic", [topics.PLAYBOOKS, topics.EXECUTION_SNAPSHOTS])
def test_state_is_compacted(topic: topics.Topic) -> None:
    assert topic.config(1)["cleanup.policy"] == "compact"


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_with_three_replicas_two_must_have_a_record(replicas: int, in_sync: str) -> None:
    assert topics.EXECUTION_EVENTS.config(replicas)["min.insync.replicas"] == in_sync


async def test_topics_are_created_as_the_map_says(elsewhere: Settings) -> None:
    created = await topics.create(elsewhere)
    assert created == [topic.named(elsewhere.topic_prefix) for topic in topics.TOPICS]
    for found in await topics.describe(elsewhere):
        assert found.exists
        assert found.differences == {}
        assert found.problems == []
    assert (await report(elsewhere, topics.PLAYBOOKS)).partitions == 1
    assert (await report(elsewhere, topics.FINDINGS)).partitions == elsewhere.partitions


async def test_what_exists_is_not_created_again(settings: Settings) -> None:
    assert await topics.create(settings) == []


async def test_several_processes_may_create_at_once(elsewhere: Settings) -> None:
    created = await asyncio.gather(*(topics.create(elsewhere) for _ in range(4)))
    assert sorted(name for names in created for name in names) == sorted(
        topic.named(elsewhere.topic_prefix) for topic in topics.TOPICS
    )


async def test_a_topic_that_is_missed_gets_as_many_partitions_as_its_like(
    elsewhere: Settings,
) -> None:
    await make(elsewhere, topics.EXECUTION_COMMANDS, 3)
    await topics.create(elsewhere)
    assert (await report(elsewhere, topics.EXECUTION_EVENTS)).partitions == 3
    assert (await report(elsewhere, topics.FINDINGS)).partitions == elsewhere.partitions


async def test_what_exists_is_left_as_it_is_and_told(elsewhere: Settings) -> None:
    config = {"cleanup.policy": "delete", "max.message.bytes": "1000"}
    await make(elsewhere, topics.EXECUTION_SNAPSHOTS, elsewhere.partitions, **config)
    await topics.create(elsewhere)
    found = await report(elsewhere, topics.EXECUTION_SNAPSHOTS)
    assert found.differences["cleanup.policy"] == ("compact", "delete")
    assert found.differences["max.message.bytes"] == (str(8 << 20), "1000")
    assert found.problems == [
        f"{found.name} has cleanup.policy=delete and so loses its state: set it to compact",
        f"{found.name} refuses records over 1000 bytes, which do occur: "
        f"raise max.message.bytes to {8 << 20}",
    ]


async def test_a_longer_retention_is_a_difference_and_no_problem(elsewhere: Settings) -> None:
    kept = topics.EXECUTION_EVENTS.config(1) | {"retention.ms": "-1"}
    await make(elsewhere, topics.EXECUTION_EVENTS, elsewhere.partitions, **kept)
    found = await report(elsewhere, topics.EXECUTION_EVENTS)
    assert found.differences == {"retention.ms": (str(30 * 24 * 3_600_000), "-1")}
    assert found.problems == []


async def test_missing_topics_are_told_and_not_made_by_asking(elsewhere: Settings) -> None:
    for _ in range(2):
        for found in await topics.describe(elsewhere):
            assert not found.exists
            assert found.problems == [f"{found.name} does not exist: run `playbooks topics create`"]


async def test_execution_topics_of_different_partitions_are_told(elsewhere: Settings) -> None:
    commands = topics.EXECUTION_COMMANDS.named(elsewhere.topic_prefix)
    await make(elsewhere, topics.EXECUTION_COMMANDS, 4, **topics.EXECUTION_COMMANDS.config(1))
    await make(elsewhere, topics.EXECUTION_EVENTS, 8, **topics.EXECUTION_EVENTS.config(1))
    found = await report(elsewhere, topics.EXECUTION_EVENTS)
    [problem] = found.problems
    assert problem.startswith(f"{found.name} has 8 partitions but {commands} has 4: ")
    assert (await report(elsewhere, topics.EXECUTION_COMMANDS)).problems == []


async def test_playbooks_on_several_partitions_are_told(elsewhere: Settings) -> None:
    await make(elsewhere, topics.PLAYBOOKS, 2, **topics.PLAYBOOKS.config(1))
    found = await report(elsewhere, topics.PLAYBOOKS)
    assert found.problems == [
        f"{found.name} has 2 partitions but must have 1: "
        "delete it and run `playbooks topics create`"
    ]


async def test_more_replicas_than_brokers_are_refused_in_words(elsewhere: Settings) -> None:
    greedy = elsewhere.model_copy(update={"replication_factor": 3})
    with pytest.raises(TopicError) as refused:
        await topics.create(greedy)
    assert "PLAYBOOKS_REPLICATION_FACTOR" in str(refused.value)
    assert "replica" in str(refused.value).lower()


def test_a_partition_without_a_leader_is_a_problem() -> None:
    places = [
        {"partition": 0, "leader": 1, "replicas": [1]},
        {"partition": 1, "leader": -1, "replicas": [1]},
    ]
    found = topic_reports.found("events", places, (2, 1), {}, {}, [])
    assert found.problems == ["events has no leader for partition 1: check the brokers"]


async def test_topics_cannot_be_asked_for_without_a_broker() -> None:
    with pytest.raises(clients.NoBrokerError):
        await topics.create(load())


def test_names_are_prefixed() -> None:
    assert replace(topics.FINDINGS, name="x").named("soc.") == "soc.x"
