"""Record batches as they are read: also where the name of a header is no UTF-8.

By Kafka's protocol it is; but brokers do not look, and clients in C send any bytes. aiokafka (0.14)
raises with such a record each time that it is read, so that whoever reads its partition stands
still for good, for one record of a stranger. Here such a name is read as far as it can be, with a
question mark for each byte that is none of ASCII, and the record is one like others.

Source: Kafka protocol guide, record batches (message format v2).
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

_BEFORE_LENGTH = struct.Struct(">qi")
"""Of a batch: the offset of its first record, and how many bytes follow."""


class ReadableRecords:
    """The record batches of an answer, in the place of aiokafka's ``MemoryRecords``."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = fetched
        self._records = MemoryRecords(fetched)
        self.has_next = self._records.has_next
        self.size_in_bytes = self._records.size_in_bytes

    def next_batch(self) -> Any:
        """Return the next one; None: there is none."""
        batch = self._records.next_batch()
        return None if batch is None else _Batch(batch, self._fetched)


class _Batch:
    """A batch of aiokafka, whose records can all be read."""

    def __init__(self, batch: Any, fetched: bytes) -> None:
        self._batch = batch
        self._fetched = fetched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        last = None
        try:
            for last in self._batch:
                yield last
        except (UnicodeDecodeError, CorruptRecordException) as error:
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
            for record in _mended(self._bytes()):
                if last is None or record.offset > last.offset:
                    yield record

    def _bytes(self) -> bytes:
        """Return the batch as it was fetched."""
        at = 0
        while True:
            first_offset, length = _BEFORE_LENGTH.unpack_from(self._fetched, at)
            end = at + _BEFORE_LENGTH.size + length
            if first_offset == self._batch.base_offset:
                return self._fetched[at:end]
            at = end


def _mended(batch: bytes) -> Iterator[Any]:
    """Return the records of a batch, the names of their headers in ASCII where they are no text."""
    records = _DefaultRecordBatchPy(batch)
    records._maybe_uncompress()
    buffer, at = records._buffer, records._pos
    for _ in range(records._num_records):
        length, at = decode_varint(buffer, at)
        _mend(buffer, at)
        at += length
    return iter(records)


def _mend(buffer: bytearray, at: int) -> None:
    """Make the names of the headers of the record at a place readable; no byte is moved."""
    for _ in ("attributes", "timestamp", "offset"):
        _, at = decode_varint(buffer, at)
    for _ in ("key", "value"):
        length, at = decode_varint(buffer, at)
        at += max(length, 0)  # -1: it is null
    count, at = decode_varint(buffer, at)
    for _ in range(count):
        length, at = decode_varint(buffer, at)
        buffer[at : at + length] = _readable(buffer[at : at + length])
        length, at = decode_varint(buffer, at + length)
        at += max(length, 0)


def _readable(name: bytearray) -> bytes:
    try:
        name.decode()
    except UnicodeDecodeError:
        return bytes(each if each < 0x80 else ord("?") for each in name)
    return bytes(name)
