"""``actions``: what steps can name, and whether it is set up."""

import typer

from api.cli.connections import Json, asks_api
from api.cli.output import print_json, print_table
from api.client import Client

commands = typer.Typer()


@commands.command()
@asks_api
async def actions(client: Client, as_json: Json = False) -> None:
    """List the actions that steps can name."""
    answer = await client.get("actions")
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("action", "connector", "ready", "parameters", "what is missing", "from"),
        [
            (
                each["id"],
                each["type"],
                each["configured"],
                ", ".join(each["parameters"].get("properties", {})),
                each["reason"],
                " ".join((each.get("origin") or {}).values()),
            )
            for each in answer.data
        ],
        empty="no actions",
    )
