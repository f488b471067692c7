"""The event loop of a process.

Apart from what runs on it: a command that only asks the API needs nothing else of a process.
"""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_GARBAGE_OBJECTS = 50_000
"""A batch makes some fifty thousand objects, which all go when it is committed: looking through
them every seven hundred, as Python does, takes a sixth of the time of an agent."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on the quickest event loop that there is here."""
    # What has been imported is there to stay.
    gc.freeze()
    gc.set_threshold(_GARBAGE_OBJECTS, 10, 10)
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)
