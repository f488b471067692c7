"""``validate``: what is wrong with playbook files, without asking anybody."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents, sarif
from api.cli.connections import Json
from api.cli.errors import FAILED
from api.cli.output import print_json, printable

commands = typer.Typer()


class Format(StrEnum):
    """How problems are printed."""

    text = "text"
    json = "json"
    sarif = "sarif"


@commands.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="playbook files, or directories of them")],
    form: Annotated[Format, typer.Option("--format", help="how to print")] = Format.text,
    as_json: Json = False,
) -> None:
    """Say what is wrong with playbook files.

    Everything at once, each problem as file:line:column: message. Asks nobody: fit for a
    pre-commit hook. Exit code 1 when there is any.
    """
    found = documents.read_all(files)
    problems = [problem for document in found for problem in document.problems]
    if form is Format.sarif:
        print_json(sarif.report(problems))
    elif form is Format.json or as_json:
        print_json(
            {
                "valid": not problems,
                "files": len(found),
                "errors": [
                    {
                        "file": str(problem.path),
                        "line": problem.line,
                        "column": problem.column,
                        "pointer": problem.pointer,
                        "message": problem.message,
                    }
                    for problem in problems
                ],
            }
        )
    else:
        for problem in problems:
            print(printable(str(problem)))
        if not problems:
            print(f"{len(found)} valid" if len(found) > 1 else f"{found[0].path}: valid")
    if problems:
        raise typer.Exit(FAILED)
