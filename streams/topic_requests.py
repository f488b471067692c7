"""What is asked of a cluster about topics, by their full names. For ``streams/topics.py``."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams import clients
from streams.settings import Settings
from streams.topic_reports import Places

_USABLE_SECONDS = 30.0
_POLL_SECONDS = 0.05


class TopicError(RuntimeError):
    """A topic could not be created, or is not led by any broker."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"topic {name} could not be created: {reason}; correct PLAYBOOKS_PARTITIONS, "
            "PLAYBOOKS_REPLICATION_FACTOR or the permissions and run `playbooks topics create`"
        )


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give an admin client that is connected. Raises KafkaError when no broker answers."""
    client = clients.admin(settings)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def partitions(admin: AIOKafkaAdminClient) -> dict[str, Places]:
    """Return the partitions of every topic of the cluster.

    Asking for some by name would make the missing ones on a cluster that creates topics by itself.
    """
    return {found["topic"]: found["partitions"] for found in await admin.describe_topics()}


async def configs(admin: AIOKafkaAdminClient, names: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the configuration of each topic."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for response in await admin.describe_configs(resources):
        for _code, _message, _type, name, entries in response.resources:
            found[name] = {setting: value for setting, value, *_ in entries}
    return found


async def create(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> list[str]:
    """Create topics, wait until they can be used, and return the names of those created.

    One that exists by now is none of them, and no error: another process was first.
    Raises TopicError.
    """
    if not topics:
        return []
    response = await admin.create_topics(list(topics))
    created = []
    for name, code, *message in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != TopicAlreadyExistsError.errno:
            raise TopicError(name, _reason(code, message))
    await _usable(admin, [topic.name for topic in topics])
    return created


def _reason(code: int, message: Sequence[Any]) -> str:
    said = "".join(str(part) for part in message if part)
    return said.rstrip(".") or for_code(code).__name__


async def _usable(admin: AIOKafkaAdminClient, names: Collection[str]) -> None:
    """Wait until every partition has a leader."""
    waiting = set(names)
    try:
        async with asyncio.timeout(_USABLE_SECONDS):
            while True:
                for name, places in (await partitions(admin)).items():
                    if places and all(place["leader"] >= 0 for place in places):
                        waiting.discard(name)
                if not waiting:
                    return
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        reason = f"it has partitions that no broker leads after {_USABLE_SECONDS:.0f} seconds"
        raise TopicError(min(waiting), reason) from None
