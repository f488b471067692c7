"""Kafka clients: every one is told where the brokers are and how to talk to them."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import ProducerFenced

from streams import clients, connections, topics
from streams.settings import Settings, load

CLUSTER = {"broker": "a:9092,b:9092", "instance": "host"}
SASL = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_sasl_username": "soc",
    "kafka_sasl_password": "hush",
}

MAKERS = [clients.consumer, clients.producer, clients.admin]


@pytest.fixture(autouse=True)
def _options_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the makers return what they would make a client with."""
    if "settings" in request.fixturenames:
        return
    for name in ("AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient"):
        monkeypatch.setattr(clients, name, _Options)
    monkeypatch.setattr(connections, "watch", lambda client: None)


class _Options(dict[str, Any]):
    """What a client would be made with."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(options, topics=topics)
        self._client = self.client = SimpleNamespace()


@pytest.mark.parametrize("make", MAKERS)
def test_no_client_is_made_without_a_broker(make: Callable[[Settings], Any]) -> None:
    with pytest.raises(clients.NoBrokerError, match=r"PLAYBOOKS_BROKER.*playbooks up"):
        make(load())


@pytest.mark.parametrize("make", MAKERS)
def test_every_client_is_told_where_and_how(make: Callable[[Settings], Any]) -> None:
    options = make(load(**CLUSTER, **SASL))
    assert options["bootstrap_servers"] == "a:9092,b:9092"
    assert options["client_id"] == "playbooks-host"
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["sasl_plain_username"] == "soc"
    assert options["sasl_plain_password"] == "hush"
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname


@pytest.mark.parametrize("make", MAKERS)
def test_plain_text_has_no_tls_and_no_password(make: Callable[[Settings], Any]) -> None:
    options = make(load(**CLUSTER))
    assert options["security_protocol"] == "PLAINTEXT"
    assert not [name for name in options if name.startswith(("ssl_", "sasl_"))]


def test_the_authorities_are_read_once() -> None:
    settings = load(**CLUSTER, **SASL)
    first, second = clients.producer(settings), clients.producer(settings)
    assert first["ssl_context"] is second["ssl_context"]


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = load(**CLUSTER, kafka_security_protocol="SSL", kafka_ssl_cafile=tmp_path / "ca.pem")
    with pytest.raises(clients.CertificateError, match=r"ca\.pem.*PLAYBOOKS_KAFKA_SSL_CAFILE"):
        clients.admin(settings)


def test_a_consumer_reads_what_is_committed_from_the_beginning_and_commits_by_hand() -> None:
    options = clients.consumer(load(**CLUSTER), "one", "two", fetch_max_wait_ms=20)
    assert options["topics"] == ("one", "two")
    assert options["isolation_level"] == "read_committed"
    assert options["auto_offset_reset"] == "earliest"
    assert options["enable_auto_commit"] is False
    assert options["fetch_max_wait_ms"] == 20


def test_a_producer_waits_for_all_replicas_and_doubles_nothing() -> None:
    options = clients.producer(load(**CLUSTER))
    assert options["acks"] == "all"
    assert options["enable_idempotence"] is True


def test_a_transactional_producer_is_left_to_its_transactions() -> None:
    options = clients.producer(load(**CLUSTER), transactional_id="id", linger_ms=5)
    assert "enable_idempotence" not in options
    assert options["linger_ms"] == 5


async def test_what_was_not_committed_is_not_read(settings: Settings) -> None:
    name = topics.FINDINGS.named(settings.topic_prefix)
    producer = clients.producer(settings, transactional_id=f"{settings.topic_prefix}test")
    async with producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"aborted", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(name, b"committed", partition=0)
    async with clients.consumer(settings, name) as consumer:
        assert (await consumer.getone()).value == b"committed"


async def test_a_second_producer_of_the_same_transactional_id_shuts_out_the_first(
    settings: Settings,
) -> None:
    name = topics.FINDINGS.named(settings.topic_prefix)
    first = clients.producer(settings, transactional_id=f"{settings.topic_prefix}test")
    second = clients.producer(settings, transactional_id=f"{settings.topic_prefix}test")
    async with first:
        await first.begin_transaction()
        await first.send_and_wait(name, b"of the first")
        async with second:
            with pytest.raises(ProducerFenced):
                await first.commit_transaction()


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.name)
async def test_a_record_as_large_as_the_topic_takes_goes_through(
    settings: Settings, topic: topics.Topic
) -> None:
    name = topic.named(settings.topic_prefix)
    value = bytes(topic.record_bytes_max - 1_000)
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(name, value, key=b"key")
    async with clients.consumer(settings, name) as consumer:
        assert (await consumer.getone()).value == value


class Interrupted:
    """A consumer that raises the cancellation of its own fetch, as aiokafka does."""

    def __init__(self) -> None:
        self._client = self
        self.closed = False

    async def stop(self) -> None:
        raise asyncio.CancelledError

    async def close(self) -> None:
        self.closed = True


async def test_who_was_cancelled_before_still_stops_a_consumer_to_the_end() -> None:
    consumer = Interrupted()

    async def run() -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await clients.stop(consumer)
            return True
        return False

    running = asyncio.create_task(run())
    await asyncio.sleep(0)
    running.cancel()
    assert await running
    assert consumer.closed
