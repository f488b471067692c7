"""Findings of a megabyte, as data and as bytes."""

from typing import Any

import orjson

MEGABYTE = 1_000_000


def deep(levels: int, innermost: Any = 1) -> Any:
    """Return lists in each other."""
    for _ in range(levels):
        innermost = [innermost]
    return innermost


LARGE: dict[str, Any] = {
    "text": "ab," * (MEGABYTE // 3),
    "wide": "ж" * (MEGABYTE // 2),
    "quotes": '"' * MEGABYTE,
    "blanks": " " * MEGABYTE,
    "lines": "\n" * MEGABYTE,
    "list": ["Ab"] * (MEGABYTE // 5),
    "numbers": list(range(150_000)),
    "most": ["Ab"] * 65_000,
    "few": list(range(65_000)),
    "addresses": [f"10.{n >> 8}.{n & 255}.7" for n in range(65_000)],
    "times": [
        f"2025-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z" for n in range(45_000)
    ],
    "object": {f"k{n}": n for n in range(80_000)},
    "deep": deep(120),
    "digits": "9" * MEGABYTE,
    "format": "%100000000d",
}
"""Data of findings: each of its fields has a megabyte, or nests as deep as findings may."""

SPELLED = {
    "wide": orjson.dumps({"data": {f"f{n}": n for n in range(70_000)}, "event": "finding.new"}),
    "deep": b'{"event": "finding.new", "data": {"a": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}",
    "many keys": b'{"event": "finding.new", "data": {' + b'"k": 1, ' * 120_000 + b'"k": 2}}',
    "digits": b'{"event": "finding.new", "data": {"cvss": ' + b"9" * MEGABYTE + b"}}",
    "escapes": b'{"event": "finding.new", "data": {"title": "' + b"\\u0436" * 160_000 + b'"}}',
}
"""Findings as bytes, of a megabyte each."""
