"""Where somebody who follows the events has come to, in all partitions at once."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord

from schemas.messages import JsonObject

_TEXT = re.compile(r"\d{1,19}(\.\d{1,19}){0,9999}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as it stands on the log. said: its value, read."""

    partition: int
    offset: int
    value: bytes
    said: JsonObject

    @classmethod
    def of(cls, record: ConsumerRecord[Any, Any]) -> "LoggedEvent":
        """Return the event of a record; of one that is none, an event that says nothing."""
        value = record.value or b""
        try:
            said = orjson.loads(value)
        except orjson.JSONDecodeError:
            said = None
        return cls(record.partition, record.offset, value, said if isinstance(said, dict) else {})


class Position(tuple[int, ...]):
    """For each partition the offset that comes next. Its text goes to others, who send it back.

    A partition that it does not name begins at 0.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Return the position of a text. ValueError: it is none."""
        if _TEXT.fullmatch(text) is None:
            raise ValueError("is no position: send the id of an event that came, or 0")
        return cls(min(int(offset), 2**63 - 1) for offset in text.split("."))

    def __str__(self) -> str:
        """Return what ``parse`` reads."""
        return ".".join(map(str, self)) or "0"

    def padded(self, partitions: int) -> "Position":
        """Return the position over at least so many partitions."""
        return Position((*self, *(0,) * (partitions - len(self))))

    def after(self, event: LoggedEvent) -> "Position":
        """Return the position once ``event`` has been read."""
        wide, place = self.padded(event.partition + 1), event.partition
        return Position((*wide[:place], max(wide[place], event.offset + 1), *wide[place + 1 :]))

    def is_past(self, event: LoggedEvent) -> bool:
        """Tell whether ``event`` has been read."""
        return event.partition < len(self) and self[event.partition] > event.offset

    def is_behind(self, other: "Position") -> bool:
        """Tell whether in some partition something before ``other`` is still to be read."""
        wide = self.padded(len(other))
        return any(mine < theirs for mine, theirs in zip(wide, other, strict=False))

    def is_ahead(self, other: "Position") -> bool:
        """Tell whether in some partition it is past ``other``."""
        return other.is_behind(self)

    def within(self, ends: "Position") -> "Position":
        """Return the position with 0 where it is past the end: the log was made anew."""
        wide = self.padded(len(ends))
        return Position(0 if mine > end else mine for mine, end in zip(wide, ends, strict=False))
