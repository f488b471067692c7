"""How a row differs from what it must be, told in a line."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from streams.histories import Fault
from streams.table.rows import Row

MISSING = "missing"

_SHOWN_MAX = 200


def differences(
    what: str, columns: Sequence[str], expected: Row | None, found: Row | None
) -> Iterator[Fault]:
    """Yield how a row differs from what it must be, column by column; None: there is no row."""
    if expected is None or found is None:
        if expected is not found:
            yield Fault(
                what,
                "no row" if expected is None else "a row",
                MISSING if found is None else "a row",
            )
        return
    for column, wanted, stored in zip(columns, expected, found, strict=True):
        if wanted == stored:
            continue
        name = f"{what}: {column}"
        if isinstance(wanted, bytes):
            yield from _json_differences(name, wanted, stored)
        else:
            yield Fault(name, shown(wanted), shown(stored))


def _json_differences(what: str, expected: bytes, found: Any) -> Iterator[Fault]:
    """Yield which members differ of two JSON objects that are not the same text."""
    try:
        wanted, stored = orjson.loads(expected), orjson.loads(found)
        names = [n for n in wanted.keys() | stored.keys() if wanted.get(n) != stored.get(n)]
    except (ValueError, TypeError, AttributeError):
        yield Fault(what, shown(expected), shown(found))
        return
    for name in sorted(names):
        yield Fault(f"{what}: {name}", shown(wanted.get(name)), shown(stored.get(name)))
    if not names:
        yield Fault(
            what, "these members, written as on the log", "the same members, written otherwise"
        )


def shown(value: Any) -> str:
    """Return a value as text that fits into a line."""
    if isinstance(value, bytes):
        text = value.decode(errors="replace")
    elif isinstance(value, str):
        text = value
    else:
        text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
