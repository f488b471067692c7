"""``send``: findings from files to the API."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.connections import Json, asks_api
from api.cli.errors import CommandFailed
from api.cli.output import print_json
from api.client import Client

commands = typer.Typer()

BATCH = 1_000
"""As many the API takes at once."""


@commands.command()
@asks_api
async def send(
    client: Client,
    files: Annotated[
        list[Path], typer.Argument(help="JSON: one finding, a list, or one a line; -: stdin")
    ],
    as_json: Json = False,
) -> None:
    """Send findings from files."""
    # All read before the first is sent: a file that is no JSON is found out without effect.
    found = [finding for file in files for finding in read(file)]
    ids = await sent(client, found)
    if as_json:
        print_json(ids)
    else:
        print(f"{len(ids)} {'finding' if len(ids) == 1 else 'findings'} sent")


async def sent(client: Client, findings: list[Any]) -> list[str]:
    """Send findings; return their ids."""
    ids: list[str] = []
    remaining = iter(findings)
    while batch := list(islice(remaining, BATCH)):
        answer = await client.ask("POST", "findings", body=batch)
        ids += answer.data["ids"]
    return ids


def read(path: Path) -> Iterator[Any]:
    """Yield the findings of a file. Raises CommandFailed."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path}: cannot be read: {error.strerror}") from None
    try:
        document = orjson.loads(content)
    except ValueError as error:
        yield from _lines(path, content, error)
    else:
        yield from document if isinstance(document, list) else [document]


def _lines(path: Path, content: bytes, whole: ValueError) -> Iterator[Any]:
    lines = [(n, line) for n, line in enumerate(content.splitlines(), 1) if line.strip()]
    for number, line in lines:
        try:
            yield orjson.loads(line)
        except ValueError as error:
            # A document over several lines is meant as one; what is wrong is wrong with it.
            said = f"{path}:{number}: {error}" if number > 1 else f"{path}: {whole}"
            raise CommandFailed(f"{said}: write JSON, or one JSON object a line") from None
