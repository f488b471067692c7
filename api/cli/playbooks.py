"""Commands about playbooks: bring them in, look at them, switch them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import documents
from api.cli.connections import Json, asks_api
from api.cli.documents import Document, InvalidDocuments
from api.cli.errors import CommandFailed
from api.cli.output import print_json, print_table, yaml_text
from api.client import ApiRefused, Client

commands = typer.Typer()

PlaybookId = Annotated[str, typer.Argument(help="id of the playbook", metavar="ID")]


@commands.command()
@asks_api
async def apply(
    client: Client,
    files: Annotated[list[Path], typer.Argument(help="playbook files, or directories of them")],
    as_json: Json = False,
) -> None:
    """Create or update playbooks from files.

    All files are checked before the first is sent. A playbook is found by its id, or by the id
    that follows from its name; what is as in the file already is left alone. A file that does
    not say whether the playbook is enabled leaves it as it is.
    """
    found = documents.read_all(files)
    problems = [problem for document in found for problem in document.problems]
    if problems:
        raise InvalidDocuments(problems)
    applied = [await applied_to(client, document) for document in found]
    if as_json:
        print_json(applied)
    else:
        print_table(
            ("playbook", "version", "outcome"),
            [(each["id"], each["version"], each["outcome"]) for each in applied],
            empty="no files",
        )


async def applied_to(client: Client, document: Document) -> dict[str, Any]:
    """Bring one playbook up to date; return ``id``, ``version`` and ``outcome``."""
    playbook_id = document.playbook_id
    said = {"id": playbook_id, "version": document.value["version"]}
    try:
        there = await client.get("playbooks", playbook_id)
    except ApiRefused as error:
        if error.status != 404:
            raise
        created = await client.ask("POST", "playbooks", body=document.value)
        return said | {"id": created.data["id"], "outcome": "created"}
    enabled = document.value.get("enabled", there.data["enabled"])
    if there.data["revision"] == document.revision and there.data["enabled"] == enabled:
        return said | {"outcome": "unchanged"}
    body = {**document.value, "id": playbook_id, "enabled": enabled}
    # What somebody else has written since we looked is not overwritten.
    expected = {"If-Match": there.headers["ETag"]} if "ETag" in there.headers else {}
    await client.ask("PUT", "playbooks", playbook_id, body=body, headers=expected)
    return said | {"outcome": "updated"}


@commands.command("list")
@asks_api
async def list_(
    client: Client,
    search: Annotated[str | None, typer.Option(help="in name or description")] = None,
    tag: Annotated[str | None, typer.Option(help="with this tag")] = None,
    page: Annotated[int, typer.Option(help="which page", min=1)] = 1,
    per_page: Annotated[int, typer.Option(help="how many on a page", min=1, max=100)] = 100,
    as_json: Json = False,
) -> None:
    """List the playbooks."""
    answer = await client.get("playbooks", search=search, tag=tag, page=page, per_page=per_page)
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("playbook", "name", "version", "enabled", "trigger", "steps", "tags"),
        [
            (
                each["id"],
                each["name"],
                each["version"],
                each["enabled"],
                each["trigger"]["event"],
                each["step_count"],
                ", ".join(each["tags"]),
            )
            for each in answer.data
        ],
        empty="no playbooks: `playbooks apply FILE` creates one",
    )


@commands.command()
@asks_api
async def show(client: Client, playbook_id: PlaybookId, as_json: Json = False) -> None:
    """Show a playbook.

    As YAML: the definition, and what is known of it.
    """
    answer = await client.get("playbooks", playbook_id)
    if as_json:
        print_json(answer.data)
    else:
        print(yaml_text(answer.data), end="")


@commands.command()
@asks_api
async def enable(client: Client, playbook_id: PlaybookId, as_json: Json = False) -> None:
    """Let findings start a playbook."""
    await _switch(client, playbook_id, True, as_json)


@commands.command()
@asks_api
async def disable(client: Client, playbook_id: PlaybookId, as_json: Json = False) -> None:
    """Keep findings from starting a playbook.

    Executions under way go on; it can still be started by `run`.
    """
    await _switch(client, playbook_id, False, as_json)


async def _switch(client: Client, playbook_id: str, enabled: bool, as_json: bool) -> None:
    answer = await client.ask("PATCH", "playbooks", playbook_id, body={"enabled": enabled})
    if as_json:
        print_json(answer.data)
    else:
        print(f"{playbook_id} is {'enabled' if enabled else 'disabled'}")


@commands.command()
@asks_api
async def delete(
    client: Client,
    playbook_id: PlaybookId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Delete a playbook.

    Executions under way go on, and what has run stays readable.
    """
    if not yes and not typer.confirm(f"delete {playbook_id}?", err=True):
        raise CommandFailed(f"{playbook_id} was not deleted")
    await client.ask("DELETE", "playbooks", playbook_id)
    if as_json:
        print_json({"id": playbook_id, "deleted": True})
    else:
        print(f"{playbook_id} is deleted")
