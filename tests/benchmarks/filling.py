"""A table with many executions, written by the writer's own code, without a log behind it.

They began over the last 30 days, in an order that has nothing to do with their ids, and are
about as many findings. Of the events, which lists and states do not read, there are none.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from aiokafka import TopicPartition

from schemas.executions import ENDED, Execution
from streams import topics
from streams.settings import Settings
from streams.table.rows import approval_rows, execution_row
from streams.table.states import state_row
from streams.table.store import FILE_NAME
from streams.table.table import Table
from streams.table.writer import Rows, Writer
from tests.examples import FINDING, Story, action, graph, step

PLAYBOOKS = 50
ASSETS = 5_000
SPAN = timedelta(days=30)

_BATCH = 5_000
_NAMES = UUID("2f6d1c0e-3f7e-4f0c-9a51-6f3e0d7c9b11")
_KINDS = 100


def execution_id(number: int) -> str:
    """Return the id of an execution."""
    return f"pexec-{uuid5(_NAMES, str(number))}"


def fill(settings: Settings, count: int) -> None:
    """Write so many executions into the table of the data directory, which has none yet."""
    began_at = datetime.now(UTC) - SPAN
    place = TopicPartition(topics.EXECUTION_EVENTS.named(settings.topic_prefix), 0)
    kinds = [_kind(number) for number in range(_KINDS)]
    with (
        closing(Table(settings.data_dir / FILE_NAME)) as table,
        closing(Writer(table.store, "a-cluster")) as writer,
    ):
        for first in range(0, count, _BATCH):
            some = list(
                _executions(kinds, range(first, min(first + _BATCH, count)), began_at, count)
            )
            numbered = list(enumerate(some, first + 1))
            rows = Rows(executions=[(*execution_row(each), number) for number, each in numbered])
            rows.states = [(*state_row(each), number) for number, each in numbered]
            rows.approvals = [row for each in some for row in approval_rows(each)]
            writer.write(rows, {place: first + len(some)}, datetime.now(UTC))
        writer.analyse()


def is_filled(directory: Path, count: int) -> bool:
    """Tell whether the table of a directory has so many executions."""
    if not (directory / FILE_NAME).exists():
        return False
    with closing(Table(directory / FILE_NAME)) as table:
        found = table.store.reader().execute("SELECT COUNT(*) FROM executions").fetchone()[0]
    return bool(found == count)


def _executions(
    kinds: list[Execution], numbers: range, began_at: datetime, count: int
) -> Iterator[Execution]:
    for number in numbers:
        kind = kinds[number % _KINDS]
        started_at = began_at + SPAN * number / count
        playbook_id = f"pb-{number * 7 % PLAYBOOKS}"
        yield replace(
            kind,
            id=execution_id(number),
            playbook_id=playbook_id,
            started_at=started_at,
            changed_at=started_at + timedelta(seconds=2),
            completed_at=started_at + timedelta(seconds=2) if kind.status in ENDED else None,
            event=_event(number),
        )


def _event(number: int) -> dict[str, Any]:
    asset = {"id": f"a-{number * 31 % ASSETS}", "name": "app.example.com", "type": "domain"}
    return FINDING | {"data": FINDING["data"] | {"finding_id": f"f-{number}", "asset": asset}}


def _kind(number: int) -> Execution:
    """Return one of a hundred: most completed, some failed, one waits for approval."""
    trigger = "manual" if number % 20 == 1 else "finding.new"
    told = Story(graph(action("one"), action("two"), step("ask", "approval")))
    told.start(trigger=trigger, dry_run=number % 50 == 2)
    told.complete("one", {"said": "hello"})
    if number % 12 == 3:
        told.fail("two")
    elif number == 4:
        told.complete("two")
    elif number == 5:
        told.cancel()
    else:
        told.complete("two", {"number": 2})
        if told.execution.status not in ENDED:
            told.approve("ask")
    return told.execution
