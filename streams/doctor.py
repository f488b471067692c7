"""The doctor: looks at what a deployment needs, and says of each what is wrong and what to do.

It works on a topic of its own, which it makes and deletes, so that it disturbs nobody: a record is
written in a transaction, and read back. The clock of the broker is told by the time that it gives
to the record.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError

from streams import clients, topic_requests, topics
from streams.settings import Settings
from streams.table import opening
from streams.table.store import TableError
from streams.topic_requests import TopicError

PATIENCE_SECONDS = 15.0
SKEW_SECONDS_MAX = 5.0
AGE_SECONDS_MAX = 60.0
FREE_BYTES_MIN = 1 << 30


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ok: None when it could not be. todo: "" when all is well."""

    name: str
    ok: bool | None
    says: str
    todo: str = ""


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Yield what is found, one after another. Raises NoBrokerError and CertificateError."""
    broker = await broker_check(settings)
    yield broker
    if broker.ok:
        yield await topics_check(settings)
        for check in await transaction_checks(settings):
            yield check
    else:
        for name in ("topics", "transactions", "clock"):
            yield Check(name, None, "not looked at: no broker answers")
    yield await asyncio.to_thread(table_check, settings, datetime.now(UTC))
    yield disk_check(settings, shutil.disk_usage(_existing(settings)).free)


async def broker_check(settings: Settings) -> Check:
    """Tell whether a broker answers."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), topic_requests.admin(settings) as admin:
            cluster = await admin.describe_cluster()
    except (KafkaError, OSError, TimeoutError) as error:
        says = f"{settings.broker} does not answer: {type(error).__name__}"
        todo = "check PLAYBOOKS_BROKER, that it runs and can be reached, and PLAYBOOKS_KAFKA_…"
        return Check("broker", False, says, todo)
    return Check("broker", True, f"{settings.broker} answers, brokers: {len(cluster['brokers'])}")


async def topics_check(settings: Settings) -> Check:
    """Tell whether the topics are as the map says."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reports = await topics.describe(settings)
    except (KafkaError, TimeoutError) as error:
        todo = "allow this user to describe the cluster's topics and their configuration"
        return Check("topics", False, f"they cannot be read: {type(error).__name__}", todo)
    problems = [problem for report in reports for problem in report.problems]
    if not problems:
        return Check("topics", True, f"all {len(reports)} are as they must be")
    says = f"{len(problems)} problems: {problems[0]}"
    return Check("topics", False, says, "`playbooks topics describe` lists them all")


async def transaction_checks(settings: Settings) -> list[Check]:
    """Tell whether a record can be written in a transaction and read back, and the clocks agree."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), _own_topic(settings) as name:
            before = datetime.now(UTC)
            stamped_at = await _written(settings, name)
            after = datetime.now(UTC)
            await _read(settings, name)
    except (KafkaError, TopicError, TimeoutError) as error:
        says = f"a record could not be written and read: {error or type(error).__name__}"
        prefix = settings.topic_prefix
        todo = (
            f"allow this user topics {prefix}*, groups {prefix}playbooks-* (read) and "
            f"transactional ids {prefix}playbooks-* (write)"
        )
        unknown = Check("clock", None, "not looked at: no record could be written")
        return [Check("transactions", False, says, todo), unknown]
    written = Check("transactions", True, "a record was written in one, and read back")
    return [written, clock_check(before, stamped_at, after)]


def clock_check(before: datetime, stamped_at: datetime, after: datetime) -> Check:
    """Tell how far the clock of the broker is from the one here.

    stamped_at: what the broker said in between.
    """
    ahead = max((stamped_at - after).total_seconds(), 0.0)
    behind = max((before - stamped_at).total_seconds(), 0.0)
    skew_seconds = max(ahead, behind)
    says = f"the broker's clock and the one here differ by {skew_seconds:.1f} s"
    if skew_seconds <= SKEW_SECONDS_MAX:
        return Check("clock", True, says)
    todo = "let both follow NTP: delays, timeouts and schedules go by the worker's clock"
    return Check("clock", False, says, todo)


def table_check(settings: Settings, now: datetime) -> Check:
    """Tell how old the table is."""
    try:
        table = opening.found(settings)
    except TableError as error:
        return Check("table", False, str(error), "mend that, then start `playbooks api`")
    if table is None:
        where = settings.data_dir if settings.table is None else "the database"
        return Check("table", None, f"there is none in {where}")
    try:
        age_seconds = table.position.age_seconds(now)
    except TableError as error:
        return Check(
            "table", False, str(error), "start `playbooks api`: it is rebuilt from the log"
        )
    finally:
        table.close()
    if age_seconds is None:
        todo = "let `playbooks api` run until /readyz says ready"
        return Check("table", False, "it has never read all of the log", todo)
    says = f"it is {age_seconds:.0f} s old"
    if age_seconds <= AGE_SECONDS_MAX:
        return Check("table", True, says)
    todo = "start `playbooks up` or `playbooks api`; if it runs, its log says what holds it up"
    return Check("table", False, says, todo)


def disk_check(settings: Settings, free_bytes: int) -> Check:
    """Tell whether there is room where the data directory is."""
    says = f"{free_bytes / (1 << 30):.1f} GiB are free at {settings.data_dir}"
    if free_bytes >= FREE_BYTES_MIN:
        return Check("disk", True, says)
    todo = "make room, or move PLAYBOOKS_DATA_DIR: the broker and the table stop when it is full"
    return Check("disk", False, says, todo)


@asynccontextmanager
async def _own_topic(settings: Settings) -> AsyncIterator[str]:
    name = f"{settings.topic_prefix}playbooks-doctor-{uuid4().hex[:12]}"
    # The time of a record is then the broker's.
    config = {"message.timestamp.type": "LogAppendTime"}
    async with topic_requests.admin(settings) as admin:
        await topic_requests.create(admin, [NewTopic(name, 1, 1, topic_configs=config)])
        try:
            yield name
        finally:
            await admin.delete_topics([name])


async def _written(settings: Settings, name: str) -> datetime:
    """Write a record in a transaction; return the time that the broker gave it."""
    own = f"{settings.topic_prefix}playbooks-doctor-{settings.instance}"
    async with (
        clients.producer(settings, transactional_id=own) as producer,
        producer.transaction(),
    ):
        written = await producer.send_and_wait(name, b"written by the doctor", partition=0)
    return datetime.fromtimestamp(written.timestamp / 1_000, UTC)


async def _read(settings: Settings, name: str) -> None:
    consumer: AIOKafkaConsumer = clients.consumer(
        settings, group_id=f"{settings.topic_prefix}playbooks-doctor"
    )
    await consumer.start()
    try:
        place = TopicPartition(name, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        await consumer.getone(place)
        await consumer.commit({place: 1})
    finally:
        await clients.stop(consumer)


def _existing(settings: Settings) -> str:
    """Return the data directory, or what is there of the way to it."""
    return str(
        next(each for each in (settings.data_dir, *settings.data_dir.parents) if each.exists())
    )
