"""Commands that start an execution: of a playbook, or of what has run before."""

import asyncio
from typing import Annotated, Any, Literal

import orjson
import typer

from api.cli.connections import Json, asks_api
from api.cli.errors import FAILED, UsageError
from api.cli.executions import ExecutionId
from api.cli.output import print_json, print_record
from api.client import ApiRefused, Client

commands = typer.Typer()

PlaybookId = Annotated[str, typer.Argument(help="id of the playbook", metavar="ID")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--parameter", "--param", "-p", help="JSON, or else text", metavar="NAME=VALUE"),
]
RepetitionKey = Annotated[str | None, typer.Option(help="the same key starts the same execution")]
Wait = Annotated[
    bool, typer.Option("--wait", help="until it has ended; exit code 1 unless it completed")
]

_POLL_SECONDS = 0.2


@commands.command()
@asks_api
async def run(
    client: Client,
    playbook_id: PlaybookId,
    asset: Annotated[str | None, typer.Option(help="id of the asset to run on")] = None,
    parameter: Parameters = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="without side effects")] = False,
    idempotency_key: RepetitionKey = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Start an execution of a playbook."""
    body = {
        "target_asset_id": asset,
        "parameters": named_values(parameter, "--parameter"),
        "dry_run": dry_run,
    }
    said = {name: value for name, value in body.items() if value is not None}
    shown = await _started(client, idempotency_key, said, "playbooks", playbook_id, "run")
    await _show(client, shown, wait=wait, as_json=as_json)


@commands.command()
@asks_api
async def rerun(
    client: Client,
    execution_id: ExecutionId,
    from_: Annotated[
        Literal["failed", "start"],
        typer.Option("--from", help="the step that failed, or the start"),
    ] = "failed",
    parameter: Parameters = None,
    idempotency_key: RepetitionKey = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Run an execution again that has ended.

    It goes on at the step that failed, with the outputs of those before it, or begins anew.
    Parameters that are not given are those of the first time.
    """
    body = {"from": from_, "parameters": named_values(parameter, "--parameter")}
    path = ("playbooks", "executions", execution_id, "rerun")
    shown = await _started(client, idempotency_key, body, *path)
    await _show(client, shown, wait=wait, as_json=as_json)


async def _started(
    client: Client, idempotency_key: str | None, body: dict[str, Any], *path: str
) -> dict[str, Any]:
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    return dict((await client.ask("POST", *path, body=body, headers=headers)).data)


async def _show(client: Client, shown: dict[str, Any], *, wait: bool, as_json: bool) -> None:
    if wait:
        shown = await ended(client, shown["execution_id"])
    if as_json:
        print_json(shown)
    else:
        print_record(shown)
    if wait and shown["status"] != "completed":
        raise typer.Exit(FAILED)


async def ended(client: Client, execution_id: str) -> dict[str, Any]:
    """Return an execution once it has ended."""
    while True:
        try:
            found = await client.get("playbooks", "executions", execution_id)
        except ApiRefused as error:
            if error.status != 404:  # it has been asked for, but the table has not got it yet
                raise
        else:
            if found.data["status"] in ("completed", "failed", "cancelled"):
                return dict(found.data)
        await asyncio.sleep(_POLL_SECONDS)


def named_values(given: list[str] | None, option: str) -> dict[str, Any]:
    """Return what ``NAME=VALUE`` options say; a value is JSON, or else text. Raises UsageError."""
    values: dict[str, Any] = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise UsageError(f"{option} {each}: write NAME=VALUE")
        try:
            values[name] = orjson.loads(value)
        except ValueError:
            values[name] = value
    return values
