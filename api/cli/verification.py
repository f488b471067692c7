"""``verify``: the log folded afresh, compared with the table."""

from dataclasses import asdict

import typer

from api.cli.connections import Json
from api.cli.errors import FAILED, CommandFailed
from api.cli.output import print_json, print_table
from api.cli.settings import CLUSTER, LOGS, with_settings
from api.processes import logs
from api.processes.composition import with_broker
from api.processes.loops import run
from streams import verification
from streams.settings import Settings
from streams.table import opening
from streams.verification import Verification

commands = typer.Typer()


@commands.command()
@with_settings(*CLUSTER, "table", *LOGS)
def verify(settings: Settings, as_json: Json = False) -> None:
    """Fold the log afresh and compare with the table.

    What workers would restore is compared too. Events must be gapless and single, with the ids
    that follow from their numbers, and each must name a command or a timer that causes nothing
    else.

    Prints every difference; exit code 1 when there is one. It may run while everything runs,
    and needs nothing to run but the broker.
    """
    logs.configure(settings.log_format, settings.log_level)
    table = opening.found(settings)
    if table is None:
        where = settings.data_dir if settings.table is None else "the database of --table"
        raise CommandFailed(
            f"there is no table in {where}: name the data directory of `playbooks up` "
            "or `playbooks api` by --data-dir, or their database by --table"
        )
    try:
        result = run(verification.verify(with_broker(settings), table))
    finally:
        table.close()
    if as_json:
        print_json({"ok": result.ok, **asdict(result)})
    else:
        _print(result)
    if not result.ok:
        raise typer.Exit(FAILED)


def _print(result: Verification) -> None:
    if not result.ok:
        print_table(
            ("execution", "what", "expected", "found"),
            [(d.execution_id, d.what, d.expected, d.found) for d in result.differences],
            empty="",
        )
    if result.ok:
        said = "the table is the fold of the log"
    else:
        said = f"{result.differences_total} differences"
    print(
        f"{said}: {result.events} events of {result.executions} executions"
        + _of_them(result.cut, "without their first events")
        + _of_them(result.pruned, "no longer kept")
    )
    print(
        f"caused by: timers and {result.commands} commands"
        + _besides(result.unjudged, "that are no longer kept")
    )
    print(
        f"snapshots: {result.snapshots} compared"
        + _besides(result.ahead, "of executions that have gone on")
        + _besides(result.forgotten, "that ended too long ago to be remembered")
        + _besides(result.eventless, "without events that are kept")
    )


def _of_them(count: int, what: str) -> str:
    return f", {count} of them {what}" if count else ""


def _besides(count: int, what: str) -> str:
    return f", {count} {what}" if count else ""
