"""Recorded histories: the events of an execution as they were on the wire, and what they fold to.

One file an execution: a line for each event, and a last one for the state. They are recorded from
real runs, and only ever added to: a release must fold what older ones have written.

    PLAYBOOKS_TEST_RECORD=tests/engine/histories pytest tests/e2e/test_controls.py -k pause
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from engine.evolution import fold
from engine.snapshots import to_json
from schemas.events import Event
from schemas.executions import ENDED

_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


def record(histories: Iterable[Sequence[Event]]) -> None:
    """Write those that have ended under the name of the test that runs, if that is wanted.

    What has been recorded before is left as it is.
    """
    directory, test = os.environ.get("PLAYBOOKS_TEST_RECORD"), os.environ["PYTEST_CURRENT_TEST"]
    if not directory:
        return
    name = re.sub(r"\W+", "-", test.split("::")[-1].split(" ")[0].removeprefix("test_")).strip("-")
    for number, history in enumerate(histories, start=1):
        execution, path = fold(None, history), Path(directory) / f"{name}-{number}.jsonl"
        if execution is not None and execution.status in ENDED and not path.exists():
            lines = [event.model_dump_json(exclude_none=True).encode() for event in history]
            path.write_bytes(b"\n".join([*lines, to_json(execution), b""]))


def read(path: Path) -> tuple[list[Event], bytes]:
    """Return the events of a recorded history, and the JSON of the state that they folded to."""
    *events, state = path.read_bytes().splitlines()
    return [_EVENTS.validate_json(line) for line in events], state
