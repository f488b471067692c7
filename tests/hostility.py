"""What a detector, or whoever feeds it, might write into a finding to make something else happen.

The texts by themselves, drawn JSON made of them, and records as bytes that no JSON library
would write.
"""

from typing import Any

import orjson
from hypothesis import strategies as st

TEXTS = (
    "{{7*7}}",
    "{{ 7 * 7 }}{{ finding }}",
    "{{ secrets.X }}",
    "secret:X",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in range(1000000000) %}a{% endfor %}",
    "{% set finding = 1 %}{# never closed",
    "}} {{ {{ {%",
    "' or '1' == '1",
    '" or true or "',
    "critical' || true",
    "[finding:severity = 'critical'] OR [a:b = 'c']",
    "$where: sleep(1000)",
    "^(a+)+$",
    "/steps/0/on_failure",
    "../../etc/passwd\x00.png",
    "\x00\x01\x1b[2J\u202e\u2028\ufeff",
    "e\u0301 ﷺ İ ß \U0001f4a9",
    "https://[::1",
    "2026-13-45T99:99:99Z",
    "9" * 400,
    "critical\n",
    "a" * 100_000,
)
NAMES = (
    "__proto__", "constructor", "__class__", "$gt", "$where", "$or", "secrets", "steps",
    "execution", "parameters", "playbook", "event", "id", "", ".", "a.b", "0", "-1", "~1",
    "{{7*7}}", "\x00",
)  # fmt: skip
NUMBERS = (0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 1e308, -1e-320, 0.1)

texts = st.sampled_from(TEXTS) | st.text(max_size=20)
scalars = texts | st.sampled_from(NUMBERS) | st.none() | st.booleans()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=3)
    ),
    max_leaves=8,
)
"""Any JSON, made of what is hostile."""


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """Return JSON that nests so deep."""
    return opening * levels + b"1" + closing * levels


RAW = {
    "half a character": b'{"title": "\\ud800"}',
    "half a character, written out": b'{"title": "\xed\xa0\x80"}',
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "not a number": b'{"cvss": NaN}',
    "infinity": b'{"cvss": Infinity}',
    "an integer of a thousand digits": b'{"cvss": ' + b"9" * 1_000 + b"}",
    "an integer of a hundred thousand digits": b'{"cvss": ' + b"9" * 100_000 + b"}",
    "a float out of range": b'{"cvss": 1e400}',
    "the same key twice": b'{"severity": "low", "severity": "critical"}',
    "deep": b'{"deep": ' + nested(100) + b"}",
    "deeper": b'{"deep": ' + nested(1_000) + b"}",
    "deepest": b'{"deep": ' + nested(100_000, b'{"a":', b"}") + b"}",
    "a list": b"[]",
    "nothing": b"",
}
"""The data of a finding, as bytes."""


def record(event_id: str, data: bytes) -> bytes:
    """Return the bytes of a bare finding with this data."""
    return b'{"id": ' + orjson.dumps(event_id) + b', "event": "finding.new", "data": ' + data + b"}"


def hostile_data(text: str) -> dict[str, Any]:
    """Return the data of a finding that says ``text`` wherever it can say anything."""
    return {
        "title": text,
        "description": text,
        "asset": {"id": text, "name": text, "type": text, "tags": [text]},
        "references": [text, {text: text}],
        "__proto__": {"severity": "critical"},
        "$or": [{"severity": "critical"}],
        "secrets": {"X": text},
        "steps": {"log": {"output": text}},
        "nested": {text: {"deeper": [text]}},
    }
