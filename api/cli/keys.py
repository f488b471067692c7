"""``keys``: who may ask the API, and for what."""

from typing import Annotated

import typer

from api.cli.connections import Json, asks_api
from api.cli.output import moment, print_json, print_record, print_table
from api.client import Client

commands = typer.Typer(name="keys", help="The keys of the API.", no_args_is_help=True)


@commands.command()
@asks_api
async def create(
    client: Client,
    name: Annotated[str, typer.Option(help="whose it is; shown in every record of who did what")],
    scope: Annotated[
        list[str],
        typer.Option(help="read:playbooks, write:playbooks, write:findings or admin; repeatable"),
    ],
    expires_at: Annotated[
        str | None, typer.Option(help="when it ends to be taken, as 2027-01-31T00:00:00Z")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown now and never again."""
    body = {"name": name, "scopes": scope}
    if expires_at is not None:
        body["expires_at"] = expires_at
    answer = await client.ask("POST", "keys", body=body)
    if as_json:
        print_json(answer.data)
    else:
        print_record(answer.data)


@commands.command("list")
@asks_api
async def list_(client: Client, as_json: Json = False) -> None:
    """List the keys, without their secrets."""
    answer = await client.get("keys")
    if as_json:
        print_json(answer.data)
        return
    print_table(
        ("key", "name", "scopes", "created", "expires"),
        [
            (
                each["id"],
                each["name"],
                ", ".join(each["scopes"]),
                moment(each["created_at"]),
                moment(each["expires_at"]),
            )
            for each in answer.data
        ],
        empty="no keys",
    )


@commands.command()
@asks_api
async def revoke(
    client: Client,
    key_id: Annotated[str, typer.Argument(help="id of the key", metavar="ID")],
    as_json: Json = False,
) -> None:
    """Take a key away; it is refused from now on."""
    await client.ask("DELETE", "keys", key_id)
    if as_json:
        print_json({"id": key_id, "revoked": True})
    else:
        print(f"{key_id} is revoked")
