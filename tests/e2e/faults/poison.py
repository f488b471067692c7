"""Records that nobody should ever write: any bytes, and messages gone wrong."""

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.engine.cacao.mutations import mutated
from tests.hostility import RAW

GOLDEN = Path(__file__).parents[2] / "schemas" / "golden"

_NAMES = ("content-type", "ce_specversion", "ce_id", "ce_type", "ce_time", "traceparent", "", "x")
_SAID = (b"1.0", b"application/cloudevents+json", b"\xff\xfe", b"", b"00-0-0-0", b"\x00" * 300)


class Poison(NamedTuple):
    """A record as Kafka takes it."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def poison(random: Random, count: int) -> list[Poison]:
    """Return so many records."""
    messages = [json.loads(path.read_bytes()) for path in sorted(GOLDEN.glob("*.json"))]
    return [_drawn(random, messages) for _ in range(count)]


def _drawn(random: Random, messages: list[dict[str, Any]]) -> Poison:
    message = random.choice(messages)
    values = (_noise, _gone_wrong, _gone_wrong, _broken, _hostile)
    value = random.choice(values)(random, message)
    keys = (None, b"", random.randbytes(8), str(message.get("execution_id", "pexec-1")).encode())
    named = random.sample(_NAMES, random.choice((0, 0, 1, 2, 4)))
    headers = [(name, random.choice((*_SAID, random.randbytes(9)))) for name in named]
    return Poison(random.choice(keys), value, headers)


def _noise(random: Random, _: dict[str, Any]) -> bytes | None:
    return random.choice((None, b"", random.randbytes(random.randrange(1, 200))))


def _gone_wrong(random: Random, message: dict[str, Any]) -> bytes:
    return json.dumps(mutated(message, random)).encode()


def _broken(random: Random, message: dict[str, Any]) -> bytes:
    """Return the bytes of a message with some of them changed, or its end missing."""
    value = bytearray(json.dumps(message).encode())
    for _ in range(random.choice((1, 1, 3))):
        value[random.randrange(len(value))] = random.randrange(256)
    return bytes(value[: random.choice((len(value), random.randrange(len(value))))])


def _hostile(random: Random, message: dict[str, Any]) -> bytes:
    """Return a message that says something that no JSON library would write."""
    begun = json.dumps(message).encode()[:-1]
    return begun + b', "' + random.choice((b"output", b"data", b"x")) + b'": ' + _raw(random) + b"}"


def _raw(random: Random) -> bytes:
    return random.choice([value for value in RAW.values() if value])
