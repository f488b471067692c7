"""What the help says, and that it is there at once."""

import subprocess
import sys

import pytest

from api.cli.main import COMMANDS, load
from streams.settings import Settings, environment_name
from tests.api.cli.shell import Shell


def test_the_overview_needs_no_part_of_the_system() -> None:
    source = (
        "import sys\n"
        "from api.cli.main import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*(name for name in ('aiokafka', 'aiohttp', 'faust', 'pydantic', 'streams')"
        " if name in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == []
    assert all(f" {name} " in done.stdout for name in COMMANDS)


def test_a_command_that_asks_the_api_needs_no_kafka_client() -> None:
    source = "import sys; import api.cli.runs, api.cli.executions; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert {"aiokafka", "faust", "streams.worker"} & set(done.stdout.split()) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_the_overview_says(name: str) -> None:
    summary = (load(name).help or "").splitlines()[0]
    assert summary == COMMANDS[name].summary


def test_up_lists_every_setting_with_its_variable(alone: Shell) -> None:
    said = "".join(alone("up", "--help", COLUMNS="300").split())
    for field in Settings.model_fields:
        assert environment_name(field) in said
        if "password" in field:
            # Everybody on the machine can read a command line.
            assert f"--{field.replace('_', '-')}" not in said
        else:
            assert f"--{field.replace('_', '-')}" in said


def test_no_command_at_all_shows_the_overview(alone: Shell) -> None:
    assert "Usage: playbooks" in alone.run(code=2).stderr + alone.run(code=2).stdout


@pytest.mark.parametrize(
    ("words", "offered"), [("playbooks doc", "doctor"), ("playbooks send --for", "--format")]
)
def test_a_shell_completes_commands_and_their_options(
    alone: Shell, words: str, offered: str
) -> None:
    said = alone(
        _PLAYBOOKS_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(words.count(" ")),
    )
    assert offered in said.split()
