"""Which action requests of a partition are done, told to Kafka in one committed offset.

Requests finish out of order, while a group commits one offset per partition: the first
unfinished one. What else is unfinished goes into the metadata of the commit, and which of
those have begun: so after a crash exactly what was under way comes again, and whoever takes
over knows of each call whether it may have been made.
"""

from collections.abc import Iterable
from typing import Any

import orjson

METADATA_BYTES = 4_000
"""Kafka keeps at most 4,096 bytes of metadata with a commit (offset.metadata.max.bytes)."""

OPEN_MAX = 300
"""Unfinished requests of one partition: as many as the metadata has room for, each by itself."""


class Acknowledgements:
    """The requests of one partition from ``position`` on; offsets are those of the topic.

    owner: who commits from now on. before: who committed last, empty when nobody did.
    """

    def __init__(self, position: int, metadata: str = "", owner: str = "") -> None:
        said = _read(metadata)
        self.position = position
        self.owner = owner
        self.before: str = said["by"]
        self._begun = {position + each for each in _numbers(said["begun"])}
        self._open = {position + each for each in _numbers(said["open"])} | self._begun
        self._end = self._restored_end = position + int(said["end"])
        self._awaited = set(self._open)

    @property
    def is_full(self) -> bool:
        """Tell whether no further request may be taken before one is finished."""
        return len(self._open) >= OPEN_MAX

    def take(self, offset: int) -> bool:
        """Note that a request was handed out; False: it is finished already, leave it."""
        # Handed out in order: what was open before this one and did not come is no longer kept.
        gone = {each for each in self._awaited if each < offset}
        self._awaited -= gone | {offset}
        self._open -= gone
        self._begun -= gone
        if offset < self.position or (offset < self._restored_end and offset not in self._open):
            return False
        self._end = max(self._end, offset + 1)
        self._open.add(offset)
        return True

    def begin(self, offset: int) -> None:
        """Note that a call is about to be made that must not be made twice."""
        self._begun.add(offset)

    def has_begun(self, offset: int) -> bool:
        """Tell whether such a call may have been made, by this owner or one before."""
        return offset in self._begun

    def finish(self, offset: int) -> None:
        """Note that the result of a request is safely on its topic."""
        self._open.discard(offset)
        self._begun.discard(offset)

    def commit(self) -> tuple[int, str]:
        """Return the offset to commit and its metadata; what lies before it is let go."""
        # Offsets between those handed out belong to markers and aborted records.
        self.position = min(self._open, default=self._end)
        if not self._begun and len(self._open) == self._end - self.position:
            return self.position, ""
        said = {
            "by": self.owner,
            "end": self._end - self.position,
            "open": self._ranges(self._open - self._begun),
            "begun": self._ranges(self._begun),
        }
        return self.position, orjson.dumps(said).decode()

    def _ranges(self, offsets: set[int]) -> str:
        """Spell offsets, counted from the position, as ``0-4,7``."""
        runs = _runs(sorted(offset - self.position for offset in offsets))
        return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def taken_until(position: int, metadata: str) -> int:
    """Return the offset before which all requests have been taken, as a commit says."""
    return position + int(_read(metadata)["end"])


def _read(metadata: str) -> dict[str, Any]:
    """Return what a commit says; what somebody else wrote there says nothing."""
    nothing: dict[str, Any] = {"by": "", "end": 0, "open": "", "begun": ""}
    try:
        said = orjson.loads(metadata)
    except ValueError:
        return nothing
    return said if isinstance(said, dict) and said.keys() == nothing.keys() else nothing


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _numbers(ranges: str) -> Iterable[int]:
    for text in filter(None, ranges.split(",")):
        first, _, last = text.partition("-")
        yield from range(int(first), int(last or first) + 1)
