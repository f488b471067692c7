"""The command that lists what waits for people; ``approve`` and ``reject`` decide it."""

from typing import Annotated

import typer

from api.cli.connections import Json, asks_api
from api.cli.output import moment, print_json, print_table
from api.client import Client

commands = typer.Typer()


@commands.command()
@asks_api
async def approvals(
    client: Client,
    page: Annotated[int, typer.Option(help="which page", min=1)] = 1,
    per_page: Annotated[int, typer.Option(help="how many on a page", min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """List the steps that wait for people.

    The one that has waited longest is the first. Decide by ``approve`` or ``reject``.
    """
    answer = await client.get("playbooks", "approvals", page=page, per_page=per_page)
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("execution", "step", "playbook", "reason", "message", "granted", "since", "until"),
        [
            (
                each["execution_id"],
                each["step_id"],
                each["playbook_id"],
                each["reason"],
                each["message"],
                f"{len(each['granted'])}/{each['required']}",
                moment(each["requested_at"]),
                moment(each["expires_at"]),
            )
            for each in answer.data
        ],
        empty="nothing waits for people",
    )
