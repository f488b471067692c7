"""Patterns: read once, then decided as often as a step asks."""

from dataclasses import dataclass
from functools import lru_cache

from engine.patterns.errors import PatternError
from engine.patterns.parsing import Parser
from engine.patterns.tree import Lookup, Part, Path
from schemas.problems import Problem


@dataclass(frozen=True, slots=True)
class Pattern:
    """A condition that was read.

    paths: every value it asks for, so that one can tell what it needs before it runs. The name
    of a variable is always ``__name__``, also where ``$$name$$`` or just ``name`` was written,
    and its path is what follows ``:value``.
    """

    part: Part
    paths: tuple[Path, ...]

    def holds(self, lookup: Lookup) -> bool:
        """Tell whether it holds of what ``lookup`` finds. Raises what ``lookup`` raises."""
        return self.part.holds(lookup)


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """Return the pattern that ``text`` is. Raises PatternError."""
    parser = Parser(text)
    return Pattern(parser.whole(), parser.paths)


def problems(text: str, pointer: str) -> list[Problem]:
    """Return what is wrong with a pattern that stands at ``pointer``."""
    try:
        compiled(text)
    except PatternError as error:
        return [Problem(pointer, str(error))]
    return []
