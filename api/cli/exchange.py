"""Commands that take playbooks in and give them out: import, export, diagram."""

from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer

from api.cli.connections import Json, asks_api
from api.cli.errors import CommandFailed
from api.cli.output import print_json, print_table
from api.client import Client
from streams.actions import yaml_files

commands = typer.Typer()


@commands.command("import")
@asks_api
async def import_(
    client: Client,
    files: Annotated[list[Path], typer.Argument(help="CACAO 2.0 documents, or playbook files")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would become of them")
    ] = False,
    on_conflict: Annotated[
        Literal["rename", "replace"] | None,
        typer.Option(help="what to do with a playbook that is there already"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import CACAO 2.0 documents or playbook files.

    What comes of them is disabled, until `playbooks enable`. All files are read before the first
    is sent.
    """
    documents = [(path, _read(path)) for path in files]
    query = {"dry_run": dry_run or None, "on_conflict": on_conflict}
    answers = [
        (await client.ask("POST", "playbooks", "import", query=query, body=document)).data
        for _, document in documents
    ]
    if as_json:
        print_json(answers)
    else:
        for (path, _), answer in zip(documents, answers, strict=True):
            _show(path, answer, dry_run=dry_run)
    if dry_run and not all(answer["valid"] for answer in answers):
        raise CommandFailed("not every file could be imported")


@commands.command()
@asks_api
async def export(
    client: Client,
    playbook_id: Annotated[str, typer.Argument(help="id of the playbook", metavar="ID")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="the file to write", metavar="FILE")
    ] = None,
    form: Annotated[
        Literal["cacao_v2", "native"], typer.Option("--format", help="the form of the document")
    ] = "cacao_v2",
    condition_style: Annotated[
        Literal["bracketed", "soarca"],
        typer.Option(help="soarca: lone comparisons without brackets"),
    ] = "bracketed",
) -> None:
    """Export a playbook as a CACAO 2.0 document.

    Or, with `--format native`, as a playbook file. A secret that stands in it in clear is named
    instead.
    """
    content = await client.fetch(
        "playbooks", playbook_id, "export", format=form, condition_style=condition_style
    )
    if output is None:
        print(content.decode(), end="")
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CommandFailed(f"{output} cannot be written: {error.strerror}") from None
    print(f"{playbook_id} is in {output}")


@commands.command()
def diagram(
    file: Annotated[Path, typer.Argument(help="a playbook file, or a CACAO 2.0 document")],
    as_json: Json = False,
) -> None:
    """Print a playbook as a picture (Mermaid).

    With `--json`: its nodes and edges.
    """
    from dataclasses import asdict

    from engine.compiling import compiled
    from engine.diagrams import diagram as drawn
    from engine.diagrams import mermaid
    from engine.imports import planned

    plan = planned(_read(file))
    if plan.playbook is None:
        said = "".join(f"\n  {each.pointer or '/'}: {each.message}" for each in plan.problems)
        raise CommandFailed(f"{file} is no valid playbook:{said}")
    picture = drawn(compiled(plan.playbook, ""))
    if as_json:
        print_json(asdict(picture))
    else:
        print(mermaid(picture), end="")


def _read(path: Path) -> Any:
    try:
        value = yaml_files.read(path).value
        orjson.dumps(value)
    except yaml_files.YamlError as error:
        raise CommandFailed(str(error)) from None
    except TypeError as error:
        raise CommandFailed(f"{path} cannot be said in JSON: {error}") from None
    return value


def _show(path: Path, answer: dict[str, Any], *, dry_run: bool) -> None:
    if not dry_run:
        print(f"{path}: {answer['id']} {answer['version']}, disabled")
    elif answer["valid"]:
        there = f"; {answer['exists']} is there already" if answer["exists"] else ""
        print(f"{path}: would be imported{there}")
    else:
        print(f"{path}: cannot be imported")
    told = [("error", "", each) for each in answer.get("errors", ())]
    told += [("warning", each["kind"], each) for each in answer["warnings"]]
    told += [("standard", each["level"], each) for each in answer.get("findings", ())]
    if told:
        print_table(
            ("", "kind", "where", "what"),
            [(what, kind, each["pointer"], each["message"]) for what, kind, each in told],
            empty="",
        )
