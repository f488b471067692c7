"""Which action requests of a partition are done, told to Kafka in one committed offset.

Requests finish out of order, while a group commits one offset per partition: the first
unfinished one. What is finished beyond it goes into the metadata of the commit, as
ranges, so that after a crash only what was under way runs again.
"""

from collections.abc import Iterable

METADATA_BYTES = 4_000
"""Kafka keeps at most 4,096 bytes of metadata with a commit (offset.metadata.max.bytes)."""


class Acknowledgements:
    """The requests of one partition from ``position`` on; offsets are those of the topic."""

    def __init__(self, position: int, metadata: str = "") -> None:
        self.position = position
        self._end = position
        self._taken: set[int] = set()
        self._finished = {offset for offset in _offsets(metadata) if offset >= position}

    def take(self, offset: int) -> bool:
        """Note that a request was handed out; False: it is finished already, leave it."""
        self._end = max(self._end, offset + 1)
        if offset < self.position or offset in self._finished:
            return False
        self._taken.add(offset)
        return True

    def finish(self, offset: int) -> None:
        """Note that the result of a request is safely on its topic."""
        self._taken.discard(offset)
        self._finished.add(offset)

    def commit(self) -> tuple[int, str]:
        """Return the offset to commit and its metadata; what lies before it is let go."""
        # Offsets between those handed out belong to markers and aborted records.
        self.position = min(self._taken, default=self._end)
        self._finished = {offset for offset in self._finished if offset >= self.position}
        return self.position, _ranges(sorted(self._finished))


def _ranges(offsets: list[int]) -> str:
    """Spell offsets as ``10-14,17``; as many as fit, the lowest first."""
    spelled: list[str] = []
    length = 0
    for first, last in _runs(offsets):
        text = str(first) if first == last else f"{first}-{last}"
        length += len(text) + 1
        if length > METADATA_BYTES:
            break
        spelled.append(text)
    return ",".join(spelled)


def _runs(offsets: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for offset in offsets:
        if runs and runs[-1][1] == offset - 1:
            runs[-1] = (runs[-1][0], offset)
        else:
            runs.append((offset, offset))
    return runs


def _offsets(metadata: str) -> Iterable[int]:
    for text in filter(None, metadata.split(",")):
        first, _, last = text.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            yield from range(int(first), int(last or first) + 1)
