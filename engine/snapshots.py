"""Executions as JSON and back: what stands on ``execution-snapshots`` and in the table.

``from_json(to_json(execution)) == execution`` for every execution that events fold to.
"""

from typing import Any

import orjson
from pydantic import TypeAdapter

from schemas.executions import Execution

_adapter: TypeAdapter[Execution] = TypeAdapter(Execution)


def to_json(execution: Execution) -> bytes:
    """Return ``execution`` as one compact JSON object."""
    return orjson.dumps(execution, option=orjson.OPT_UTC_Z, default=_plain)


def from_json(text: bytes) -> Execution:
    """Return the execution that ``to_json`` wrote. ValidationError: it did not write this."""
    return _adapter.validate_json(text)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in a snapshot")
