"""Texts that are looked for in other texts, many at once.

A text is searched once, however many needles there are: each needle is kept under four
letters of it that few others share, and only those whose letters occur are looked for.
"""

from typing import Final, Generic, TypeVar

T = TypeVar("T")

_LETTERS: Final = 4
_FEW: Final = 8
"""So many needles are looked for one by one: that is cheaper than taking a text apart."""


class Needles(Generic[T]):
    """Needles, and what is kept under each of them. All are casefolded."""

    def __init__(self) -> None:
        self._kept: dict[str, T] = {}
        self._short: list[str] = []
        self._under: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, needle: str) -> T | None:
        """Return what is kept under a needle."""
        return self._kept.get(needle)

    def put(self, needle: str, kept: T) -> None:
        """Keep something under a needle that is not there yet."""
        self._kept[needle] = kept
        if len(needle) < _LETTERS:
            self._short.append(needle)
            return
        under = self._under
        fewest = min(_parts(needle), key=lambda part: (len(under.get(part, ())), part))
        under.setdefault(fewest, []).append(needle)

    def found(self, text: str) -> list[T]:
        """Return what is kept under the needles that occur in ``text``, which is casefolded."""
        if len(self._kept) <= _FEW:
            return [kept for needle, kept in self._kept.items() if needle in text]
        found = [self._kept[needle] for needle in self._short if needle in text]
        # Over the smaller of the two: a novel is not taken apart for a few needles.
        parts = self._under.keys()
        if len(parts) < len(text):
            occurring = [part for part in parts if part in text]
        else:
            occurring = list(_parts(text) & parts)
        for part in occurring:
            found += [self._kept[needle] for needle in self._under[part] if needle in text]
        return found


def _parts(text: str) -> set[str]:
    return {text[at : at + _LETTERS] for at in range(len(text) - _LETTERS + 1)}
