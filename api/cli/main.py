"""The map of commands: what each is for, and which module of this package has it.

A module is imported when one of its commands is called, so that ``playbooks --help`` needs
none of them.
"""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Entry(NamedTuple):
    """A command of the overview. panel: the heading it stands under."""

    module: str
    panel: str
    summary: str


_RUN = "Run"
_PLAYBOOKS = "Playbooks"
_EXECUTIONS = "Executions"
_FINDINGS = "Findings"
_OPERATIONS = "Operations"

COMMANDS = {
    "demo": Entry("demo", _RUN, "Show it all at work, on this machine alone."),
    "up": Entry("processes", _RUN, "Run broker, topics, worker and API in one process."),
    "worker": Entry("processes", _RUN, "Run the agents alone."),
    "api": Entry("processes", _RUN, "Run the REST API alone."),
    "broker": Entry("processes", _RUN, "Run the embedded broker alone."),
    "apply": Entry("playbooks", _PLAYBOOKS, "Create or update playbooks from files."),
    "validate": Entry("validation", _PLAYBOOKS, "Say what is wrong with playbook files."),
    "schema": Entry("playbook_schema", _PLAYBOOKS, "Print the JSON Schema of a playbook."),
    "list": Entry("playbooks", _PLAYBOOKS, "List the playbooks."),
    "show": Entry("playbooks", _PLAYBOOKS, "Show a playbook."),
    "enable": Entry("playbooks", _PLAYBOOKS, "Let findings start a playbook."),
    "disable": Entry("playbooks", _PLAYBOOKS, "Keep findings from starting a playbook."),
    "import": Entry("exchange", _PLAYBOOKS, "Import CACAO 2.0 documents or playbook files."),
    "export": Entry("exchange", _PLAYBOOKS, "Export a playbook as a CACAO 2.0 document."),
    "diagram": Entry("exchange", _PLAYBOOKS, "Print a playbook as a picture (Mermaid)."),
    "delete": Entry("playbooks", _PLAYBOOKS, "Delete a playbook."),
    "run": Entry("runs", _PLAYBOOKS, "Start an execution of a playbook."),
    "executions": Entry("executions", _EXECUTIONS, "List the executions, newest first."),
    "status": Entry("executions", _EXECUTIONS, "Show an execution."),
    "steps": Entry("executions", _EXECUTIONS, "Show the steps of an execution."),
    "events": Entry("executions", _EXECUTIONS, "Show the transitions of an execution."),
    "watch": Entry("watching", _EXECUTIONS, "Show executions live."),
    "cancel": Entry("controls", _EXECUTIONS, "Cancel an execution."),
    "pause": Entry("controls", _EXECUTIONS, "Let an execution start no further step."),
    "resume": Entry("controls", _EXECUTIONS, "Let a paused execution go on."),
    "rerun": Entry("runs", _EXECUTIONS, "Run an execution again that has ended."),
    "approvals": Entry("approvals", _EXECUTIONS, "List the steps that wait for people."),
    "approve": Entry("controls", _EXECUTIONS, "Say yes to a step that waits for it."),
    "reject": Entry("controls", _EXECUTIONS, "Say no to a step that waits for approval."),
    "send": Entry("findings", _FINDINGS, "Send findings from files."),
    "explain": Entry("explanations", _FINDINGS, "Say which playbooks an event starts, and why."),
    "backtest": Entry("backtests", _FINDINGS, "Say what a trigger would have started."),
    "doctor": Entry("doctor", _OPERATIONS, "Look for what is wrong with a deployment."),
    "topics": Entry("topics", _OPERATIONS, "Create the topics, or compare or export the map."),
    "verify": Entry("verification", _OPERATIONS, "Fold the log afresh and compare with the table."),
    "dead-letters": Entry("dead_letters", _OPERATIONS, "What no agent could handle."),
    "asyncapi": Entry("asyncapi", _OPERATIONS, "Print the AsyncAPI document of the topics."),
    "keys": Entry("keys", _OPERATIONS, "The keys of the API."),
    "actions": Entry("actions", _OPERATIONS, "List the actions that steps can name."),
}


class Overview(TyperGroup):
    """Lists the commands without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the map."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return what the overview shows of a command; None: there is no such command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.summary, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called, imported."""
        name, shown, rest = super().resolve_command(ctx, args)
        return name, shown and load(str(name)), rest


def load(name: str) -> Any:
    """Import a command."""
    module = import_module(f"api.cli.{COMMANDS[name].module}")
    group = get_group(module.commands)
    if module.commands.info.name == name:
        return group
    return group.commands[name]


app = typer.Typer(
    name="playbooks",
    cls=Overview,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def playbooks() -> None:
    """Security findings on Kafka start playbooks that run to the end, exactly once.

    Try [bold]playbooks demo[/bold]. Commands that ask the API find it by PLAYBOOKS_URL and
    PLAYBOOKS_API_KEY; without these it is the one on this machine.
    """


def _require_text(arguments: Iterable[str]) -> None:
    """Raise UsageError for an argument that is neither text in UTF-8 nor the name of a file.

    What Python makes of its bytes can be sent to nobody.
    """
    for each in arguments:
        is_text = each == each.encode(errors="ignore").decode()
        if not is_text and not os.path.lexists(each):
            from api.cli.errors import UsageError

            raise UsageError(f"{each!a} is not UTF-8: check the charset of the terminal")


def main() -> None:
    """Run a command; the exit code is 0: done, 1: failed, 2: wrong usage."""
    try:
        _require_text(sys.argv[1:])
        app()
    except Exception as error:
        # What needs no sentence has been dealt with by typer; here only failures arrive.
        from api.cli.errors import fail

        fail(error)
