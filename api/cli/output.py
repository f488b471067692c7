"""What commands print: tables and records for people, JSON for programs.

Text out of findings and playbooks is shown as it is: never as markup, and without the control
characters that could rewrite a terminal.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES = {
    "completed": "green",
    "failed": "red",
    "running": "cyan",
    "waiting": "yellow",
    "paused": "yellow",
    "cancelled": "magenta",
    "skipped": "dim",
    "pending": "dim",
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "blue",
    "info": "dim",
}
"""Of the words that stand in a cell alone."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_PLAIN_WIDTH = 200
"""Where nobody looks at columns, nothing is cut."""


def console(*, stderr: bool = False) -> Console:
    """Return what draws on the terminal, or writes plainly into a file or a pipe."""
    plain = not (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=_PLAIN_WIDTH if plain else None)


def print_json(data: Any) -> None:
    """Print ``data`` for programs: one JSON document."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under ``columns``; ``empty`` when there are none."""
    drawn = table(columns, rows)
    console().print(drawn if drawn.row_count else Text(empty, "dim"))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return rows under ``columns``, to be drawn."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(value) for value in row))
    return drawn


def print_record(record: Mapping[str, Any]) -> None:
    """Print one thing: a line for each of its fields."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in record.items():
        drawn.add_row(Text(name), cell(value))
    console().print(drawn)


def cell(value: Any) -> Text:
    """Return a value as it stands in a table."""
    if value is None or value in ("", [], {}):
        return Text("–", "dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, dict | list):
        return Text(printable(orjson.dumps(value).decode()))
    shown = printable(str(value))
    return Text(shown, STYLES.get(shown, ""))


def printable(text: str) -> str:
    """Return ``text`` without what a terminal would obey."""
    return _CONTROL.sub("�", text)


def moment(value: str | None) -> str | None:
    """Return an RFC 3339 time as people read it, in their own time zone."""
    if value is None:
        return None
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def yaml_text(data: Any) -> str:
    """Return ``data`` as YAML, in its own order."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(data, text)
    return text.getvalue()
