"""Problems: what is wrong with a document, and where. Reported all at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document.

    pointer: where, as a JSON pointer (RFC 6901); "" is the whole document.
    message: what is wrong and what to do about it.
    """

    pointer: str
    message: str


def below(pointer: str, *tokens: str | int) -> str:
    """Return the JSON pointer that leads from ``pointer`` on through ``tokens``."""
    for token in tokens:
        pointer += "/" + str(token).replace("~", "~0").replace("/", "~1")
    return pointer
