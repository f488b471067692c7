"""What the tests of patterns look values up in."""

from functools import reduce
from typing import Any

from engine.paths import child
from engine.patterns.patterns import compiled

VALUES: dict[str, Any] = {
    "__severity__": "high",
    "__count__": "5",
    "__limit__": 10,
    "__ratio__": 0.5,
    "__done__": "true",
    "__off__": "False",
    "__empty__": "",
    "__null__": None,
    "__since__": "2026-01-31T12:00:00+01:00",
    "__with-hyphen__": "x",
    "__map__": {"a": {"b": "deep"}},
    "ipv4-addr": {"value": "10.1.2.3"},
    "network": {"value": "10.0.0.0/8"},
    "url": {"value": "https://example.org/Login?next=%2F"},
    "file": {
        "name": "café.exe",
        "size": 4_096,
        "hashes": {"SHA-256": "AbCd", "MD5": "ff00"},
        "magic": "q80=",
        "sections": [{"name": ".text", "tags": ["a"]}, {"name": ".data", "tags": ["b", "c"]}],
    },
}


def lookup(name: str, steps: tuple[str | int, ...]) -> Any:
    """Return what is at a path, MISSING when it is not there."""
    return reduce(child, (name, *steps), VALUES)


def holds(pattern: str) -> bool:
    """Tell whether a pattern holds of ``VALUES``."""
    return compiled(pattern).holds(lookup)
