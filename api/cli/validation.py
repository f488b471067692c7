"""``validate``: what is wrong with playbook files, without asking anybody."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import documents, sarif
from api.cli.connections import Json
from api.cli.documents import PlacedProblem
from api.cli.errors import FAILED
from api.cli.output import print_json, printable
from engine.warnings.actions import Surroundings
from streams.actions.actions import Actions
from streams.settings import load

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
    strict: Annotated[bool, typer.Option("--strict", help="warnings fail as well")] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with playbook files.

    Everything at once, each problem as file:line:column: message, and each warning, which is
    valid but hardly meant, as file:line:column: warning: message. Asks nobody: fit for a
    pre-commit hook. Exit code 1 when anything is wrong. PLAYBOOKS_ACTIONS_FILE has the actions
    that it names known, and every other one warned of.
    """
    found = documents.read_all(files)
    around = _surroundings()
    problems = [problem for document in found for problem in document.problems]
    warnings = [warning for document in found for warning in document.warnings(around)]
    if form is Format.sarif:
        print_json(sarif.report([*problems, *warnings]))
    elif form is Format.json or as_json:
        print_json(
            {
                "valid": not problems,
                "files": len(found),
                "errors": [_told(problem) for problem in problems],
                "warnings": [_told(warning) for warning in warnings],
            }
        )
    else:
        for problem in (*problems, *warnings):
            print(printable(str(problem)))
        if not problems:
            print(f"{len(found)} valid" if len(found) > 1 else f"{found[0].path}: valid")
    if problems or (strict and warnings):
        raise typer.Exit(FAILED)


def _surroundings() -> Surroundings:
    """Return what is known of the place where the playbooks are to run."""
    actions_file = load().actions_file
    return Surroundings(Actions(actions_file).repetitions, complete=actions_file is not None)


def _told(problem: PlacedProblem) -> dict[str, Any]:
    return {
        "file": str(problem.path),
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "message": problem.message,
    }
