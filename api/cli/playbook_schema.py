"""``schema``: the playbook format for editors."""

import typer

from api.cli.output import print_json
from engine.playbook_schema import playbook_schema

commands = typer.Typer()


@commands.command()
def schema() -> None:
    """Print the JSON Schema of a playbook.

    For editors: a first line `# yaml-language-server: $schema=FILE` has a playbook checked and
    completed as it is written.
    """
    print_json(playbook_schema())
