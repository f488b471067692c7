"""The requests of a transaction, in the two forms that brokers know.

The older form is aiokafka's: partitions and groups are added to a transaction before anything is
written to them. Since Kafka 4 they join with what is written first, and each transaction has an
epoch of its own, so that a request that was long on its way cannot end up in a later one.

Source: KIP-98; KIP-890, "Transactions Server-Side Defense"; Kafka protocol guide.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import EndTxnRequest, TxnOffsetCommitRequest
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactBytes,
    Int16,
    Int32,
    Int64,
    Schema,
)

from streams import features
from streams.flexible import NO_TAGS, TAGS, TEXT, Flexible

_FEATURE = "transaction.version"
_JOINING_LEVEL = 2


class Requests(NamedTuple):
    """How to write, to commit offsets and to end; all take what aiokafka's requests take.

    are_joining: nothing has to be added before it is written to, and the answer to the end of a
    transaction says the producer's id and epoch in the next one.
    """

    are_joining: bool
    produce: Callable[..., Any]
    commit_offsets: Callable[..., Any]
    end: Callable[..., Any]


async def known(client: AIOKafkaClient, node_id: int) -> Requests:
    """Return the requests that all brokers of the cluster know. Raises KafkaError."""
    level = await features.level(client, node_id, _FEATURE)
    return JOINING if level >= _JOINING_LEVEL else ADDED


def _of_partitions(*fields: Any) -> CompactArray:
    """Return what is said of partitions, by topic."""
    partitions = CompactArray(("partition", Int32), *fields, TAGS)
    return CompactArray(("topic", TEXT), ("partitions", partitions), TAGS)


_PRODUCE = Flexible(
    ProduceRequest.API_KEY,
    12,
    Schema(
        ("transactional_id", TEXT),
        ("required_acks", Int16),
        ("timeout", Int32),
        ("topics", _of_partitions(("records", CompactBytes))),
        TAGS,
    ),
    Schema(
        (
            "topics",
            _of_partitions(
                ("error_code", Int16),
                ("offset", Int64),
                ("timestamp", Int64),
                ("log_start_offset", Int64),
                ("record_errors", CompactArray(("index", Int32), ("message", TEXT), TAGS)),
                ("error_message", TEXT),
            ),
        ),
        ("throttle_time_ms", Int32),
        TAGS,
    ),
)

_COMMIT_OFFSETS = Flexible(
    TxnOffsetCommitRequest.API_KEY,
    5,
    Schema(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        ("topics", _of_partitions(("offset", Int64), ("leader_epoch", Int32), ("metadata", TEXT))),
        TAGS,
    ),
    Schema(("throttle_time_ms", Int32), ("topics", _of_partitions(("error_code", Int16))), TAGS),
)

_END = Flexible(
    EndTxnRequest.API_KEY,
    5,
    Schema(
        ("transactional_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("committed", Boolean),
        TAGS,
    ),
    Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        TAGS,
    ),
)


def _produce(*said: Any) -> Any:
    *common, topics = said
    records = [
        (topic, [(*each, NO_TAGS) for each in partitions], NO_TAGS) for topic, partitions in topics
    ]
    return _PRODUCE(*common, records, NO_TAGS)


def _commit_offsets(*said: Any) -> Any:
    *common, topics = said
    no_leader_epoch, no_generation, no_member, no_instance = -1, -1, "", None
    offsets = [
        (topic, [(*each, no_leader_epoch, text, NO_TAGS) for *each, text in partitions], NO_TAGS)
        for topic, partitions in topics
    ]
    # As no member of the group: it is the epoch that shuts out who was before.
    return _COMMIT_OFFSETS(*common, no_generation, no_member, no_instance, offsets, NO_TAGS)


def _end(*said: Any) -> Any:
    return _END(*said, NO_TAGS)


ADDED = Requests(False, ProduceRequest, TxnOffsetCommitRequest, EndTxnRequest)
JOINING = Requests(True, _produce, _commit_offsets, _end)
