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
from rich.console import Console, RenderableType
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

_PLAIN_WIDTH = 10_000
"""In a file or a pipe a row is a line, however long: it is read by ``grep``."""


def draw(drawn: RenderableType) -> None:
    """Print on standard output: drawn on a terminal, else as plain lines."""
    if sys.stdout.isatty():
        Console(highlight=False).print(drawn)
        return
    plain = Console(file=StringIO(), highlight=False, width=_PLAIN_WIDTH, color_system=None)
    with plain.capture() as captured:
        plain.print(drawn)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def print_json(data: Any) -> None:
    """Print ``data`` for programs: one JSON document."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under ``columns``; ``empty`` when there are none."""
    drawn = table(columns, rows)
    draw(drawn if drawn.row_count else Text(empty, "dim"))


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
        is_time = name.endswith("_at") and isinstance(value, str)
        drawn.add_row(Text(name), cell(moment(value) if is_time else value))
    draw(drawn)


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


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return ``data`` as YAML, in its own order, without what says nothing."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump({k: v for k, v in data.items() if v not in (None, [], {}, "")}, text)
    return text.getvalue()
