"""``backtest``: what the trigger in a file would have started by the findings of the last days."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.connections import Json, asks_api
from api.cli.documents import placed
from api.cli.errors import CommandFailed
from api.cli.output import moment, print_json, print_record, print_table
from api.client import Client
from engine import playbooks
from streams.actions import yaml_files

commands = typer.Typer()

_COUNTS = ("scanned", "matched", "started")
_UNSTARTED = ("repeated", "deduplicated", "throttled", "unkeyed", "malformed")
"""Told when there are any."""


@commands.command()
@asks_api
async def backtest(
    client: Client,
    file: Annotated[
        Path, typer.Argument(help="a playbook file, or a file with a trigger alone", metavar="FILE")
    ],
    since: Annotated[str, typer.Option(help="how long ago, or a time; inclusive")] = "7d",
    until: Annotated[
        str | None, typer.Option(help="the same, exclusive", show_default="now")
    ] = None,
    limit: Annotated[int, typer.Option(help="as many examples", min=0, max=100)] = 10,
    as_json: Json = False,
) -> None:
    """Say what a trigger would have started.

    By the findings that the topic still holds; nothing is sent, stored or started. The trigger
    need not be right in every other part of its playbook.
    """
    body = {"trigger": _trigger(file), "since": since, "limit": limit}
    if until is not None:
        body["until"] = until
    data = (await client.ask("POST", "playbooks", "backtest", body=body)).data
    if as_json:
        print_json(data)
    else:
        _print(data)


def _trigger(path: Path) -> Any:
    """Return the trigger of a file. Raises CommandFailed."""
    try:
        file = yaml_files.read(path)
    except yaml_files.YamlError as error:
        raise CommandFailed(str(error)) from None
    document = file.value
    within = isinstance(document, dict) and "trigger" in document
    trigger, pointer = (document["trigger"], "/trigger") if within else (document, "")
    problems = playbooks.trigger_problems(trigger, pointer)
    if problems:
        said = "\n".join(str(placed(file, problem)) for problem in problems)
        raise CommandFailed(f"the trigger is not valid:\n{said}")
    return trigger


def _print(data: dict[str, Any]) -> None:
    counts = {name: data[name] for name in _COUNTS}
    counts |= {name: data[name] for name in _UNSTARTED if data[name]}
    if not data["complete"]:
        counts["complete"] = "no: there is more than was read; ask for a shorter time"
    print_record(counts)
    print()
    print_table(
        ("day", "findings", "matched"),
        [(day["day"], day["scanned"], day["matched"]) for day in data["per_day"]],
        empty="no findings in this time",
    )
    if data["examples"]:
        print()
        print_table(
            ("arrived", "event", "severity", "title", "asset"),
            [
                (
                    moment(each["at"]),
                    each["event_id"],
                    each["severity"],
                    each["title"],
                    each["asset_name"] or each["asset_id"],
                )
                for each in data["examples"]
            ],
            empty="",
        )
