"""``send``: findings from files to the API."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.connections import Json, asks_api
from api.cli.errors import CommandFailed
from api.cli.output import print_json
from api.client import Client
from engine.formats import formats
from engine.formats.formats import FormatName, UnknownFormat

commands = typer.Typer()

BATCH = 1_000
BATCH_BYTES = 8 << 20
"""As many the API takes at once, and half as many bytes."""


@commands.command()
@asks_api
async def send(
    client: Client,
    files: Annotated[
        list[Path], typer.Argument(help="JSON: one finding, a list, or one a line; -: stdin")
    ],
    format: Annotated[
        FormatName | None,
        typer.Option(help="the scanner's own format of the files; auto: what they look like"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send findings from files."""
    # All read before the first is sent: a file that is no JSON is found out without effect.
    found = [
        finding
        for file in files
        for finding in (read(file) if format is None else reported(file, format))
    ]
    ids = await sent(client, found)
    if as_json:
        print_json(ids)
    else:
        print(f"{len(ids)} {'finding' if len(ids) == 1 else 'findings'} sent")


async def sent(client: Client, findings: list[Any]) -> list[str]:
    """Send findings; return their ids."""
    ids: list[str] = []
    for batch in _batches(findings):
        answer = await client.ask("POST", "findings", body=batch)
        ids += answer.data["ids"]
    return ids


def _batches(findings: list[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for finding in findings:
        added = len(orjson.dumps(finding))
        if batch and (len(batch) == BATCH or size + added > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(finding)
        size += added
    if batch:
        yield batch


def reported(path: Path, format: str) -> Iterator[Any]:
    """Yield the findings of a scanner's report. Raises CommandFailed."""
    try:
        report = formats.read(document(path), format)
    except UnknownFormat as error:
        raise CommandFailed(f"{path}: {error}") from None
    for finding in report.findings:
        yield finding.model_dump(mode="json", exclude_none=True)


def read(path: Path) -> Iterator[Any]:
    """Yield the findings of a file. Raises CommandFailed."""
    said = document(path)
    yield from said if isinstance(said, list) else [said]


def document(path: Path) -> Any:
    """Return what stands in a file: JSON, or the list of what stands on its lines."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path}: cannot be read: {error.strerror}") from None
    content = _in_utf8(path, content)
    try:
        return orjson.loads(content)
    except ValueError as error:
        lines = list(_lines(path, content, error))
        return lines[0] if len(lines) == 1 else lines


def _in_utf8(path: Path, content: bytes) -> bytes:
    """Return JSON in UTF-8, in whichever Unicode it is: Windows writes UTF-16, and marks both."""
    charset = json.detect_encoding(content)
    try:
        return content.decode(charset).encode()
    except UnicodeDecodeError:
        raise CommandFailed(f"{path}: is not {charset.upper()} text") from None


def _lines(path: Path, content: bytes, whole: ValueError) -> Iterator[Any]:
    lines = [(n, line) for n, line in enumerate(content.splitlines(), 1) if line.strip()]
    for number, line in lines:
        try:
            yield orjson.loads(line)
        except ValueError as error:
            # A document over several lines is meant as one; what is wrong is wrong with it.
            said = f"{path}:{number}: {error}" if number > 1 else f"{path}: {whole}"
            raise CommandFailed(f"{said}: write JSON, or one JSON object a line") from None
