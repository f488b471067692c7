"""Lines of logs: our own and those of libraries have one form, each is whole, and says when."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

LOGS = """
import logging
import structlog
from api.processes import logs

logs.configure({log_format!r}, {log_level!r})
structlog.contextvars.bind_contextvars(request_id="r-1")
log = structlog.get_logger("ours")
log.debug("hidden")
log.info("StepCompleted", execution_id="pexec-1", number=2)
try:
    raise ValueError("no such thing")
except ValueError:
    log.exception("it failed")
log.info("odd", value=object)
logging.getLogger("library").warning("from %s", "elsewhere")
"""


def lines(log_format: str, log_level: str = "info") -> list[str]:
    """Return what a process writes that logs some things."""
    program = LOGS.format(log_format=log_format, log_level=log_level)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """The lines as JSON."""
    return [orjson.loads(line) for line in lines("json")]


def test_each_line_is_an_object_that_says_what_has_happened_to_what(
    told: list[dict[str, Any]],
) -> None:
    first = {name: value for name, value in told[0].items() if name != "timestamp"}
    expected = {"event": "StepCompleted", "level": "info", "request_id": "r-1"}
    assert first == expected | {"execution_id": "pexec-1", "number": 2}


def test_a_line_says_when_in_utc(told: list[dict[str, Any]]) -> None:
    for line in told:
        assert line["timestamp"].endswith("Z")
        age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
        assert timedelta(0) <= age < timedelta(minutes=10)


def test_an_error_brings_its_traceback_in_the_same_line(told: list[dict[str, Any]]) -> None:
    [failed] = [line for line in told if line["event"] == "it failed"]
    assert failed["level"] == "error"
    assert "ValueError: no such thing" in failed["exception"]


def test_what_is_no_json_is_told_in_words(told: list[dict[str, Any]]) -> None:
    [odd] = [line for line in told if line["event"] == "odd"]
    assert odd["value"] == "<class 'object'>"


def test_libraries_speak_in_the_same_form(told: list[dict[str, Any]]) -> None:
    assert (told[-1]["event"], told[-1]["level"]) == ("from elsewhere", "warning")


def test_a_line_for_people_begins_with_the_time() -> None:
    first = lines("console")[0]
    moment, *_ = first.split()
    assert datetime.fromisoformat(moment).tzinfo is UTC
    assert "StepCompleted" in first
    assert "execution_id=pexec-1" in first


@pytest.mark.parametrize(("level", "count"), [("debug", 5), ("info", 4), ("error", 1)])
def test_what_is_below_the_level_is_not_written(level: str, count: int) -> None:
    own = [orjson.loads(line) for line in lines("json", level)]
    assert len([each for each in own if each["event"] != "Using selector: EpollSelector"]) == count
