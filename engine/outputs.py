"""How much of a step's output is kept."""

import json
from typing import Any

import orjson

OUTPUT_BYTES = 64 * 1024
"""Step output as JSON (Limits); what is larger is kept cut, and flagged."""


def kept(output: Any, limit: int = OUTPUT_BYTES) -> tuple[Any, bool]:
    """Return the output as it is kept, and whether it was cut.

    A cut output is its JSON text up to the limit: still readable, no longer a structure
    that a template could mistake for the whole.
    """
    try:
        text = orjson.dumps(output)
    except TypeError:
        # A number of more than 64 bits: orjson writes none, other people's JSON may hold one.
        text = json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) <= limit:
        return output, False
    return text[:limit].decode(errors="ignore"), True
