"""Executions as they run: a table that is drawn again and again, or plain lines.

Shown are executions as the REST API answers them, so whoever watches sees what the table has.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple

from rich.live import Live
from rich.table import Table

from api.cli.output import moment, printable, table
from api.cli.trees import tree

ENDED = frozenset({"completed", "failed", "cancelled"})

_COLUMNS = ("status", "playbook", "finding", "severity", "current step", "steps", "duration")

_ROWS_MAX = 30
"""More do not fit on a screen: those that changed last are shown."""


class Subject(NamedTuple):
    """What an execution is about, for those who know more of its finding than the id."""

    title: str
    severity: str | None


class LiveExecutions:
    """The view. A block in which it is shown.

    subjects: by execution id. On a terminal one table is kept up to date; elsewhere each change
    of an execution's status or step is a line.
    """

    def __init__(self, subjects: Mapping[str, Subject] | None = None) -> None:
        self._subjects = subjects or {}
        self._shown: dict[str, tuple[Any, ...]] = {}
        self._live = Live(auto_refresh=False) if sys.stdout.isatty() else None

    def __enter__(self) -> "LiveExecutions":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a terminal to draw on."""
        return self._live is not None

    def show_one(self, execution: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> None:
        """Show one execution as it is now: on a terminal with its steps."""
        if self._live is None:
            self.show([execution])
        else:
            row = self._row(execution, datetime.now(UTC))
            self._live.update(tree(_line(row), steps), refresh=True)

    def show(self, executions: Iterable[Mapping[str, Any]]) -> None:
        """Show executions, oldest first, as they are now."""
        now = datetime.now(UTC)
        rows = {each["execution_id"]: self._row(each, now) for each in executions}
        if self._live is not None:
            self._live.update(self._table(list(rows.values())), refresh=True)
            return
        for execution_id, row in rows.items():
            # Not the duration: it changes while nothing happens.
            if self._shown.get(execution_id) != row[:-1]:
                self._shown[execution_id] = row[:-1]
                print(_line(row), flush=True)

    def _table(self, rows: list[tuple[Any, ...]]) -> Table:
        return table(_COLUMNS, rows[-_ROWS_MAX:])

    def _row(self, execution: Mapping[str, Any], now: datetime) -> tuple[Any, ...]:
        unknown = Subject(execution["finding_id"] or "", None)
        subject = self._subjects.get(execution["execution_id"], unknown)
        return (
            execution["status"],
            execution["playbook_name"],
            subject.title,
            subject.severity,
            execution["current_step"],
            f"{execution['steps_completed']}/{execution['steps_total']}",
            _duration(execution, now),
        )


def _duration(execution: Mapping[str, Any], now: datetime) -> str:
    ended = execution["completed_at"]
    until = now if ended is None else datetime.fromisoformat(ended)
    seconds = (until - datetime.fromisoformat(execution["started_at"])).total_seconds()
    return f"{max(seconds, 0):.1f} s"


def _line(row: tuple[Any, ...]) -> str:
    status, playbook, title, severity, step, steps, duration = row
    about = f"{title} ({severity})" if severity else title
    at = f" at {step}" if step else ""
    said = f"{moment(datetime.now(UTC).isoformat())}  {status:<9}  {steps}{at}  {duration}"
    return printable(f"{said}  {playbook}: {about or 'no finding'}")
