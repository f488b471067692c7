"""Kafka clients as this product uses them: where the brokers are, how to talk to them, defaults.

Every consumer, producer and admin client is made here, so that the security settings reach
each one. They are not started.
"""

import asyncio
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import fetcher
from aiokafka.helpers import create_ssl_context

from streams import connections
from streams.readable import ReadableRecords
from streams.settings import Settings

# What any consumer fetches is read so; there is no other place at which to say it.
fetcher.MemoryRecords = ReadableRecords

RECORD_BYTES_MAX = 8 << 20
"""The largest record that any topic takes (``streams/topics.py``)."""

FETCH_BYTES = 4 << 20
"""Of one partition, in one answer of a broker."""

_BATCH_BYTES = 1 << 20
_OVERHEAD_BYTES = 64 << 10
"""Key, headers and framing of a record that is itself as large as can be."""


class NoBrokerError(RuntimeError):
    """Nobody said where the brokers are."""

    def __init__(self) -> None:
        super().__init__(
            "no Kafka broker is known: set PLAYBOOKS_BROKER to host:port, "
            "or start one with `playbooks up`"
        )


class CertificateError(ValueError):
    """The TLS files cannot be used."""

    def __init__(self, files: list[Path], reason: Exception) -> None:
        names = ", ".join(str(file) for file in files)
        super().__init__(
            f"the TLS files {names} cannot be used: {reason}; check PLAYBOOKS_KAFKA_SSL_CAFILE, "
            "…_CERTFILE, …_KEYFILE and …_PASSWORD"
        )


def consumer(settings: Settings, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """Return a consumer of committed records, from the beginning unless a group says otherwise.

    topics: full names. options: aiokafka's, standing above the defaults.
    Raises NoBrokerError and CertificateError.
    """
    defaults: dict[str, Any] = {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        # A larger record is fetched all the same, alone.
        "max_partition_fetch_bytes": FETCH_BYTES,
    }
    consumer = AIOKafkaConsumer(*topics, **_connection(settings), **(defaults | options))
    connections.watch(consumer._client)
    return consumer


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, also while its broker is away.

    aiokafka (0.14) then raises the cancellation of its own fetch in whoever stops it, who
    would take it for theirs, and leaves the connections open.
    """
    task = asyncio.current_task()
    # Who stops because of SIGTERM has been cancelled before: that one is not to come again.
    asked = 0 if task is None else task.cancelling()
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()
        if task is not None and task.cancelling() > asked:
            raise


def producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """Return a producer that never loses and never doubles a record it has acknowledged.

    options: aiokafka's, standing above the defaults; with a ``transactional_id`` it is idempotent
    by itself. Raises NoBrokerError and CertificateError.
    """
    defaults: dict[str, Any] = {
        "acks": "all",
        "max_batch_size": _BATCH_BYTES,
        "max_request_size": RECORD_BYTES_MAX + _OVERHEAD_BYTES,
    }
    if options.get("transactional_id") is None:
        defaults["enable_idempotence"] = True
    producer = AIOKafkaProducer(**_connection(settings), **(defaults | options))
    connections.watch(producer.client)
    return producer


def client(settings: Settings) -> AIOKafkaClient:
    """Return a client that sends requests as they are (``streams/producers.py``).

    Raises NoBrokerError and CertificateError.
    """
    client = AIOKafkaClient(**_connection(settings))
    connections.watch(client)
    return client


def admin(settings: Settings, **options: Any) -> AIOKafkaAdminClient:
    """Return an admin client; ``await start()`` and ``await close()`` are the caller's.

    Raises NoBrokerError and CertificateError.
    """
    admin = AIOKafkaAdminClient(**_connection(settings), **options)
    connections.watch(admin._client)
    return admin


def _connection(settings: Settings) -> dict[str, Any]:
    if settings.broker is None:
        raise NoBrokerError
    connection: dict[str, Any] = {
        "bootstrap_servers": settings.broker,
        "client_id": f"playbooks-{settings.instance}",
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        password = settings.kafka_ssl_password
        connection["ssl_context"] = _ssl_context(
            settings.kafka_ssl_cafile,
            settings.kafka_ssl_certfile,
            settings.kafka_ssl_keyfile,
            None if password is None else password.get_secret_value(),
        )
    if settings.kafka_security_protocol.startswith("SASL"):
        secret = settings.kafka_sasl_password
        connection |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": None if secret is None else secret.get_secret_value(),
        }
    return connection


# Reading the system's authorities takes some 30 ms, and there is a producer per partition.
@lru_cache(maxsize=8)
def _ssl_context(
    cafile: Path | None, certfile: Path | None, keyfile: Path | None, password: str | None
) -> ssl.SSLContext:
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=cafile, certfile=certfile, keyfile=keyfile, password=password
        )
    except OSError as error:
        files = [file for file in (cafile, certfile, keyfile) if file is not None]
        raise CertificateError(files, error) from error
    return context
