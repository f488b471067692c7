"""What comes next in a partition: the committed records of one, fetched when they are wanted.

aiokafka's own consumer has one fetch at a time for all partitions of a broker, and none while
records of any wait to be taken: a partition waits for the others, and finds in its hand what there
was when it took the batch before. Here each asks by itself, when its batch before is done, and so
finds all that has come meanwhile; if there is nothing, the broker answers as soon as something is.
Of aiokafka the request and the reading of record batches are used.

Source: Kafka protocol guide, Fetch; KIP-98 on reading committed records.
"""

import time
from itertools import islice
from typing import Any, TypeAlias

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import LeaderNotAvailableError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import ConsumerRecord

from streams.readable import ReadableRecords
from streams.rounds import Rounds

_VERSION_REPLICAS = 11
"""From this version of the answer on, the replica to read from stands before the records."""

Record: TypeAlias = ConsumerRecord[Any, Any]


class Fetches:
    """Reads a partition from some offset on. Its client has nothing else to do meanwhile."""

    def __init__(self, client: AIOKafkaClient, place: TopicPartition, bytes_max: int) -> None:
        """bytes_max: of one answer; a record batch that is larger comes alone."""
        self.end = 0
        """Where the partition ends, as of the latest answer."""
        self._rounds = Rounds(client)
        self._client = client
        self._place = place
        self._bytes_max = bytes_max
        self._fetched = self._records(0, b"", [])

    @property
    def position(self) -> int:
        """The offset that is read next."""
        position: int = self._fetched.next_fetch_offset
        return position

    def seek(self, position: int) -> None:
        """Go on from an offset, with what is fetched from now on."""
        self._fetched = self._records(position, b"", [])

    async def take(self, records_max: int, wait_seconds: float) -> list[Record]:
        """Return what comes next, in order; nothing if nothing has come in this time.

        Raises KafkaError; OffsetOutOfRangeError: the log no longer has the position.
        """
        until = time.monotonic() + wait_seconds
        left_seconds = wait_seconds
        while not (records := self._next(records_max)):
            if left_seconds < 0:
                break
            # What was fetched may have been markers of transactions, or records that were aborted.
            self._fetched = await self._fetch(left_seconds)
            left_seconds = until - time.monotonic()
        return records

    def _next(self, records_max: int) -> list[Record]:
        records = list(islice(self._fetched, records_max))
        if len(records) < records_max:
            self.seek(self.position)  # read to its end, it must not be asked again
        return records

    async def _fetch(self, wait_seconds: float) -> PartitionRecords:
        topic, partition = self._place
        await self._client._wait_on_metadata(topic)
        leader = self._client.cluster.leader_for_partition(self._place)
        if leader is None or leader < 0:
            raise LeaderNotAvailableError(f"{topic}[{partition}] has no leader now")
        position = self.position
        asked = [(topic, [(partition, position, self._bytes_max)])]
        wait_milliseconds = int(wait_seconds * 1_000)
        request = FetchRequest(wait_milliseconds, 1, self._bytes_max, READ_COMMITTED, asked)
        answer = await self._rounds.ask(leader, request)
        ((_, ((_, _, self.end, *said),)),) = answer.topics
        aborted = said[-3] if answer.API_VERSION >= _VERSION_REPLICAS else said[-2]
        return self._records(position, said[-1] or b"", aborted)

    def _records(self, position: int, fetched: bytes, aborted: Any) -> PartitionRecords:
        """Return what reads the committed records of an answer, and knows how far it is."""
        records = ReadableRecords(fetched)
        return PartitionRecords(
            self._place, records, aborted, position, None, None, True, READ_COMMITTED
        )
