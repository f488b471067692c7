"""What single settings may be: read from text, or refused in a sentence.

For ``streams/settings.py``.
"""

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import SecretStr

from engine import durations
from engine.formats.formats import NAMES

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?)"
_HOST_AND_PORT = re.compile(rf"{_HOST}:(\d{{1,5}})")
_HOST_AND_MAYBE_PORT = re.compile(rf"{_HOST}(?::(\d{{1,5}}))?")
_NAME = re.compile(r"[A-Za-z0-9._-]{0,200}")
_RATE = re.compile(r"(\d{1,9})(?:/(\d{1,9}))?")


class RateLimit(NamedTuple):
    """So many requests a minute, and so many at once. ``a_minute`` 0: any number."""

    a_minute: int
    burst: int

    def __str__(self) -> str:
        return f"{self.a_minute}/{self.burst}" if self.a_minute else "0"


class Retention(NamedTuple):
    """How long something is kept. text: as it was written; ``0``: for ever, a span of zero."""

    text: str
    span: timedelta

    def __str__(self) -> str:
        return self.text


def bootstrap_servers(text: str) -> str:
    """Return ``host:port,host:port`` without blanks. ValueError: some part is not host:port."""
    servers = [part.strip() for part in text.split(",") if part.strip()]
    for server in servers:
        found = _HOST_AND_PORT.fullmatch(server)
        if found is None or int(found[1]) > 65_535:
            raise ValueError(f"write host:port, several separated by commas, not {server!r}")
    if not servers:
        raise ValueError("write host:port, several separated by commas")
    return ",".join(servers)


def database(address: SecretStr) -> SecretStr:
    """Return the address of a database as it is; ValueError: it is of no kind that is known."""
    if not address.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("write postgresql://user:password@host:5432/database")
    return address


def shown(value: object, kind: Any) -> str:
    """Return how a wrong value is told; nothing of one that is secret by its type."""
    return "" if _is_secret(kind) else f" (it is {str(value)!r})"


def _is_secret(kind: Any) -> bool:
    return kind is SecretStr or any(map(_is_secret, get_args(kind)))


def kafka_name(text: str) -> str:
    """Return a part of a name of a topic or a group as it is; ValueError: Kafka refuses such."""
    if _NAME.fullmatch(text) is None:
        raise ValueError("at most 200 letters, digits, dots, dashes and underscores")
    return text


def parsed_rate_limit(value: Any) -> Any:
    """Return the RateLimit of ``1000/100``, of ``1000`` (burst: the same) and of ``0``.

    ValueError: it is none of these. What is no text is left to the type.
    """
    if not isinstance(value, str | int):
        return value
    found = _RATE.fullmatch(str(value).strip())
    if found is None:
        raise ValueError("write requests a minute / at once, as in 1000/100, or 0 for any number")
    a_minute = int(found[1])
    burst = int(found[2]) if found[2] else a_minute
    if a_minute and not burst:
        raise ValueError("at least 1 request at once must be allowed; 0 alone allows any number")
    return RateLimit(a_minute, burst if a_minute else 0)


def parsed_retention(value: Any) -> Any:
    """Return the Retention of ``30d``, ``PT12H``, seconds or ``0``; ValueError: it is none."""
    if not isinstance(value, str | int | float):
        return value
    text = str(value).strip()
    return Retention(text, timedelta(seconds=durations.seconds(text)))


def parsed_egress(value: Any) -> Any:
    """Return the networks and hosts of a list separated by commas; ValueError: one is neither."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    entries = tuple(part.strip() for part in parts if part.strip())
    for entry in entries:
        if not _is_network(entry) and not _is_host(entry):
            raise ValueError(f"write CIDR, host or host:port, separated by commas, not {entry!r}")
    return entries


def parsed_finding_topics(value: Any) -> Any:
    """Return (topic, format) pairs of ``topic:format,topic:format``; ValueError: one is none."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    pairs = tuple(
        part if isinstance(part, tuple) else tuple(word.strip() for word in part.split(":"))
        for part in parts
        if part
    )
    for pair in pairs:
        if (
            len(pair) != 2
            or not pair[0]
            or _NAME.fullmatch(pair[0]) is None
            or pair[1] not in NAMES
        ):
            raise ValueError(
                f"write topic:format, several separated by commas, with a format out of "
                f"{', '.join(NAMES)}, not {':'.join(pair)!r}"
            )
    if len({topic for topic, _ in pairs}) < len(pairs):
        raise ValueError("names a topic twice")
    return pairs


def listed(value: Any) -> Any:
    """Return the names of a list separated by commas."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _is_host(entry: str) -> bool:
    found = _HOST_AND_MAYBE_PORT.fullmatch(entry)
    return found is not None and int(found[1] or 0) <= 65_535


def expanded(value: Any) -> Any:
    """Return a path with ``~`` replaced, absolute: whoever uses it may stand elsewhere."""
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value


def words(value: Any) -> Any:
    """Return text as the choices are written: without blanks around, in lower case."""
    return value.strip().lower() if isinstance(value, str) else value
