"""Every message type as it was released: yesterday's bytes mean the same today.

Golden files are added, never edited. A file that is missing for a type is a failure, too.
"""

from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from pydantic import TypeAdapter

from schemas import commands, events
from schemas.actions import ActionRequest
from schemas.admissions import AdmissionCommand
from schemas.commands import Command, Rejection
from schemas.dead_letters import DeadLetter
from schemas.events import Event
from schemas.findings import Finding
from schemas.messages import Message
from schemas.playbooks import PlaybookRecord
from streams.codecs import encode

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
UNIONS = {
    "events": Event,
    "commands": Command,
    "admissions": AdmissionCommand,
    "playbooks": PlaybookRecord,
}
ALONE = [ActionRequest, Rejection, DeadLetter, Finding]


def types() -> dict[str, Any]:
    members = {
        member.__name__: member
        for union in UNIONS.values()
        for member in get_args(get_args(union)[0])
    }
    return members | {alone.__name__: alone for alone in ALONE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_released_message_reads_and_writes_the_same(path: Path) -> None:
    name = path.stem.split(".")[0]
    value = orjson.loads(path.read_bytes())
    adapter: TypeAdapter[Message] = TypeAdapter(types()[name])
    assert orjson.loads(encode(adapter.validate_json(orjson.dumps(value)))) == value


@pytest.mark.parametrize("name", sorted(types()))
def test_every_message_type_has_a_golden_file(name: str) -> None:
    assert [path for path in FILES if path.stem.split(".")[0] == name]


@pytest.mark.parametrize("name", sorted(types()))
def test_a_reader_ignores_fields_it_does_not_know(name: str) -> None:
    path = next(path for path in FILES if path.stem.split(".")[0] == name)
    value = orjson.loads(path.read_bytes()) | {"added_next_year": [1]}
    TypeAdapter(types()[name]).validate_json(orjson.dumps(value))


def test_events_and_commands_share_their_stems() -> None:
    assert events.StepCompleted.__name__ == "StepCompleted"
    assert commands.CompleteStep.__name__ == "CompleteStep"
