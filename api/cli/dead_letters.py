"""``dead-letters``: what no agent could handle, looked at and given back."""

from base64 import b64decode
from typing import Annotated, Any

import typer

from api.cli.connections import Json
from api.cli.errors import CommandFailed
from api.cli.output import moment, print_json, print_record, print_table
from api.cli.settings import CLUSTER, LOGS, with_settings
from api.processes import logs
from api.processes.composition import with_broker
from api.processes.loops import run
from streams import letters
from streams.letters import Letter
from streams.settings import Settings

commands = typer.Typer(
    name="dead-letters", help="What no agent could handle.", no_args_is_help=True
)

LetterId = Annotated[
    str, typer.Argument(help="where it stands, partition:offset, as `list` says", metavar="ID")
]


@commands.command("list")
@with_settings(*CLUSTER, *LOGS)
def list_(
    settings: Settings,
    topic: Annotated[str | None, typer.Option(help="only what stood on this topic")] = None,
    as_json: Json = False,
) -> None:
    """List the dead letters, oldest first."""
    logs.configure(settings.log_format, settings.log_level)
    found = run(letters.read(with_broker(settings)))
    shown = [each for each in found if topic is None or each.of_topic(settings) == topic]
    if as_json:
        print_json([_json(each) for each in shown])
        return
    print_table(
        ("letter", "at", "agent", "topic", "stood at", "reason"),
        [
            (
                each.id,
                moment(each.letter.at.isoformat()),
                each.letter.agent,
                each.letter.topic,
                f"{each.letter.partition}:{each.letter.offset}",
                each.letter.reason,
            )
            for each in shown
        ],
        empty="no dead letters",
    )


@commands.command()
@with_settings(*CLUSTER, *LOGS)
def show(settings: Settings, letter_id: LetterId, as_json: Json = False) -> None:
    """Show a dead letter whole, with the record that it holds."""
    logs.configure(settings.log_format, settings.log_level)
    found = _found(settings, letter_id)
    if as_json:
        print_json(_json(found))
    else:
        print_record(_json(found))


@commands.command()
@with_settings(*CLUSTER, *LOGS)
def replay(settings: Settings, letter_id: LetterId, as_json: Json = False) -> None:
    """Put the record of a dead letter on its topic again.

    For after the cause has been mended. What had been done already is not done twice.
    """
    logs.configure(settings.log_format, settings.log_level)
    found = _found(settings, letter_id)
    run(letters.replay(with_broker(settings), found))
    if as_json:
        print_json({"id": found.id, "topic": found.letter.topic, "replayed": True})
    else:
        print(f"{found.id} stands on {found.letter.topic} again")


def _found(settings: Settings, letter_id: str) -> Letter:
    for each in run(letters.read(with_broker(settings))):
        if each.id == letter_id:
            return each
    raise CommandFailed(
        f"there is no dead letter {letter_id}: `playbooks dead-letters list` lists them"
    )


def _json(found: Letter) -> dict[str, Any]:
    letter = found.letter.model_dump(mode="json")
    headers = [{**each, "value": _text(each["value"])} for each in letter.pop("headers", ())]
    read = {"key": _text(letter["key"]), "value": _text(letter["value"]), "headers": headers}
    return {"id": found.id, **letter, **read}


def _text(value: str | None) -> str | None:
    return None if value is None else b64decode(value).decode(errors="replace")
