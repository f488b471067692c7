"""``explain``: which playbooks an event starts, and why not the others."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import findings
from api.cli.connections import Json, asks_api
from api.cli.errors import CommandFailed
from api.cli.output import draw, print_json, print_table, printable
from api.client import Client

commands = typer.Typer()


@commands.command()
@asks_api
async def explain(
    client: Client,
    file: Annotated[
        Path, typer.Argument(help="JSON: an event, a list, or one a line; -: stdin", metavar="FILE")
    ],
    playbook: Annotated[str | None, typer.Option(help="this playbook only", metavar="ID")] = None,
    matched: Annotated[
        bool | None,
        typer.Option("--matched/--unmatched", help="only those that match, or that do not"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which playbooks an event starts, and why.

    Nothing is sent or started. JSON is one object for a file that holds one event, else a list.
    """
    found = list(findings.read(file))
    if not found:
        raise CommandFailed(f"{file} holds no event")
    explained = [
        await client.ask(
            "POST",
            "playbooks",
            "explain",
            query={"playbook_id": playbook, "matched": matched},
            body=event,
        )
        for event in found
    ]
    if as_json:
        print_json(explained[0].data if len(found) == 1 else [each.data for each in explained])
        return
    for answer in explained:
        if len(explained) > 1:
            draw(printable(f"{answer.data['event_id'] or 'event without an id'}:"))
        _print(answer.data["playbooks"])


def _print(explanations: list[dict[str, Any]]) -> None:
    print_table(
        ("playbook", "starts", "why"),
        [(each["playbook_id"], _starts(each), _why(each)) for each in explanations],
        empty="no playbooks",
    )


def _starts(explanation: dict[str, Any]) -> bool:
    return bool(explanation["matched"] and explanation["enabled"])


def _why(explanation: dict[str, Any]) -> str:
    if not explanation["matched"]:
        return str(explanation["failed"]["reason"])
    if not explanation["enabled"]:
        return "it matches, but is disabled"
    limits = ", ".join(explanation["storm_control"])
    return f"it matches; {limits} may hold it back" if limits else "it matches"
