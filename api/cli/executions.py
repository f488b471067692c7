"""Commands about executions: what runs and has run, step by step and event by event."""

from typing import Annotated, Any

import typer

from api.cli.connections import Json, asks_api
from api.cli.output import moment, print_json, print_record, print_table
from api.client import Client

commands = typer.Typer()

ExecutionId = Annotated[str, typer.Argument(help="id of the execution", metavar="ID")]

_COMMON = {
    "type",
    "execution_id",
    "sequence",
    "id",
    "at",
    "playbook_id",
    "playbook_version",
    "playbook_revision",
    "command_id",
}
"""The fields of every event; what it has beyond them is its own."""


@commands.command()
@asks_api
async def executions(
    client: Client,
    status: Annotated[str | None, typer.Option(help="pending, running, paused …")] = None,
    playbook: Annotated[str | None, typer.Option(help="id of the playbook")] = None,
    finding: Annotated[str | None, typer.Option(help="id of the finding")] = None,
    asset: Annotated[str | None, typer.Option(help="id of the asset")] = None,
    trigger: Annotated[str | None, typer.Option(help="finding.new, manual …")] = None,
    since: Annotated[str | None, typer.Option(help="started at or after this time")] = None,
    until: Annotated[str | None, typer.Option(help="started before this time")] = None,
    page: Annotated[int, typer.Option(help="which page", min=1)] = 1,
    per_page: Annotated[int, typer.Option(help="how many on a page", min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """List the executions, newest first."""
    answer = await client.get(
        "playbooks",
        "executions",
        status=status,
        playbook_id=playbook,
        finding_id=finding,
        asset_id=asset,
        trigger=trigger,
        since=since,
        until=until,
        page=page,
        per_page=per_page,
    )
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("execution", "status", "playbook", "finding", "current step", "steps", "started"),
        [
            (
                each["execution_id"],
                each["status"],
                each["playbook_id"],
                each["finding_id"],
                each["current_step"],
                f"{each['steps_completed']}/{each['steps_total']}",
                moment(each["started_at"]),
            )
            for each in answer.data
        ],
        empty="no executions",
    )


@commands.command()
@asks_api
async def status(client: Client, execution_id: ExecutionId, as_json: Json = False) -> None:
    """Show an execution."""
    answer = await client.get("playbooks", "executions", execution_id)
    if as_json:
        print_json(answer.data)
    else:
        print_record(answer.data)


@commands.command()
@asks_api
async def steps(client: Client, execution_id: ExecutionId, as_json: Json = False) -> None:
    """Show the steps of an execution."""
    answer = await client.get("playbooks", "executions", execution_id, "steps")
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("step", "type", "status", "attempts", "started", "completed", "result"),
        [
            (
                each["step_id"],
                each["type"],
                each["status"],
                each["attempts"],
                moment(each["started_at"]),
                moment(each["completed_at"]),
                (each["error"] or {}).get("message") or each["output"],
            )
            for each in answer.data
        ],
        empty="no steps",
    )


@commands.command()
@asks_api
async def events(client: Client, execution_id: ExecutionId, as_json: Json = False) -> None:
    """Show the transitions of an execution."""
    answer = await client.get("playbooks", "executions", execution_id, "events")
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("", "at", "event", "step", "what"),
        [
            (each["sequence"], moment(each["at"]), each["type"], each.get("step_id"), _own(each))
            for each in answer.data
        ],
        empty="no events",
    )


def _own(event: dict[str, Any]) -> dict[str, Any]:
    hidden = _COMMON | {"step_id", "definition", "event"}
    return {name: value for name, value in event.items() if name not in hidden and value}
