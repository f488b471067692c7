"""``doctor``: what is wrong with a deployment, and what to do."""

from dataclasses import asdict

import typer

from api.cli.connections import Json
from api.cli.errors import FAILED
from api.cli.output import print_json, print_table
from api.cli.settings import CLUSTER, LOGS, TOPICS, with_settings
from api.processes import logs
from api.processes.composition import with_broker
from api.processes.loops import run
from streams.doctor import Check, examine
from streams.settings import Settings

commands = typer.Typer()

_WORDS = {True: "ok", False: "wrong", None: "unknown"}


@commands.command()
@with_settings(*CLUSTER, "table", *TOPICS, *LOGS)
def doctor(settings: Settings, as_json: Json = False) -> None:
    """Look for what is wrong with a deployment.

    Broker, topics, permissions and transactions, clocks, the table and the disk, with what to do
    about each. Works on a topic of its own. Exit code 1 when something is wrong.
    """
    logs.configure(settings.log_format, settings.log_level)
    checks = run(_all(with_broker(settings)))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        print_table(
            ("check", "is", "says", "what to do"),
            [(check.name, _WORDS[check.ok], check.says, check.todo) for check in checks],
            empty="",
        )
    if any(check.ok is False for check in checks):
        raise typer.Exit(FAILED)


async def _all(settings: Settings) -> list[Check]:
    return [check async for check in examine(settings)]
