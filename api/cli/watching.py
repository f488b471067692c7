"""``watch``: executions live."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated, Any

import typer

from api.cli.connections import asks_api
from api.cli.errors import FAILED
from api.cli.live import ENDED, LiveExecutions
from api.client import Answer, ApiAway, ApiRefused, Client
from api.processes.stopping import Stopping

commands = typer.Typer()

POLL_SECONDS = 0.5
"""Between two looks when there is no stream of events."""

RECHECK_SECONDS = 5.0
"""Between two looks when there is: an event that came before it began would be missed."""

TABLE_SECONDS = 5.0
"""How long the table may take to have read an event that has been seen."""

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

    Without an id the newest ones, until Ctrl-C. With one, its steps; it ends with the execution,
    with exit code 1 unless that completed.
    """
    with LiveExecutions() as view:
        if execution_id is None:
            await _newest(client, view)
        elif await _ended(client, view, execution_id) != "completed":
            raise typer.Exit(FAILED)


async def _ended(client: Client, view: LiveExecutions, execution_id: str) -> str:
    """Show one execution until it has ended, and return as what."""
    path = ("playbooks", "executions", execution_id)
    answer = await client.get(*path)
    async with aclosing(_changes(client, execution_id=execution_id)) as changes:
        async for sequence in changes:
            answer = await _as_of(client, path, sequence)
            steps = await client.get(*path, "steps") if view.is_drawn else None
            view.show_one(answer.data, [] if steps is None else steps.data)
            if answer.data["status"] in ENDED:
                break
    return str(answer.data["status"])


async def _newest(client: Client, view: LiveExecutions) -> None:
    # Ctrl-C is how it is meant to end.
    async with Stopping(), aclosing(_changes(client)) as changes:
        async for _ in changes:
            answer = await client.get("playbooks", "executions", per_page=_NEWEST)
            view.show(reversed(answer.data))


async def _as_of(client: Client, path: tuple[str, ...], sequence: int) -> Answer:
    """Return the execution as its event of this number has left it, or a later one."""
    answer = await client.get(*path)
    with suppress(TimeoutError):
        async with asyncio.timeout(TABLE_SECONDS):
            while answer.data["sequence"] < sequence:
                await asyncio.sleep(POLL_SECONDS / 10)
                answer = await client.get(*path)
    return answer


async def _changes(client: Client, **query: Any) -> AsyncGenerator[int, None]:
    """Yield whenever it is time to look again: the number of the last event, 0 without one.

    By the stream of events; where there is none, or none any more, again and again.
    """
    came: asyncio.Queue[int] = asyncio.Queue()
    following = asyncio.create_task(_follow(client, came, query))
    pause = 0.0
    try:
        while True:
            numbers = [0]
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    numbers.append(await came.get())
            while not came.empty():
                numbers.append(came.get_nowait())
            yield max(numbers)
            # After an event once more, soon: the table may not have had it yet.
            is_quiet = len(numbers) == 1 and not following.done()
            pause = RECHECK_SECONDS if is_quiet else POLL_SECONDS
    finally:
        following.cancel()
        await asyncio.wait({following})


async def _follow(client: Client, came: asyncio.Queue[int], query: dict[str, Any]) -> None:
    # Whatever is wrong, the next look says it.
    with suppress(ApiAway, ApiRefused):
        async with aclosing(client.follow(**query)) as events:
            async for event in events:
                came.put_nowait(0 if event is None else event["sequence"])
