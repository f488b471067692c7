"""``watch``: executions live."""

import asyncio
from typing import Annotated

import typer

from api.cli.connections import asks_api
from api.cli.errors import FAILED
from api.cli.live import ENDED, LiveExecutions
from api.client import Client
from api.processes.stopping import Stopping

commands = typer.Typer()

POLL_SECONDS = 0.5

_NEWEST = 30


@commands.command()
@asks_api
async def watch(
    client: Client,
    execution_id: Annotated[
        str | None, typer.Argument(help="one execution, until it has ended", metavar="[ID]")
    ] = None,
) -> None:
    """Show executions live.

    Without an id the newest ones, until Ctrl-C. With one it ends with the execution; exit code
    1 unless that completed.
    """
    with LiveExecutions() as view:
        if execution_id is None:
            await _newest(client, view)
            return
        while True:
            answer = await client.get("playbooks", "executions", execution_id)
            view.show([answer.data])
            if answer.data["status"] in ENDED:
                break
            await asyncio.sleep(POLL_SECONDS)
    if answer.data["status"] != "completed":
        raise typer.Exit(FAILED)


async def _newest(client: Client, view: LiveExecutions) -> None:
    # Ctrl-C is how it is meant to end.
    async with Stopping():
        while True:
            answer = await client.get("playbooks", "executions", per_page=_NEWEST)
            view.show(reversed(answer.data))
            await asyncio.sleep(POLL_SECONDS)
