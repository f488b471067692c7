"""Redaction: values of secrets, turned back into their names in whatever leaves a call.

A remote side may echo what it was sent: an answer that quotes the header, an error that
quotes the URL. What was resolved for the call is therefore looked for in every spelling in
which HTTP and JSON carry text, and replaced by ``[secret NAME]``.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

NESTING_MAX = 64
"""Levels of an output. What is deeper is refused: others could not read it."""

_SURROGATES = re.compile("[\ud800-\udfff]")
"""What bytes that are no UTF-8 are read as in a header or a line of SMTP; nobody can write them."""

_BASE64_LENGTH_MIN = 4
"""Characters of base64 below which a coincidence is likelier than an echo."""


class NotJson(Exception):
    """An output that is not plain JSON, or too deep."""


class Redaction:
    """Takes the secrets of one call out of texts and JSON values."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """secrets: name → value."""
        self._names = {
            spelling: name for name, value in secrets.items() for spelling in _spellings(value)
        }
        # Longest first: a spelling may begin with another one.
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """Return ``text`` without the secrets, and as it can be written to a topic."""
        text = _writable(text)
        if not self._names:
            return text
        return self._pattern.sub(lambda found: f"[secret {self._names[found.group()]}]", text)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a plain JSON value without the secrets. Raises NotJson."""
        if depth > NESTING_MAX:
            raise NotJson(f"more than {NESTING_MAX} levels")
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self._key(key): self.value(v, depth + 1) for key, v in value.items()}
            case list() | tuple():
                return [self.value(each, depth + 1) for each in value]
            case None | bool():
                return value
            case int() | float():
                # A number is a secret only as a whole: 7 must not take every 7 out of 1770.
                name = self._names.get(str(value))
                return value if name is None else f"[secret {name}]"
        raise NotJson(f"a {type(value).__name__}")

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise NotJson(f"a key that is a {type(key).__name__}")
        return self.text(key)


def _writable(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _spellings(value: str) -> Iterator[str]:
    """Yield how ``value`` may be spelled: in Latin-1 (headers), a URL, JSON, HTML or base64."""
    if not value:
        return
    yield value
    yield _writable(value.encode("latin-1", "ignore").decode(errors="surrogateescape"))
    yield escape(value)
    yield orjson.dumps(value).decode()[1:-1]
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    for offset in range(3):
        core = _in_base64(value.encode(), offset)
        if len(core) >= _BASE64_LENGTH_MIN:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def _in_base64(value: bytes, offset: int) -> str:
    """Return the characters of base64 that ``value`` alone decides, ``offset`` bytes into it.

    The offset is the length, modulo 3, of what stands before it: ``user:`` in basic
    authentication, for one.
    """
    encoded = b64encode(bytes(offset) + value).decode()
    return encoded[(offset * 8 + 5) // 6 : (offset + len(value)) * 8 // 6]
