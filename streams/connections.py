"""Connections that are lost: what aiokafka (0.14) does not see of it, told so that it goes on.

Where asyncio lets a write to a connection that has just been closed pass in silence, uvloop raises
a RuntimeError, which aiokafka takes for nothing that it knows. Whoever waits for a KafkaError then
ends for good, and with them what they did for others:

    send        who asked fails with something that nobody asks again after
    metadata    the task that reads where the partitions are ends, and everyone who has it read
                them waits without end: for the group's coordinator, for the leader of a partition
    bootstrap   a client that is started fails as if it were wrong, not its broker away
    connect     the task that keeps a member in its group ends, and nobody joins it again
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import structlog
from aiokafka import errors
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code
from aiokafka.protocol.group import HeartbeatRequest

log = structlog.get_logger(__name__)

_KNOWN_OF_HEARTBEATS = frozenset(
    {
        errors.NoError,
        errors.GroupCoordinatorNotAvailableError,
        errors.NotCoordinatorForGroupError,
        errors.RebalanceInProgressError,
        errors.IllegalGenerationError,
        errors.UnknownMemberIdError,
    }
)
"""What aiokafka knows what to do about, other than to end: permissions may be given back."""

Call = Callable[..., Awaitable[Any]]


def watch(client: AIOKafkaClient) -> None:
    """Have a client tell of a connection that has just been closed as of any other that is lost.

    And as of a request that got no answer of a heartbeat that a broker answers with an error of
    its own: aiokafka would send no further one, never join again, and fail with every read.
    """
    client.send = partial(_sent, client.send)
    client.bootstrap = partial(_bootstrapped, client.bootstrap)
    client._metadata_update = partial(_updated, client._metadata_update)
    client._get_conn = partial(_connected, client, client._get_conn)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell of a write to a closed connection as of a lost one. Raises KafkaConnectionError."""
    try:
        yield
    except KafkaError:
        raise
    except RuntimeError as error:
        raise KafkaConnectionError(f"{what}: {error}") from error


async def _sent(send: Call, node_id: int, *request: Any, **of: Any) -> Any:
    with _told(f"the connection to broker {node_id}"):
        answer = await send(node_id, *request, **of)
    if getattr(answer, "API_KEY", None) == HeartbeatRequest.API_KEY:
        error_type = for_code(answer.error_code)
        if error_type not in _KNOWN_OF_HEARTBEATS:
            raise error_type(f"broker {node_id} cannot say whether this is a member of its group")
    return answer


async def _bootstrapped(bootstrap: Call) -> None:
    with _told("the first connection to a broker"):
        await bootstrap()


async def _updated(update: Call, *of: Any) -> bool:
    """Read where the partitions are; tell whether that worked. Who needs it asks again."""
    try:
        updated: bool = await update(*of)
    except Exception as error:
        # Whatever it is: it would end the one task that reads them.
        log.warning("what the brokers have cannot be read now", error=repr(error))
        return False
    return updated


async def _connected(client: AIOKafkaClient, connect: Call, *node: Any, **of: Any) -> Any:
    """Return a connection to a broker; None: there is none now, as aiokafka says it."""
    try:
        with _told("the connection that is made"):
            return await connect(*node, **of)
    except KafkaConnectionError as error:
        log.info("a broker was lost while it was connected to", error=repr(error))
        client.force_metadata_update()
        return None
