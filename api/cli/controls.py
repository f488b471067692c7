"""Commands that tell an execution what to do: cancel, pause, resume, approve, reject."""

from typing import Annotated, Any

import typer

from api.cli.connections import Json, asks_api
from api.cli.executions import ExecutionId
from api.cli.output import print_json
from api.cli.runs import named_values
from api.client import Client

commands = typer.Typer()

StepId = Annotated[str, typer.Argument(help="id of the step that waits", metavar="STEP")]
Note = Annotated[str, typer.Option(help="why; recorded with who says it")]


@commands.command()
@asks_api
async def cancel(
    client: Client,
    execution_id: ExecutionId,
    note: Note = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="also take back what its actions did")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cancel an execution.

    Steps that wait end at once; running actions may still report, without effect.
    """
    body = {"note": note, "undo": undo}
    await _order(client, execution_id, "cancel", body=body, as_json=as_json)


@commands.command()
@asks_api
async def pause(
    client: Client, execution_id: ExecutionId, note: Note = "", as_json: Json = False
) -> None:
    """Let an execution start no further step.

    Running actions finish; ``resume`` lets it go on.
    """
    await _order(client, execution_id, "pause", body={"note": note}, as_json=as_json)


@commands.command()
@asks_api
async def resume(
    client: Client, execution_id: ExecutionId, note: Note = "", as_json: Json = False
) -> None:
    """Let a paused execution go on."""
    await _order(client, execution_id, "resume", body={"note": note}, as_json=as_json)


@commands.command()
@asks_api
async def approve(
    client: Client,
    execution_id: ExecutionId,
    step_id: StepId,
    note: Note = "",
    output: Annotated[
        list[str] | None,
        typer.Option(help="what the work has given; JSON, or else text", metavar="NAME=VALUE"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say yes to a step that waits for it."""
    body: dict[str, Any] = {"note": note}
    if output:
        body["output"] = named_values(output, "--output")
    await _order(client, execution_id, "steps", step_id, "approve", body=body, as_json=as_json)


@commands.command()
@asks_api
async def reject(
    client: Client,
    execution_id: ExecutionId,
    step_id: StepId,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Say no to a step that waits for approval."""
    body = {"note": note}
    await _order(client, execution_id, "steps", step_id, "reject", body=body, as_json=as_json)


async def _order(
    client: Client, execution_id: str, *path: str, body: dict[str, Any], as_json: bool
) -> None:
    answer = await client.ask("POST", "playbooks", "executions", execution_id, *path, body=body)
    if as_json:
        print_json(answer.data)
    else:
        print(f"{execution_id} is {answer.data['status']}")
