"""What the inner loops cost, a call each, by pytest-benchmark.

    python -m pytest tests/benchmarks/micro -o python_files='bench_*.py'

Not part of the suite: whoever changes one of them compares before and after
(``--benchmark-autosave``, ``--benchmark-compare``).
"""

from typing import Any

import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from engine.evolution import evolve
from engine.executions import decide
from engine.triggers import TriggerIndex
from schemas.commands import CompleteStep
from schemas.findings import Finding
from schemas.playbooks import Playbook
from streams import codecs
from streams.findings import decode_finding, glimpse
from tests.benchmarks.triggers import MATCHING, mixed, playbooks
from tests.examples import FINDING, Story, action, graph
from tests.streams.records import record

VALUE = orjson.dumps(list(mixed(MATCHING + 1))[1])
"""A finding that is not urgent: most are not."""


@pytest.fixture
def story() -> Story:
    """Return an execution of five actions whose first one is under way."""
    told = Story(graph(*(action(f"step-{number}") for number in range(5))))
    told.start(event=FINDING)
    return told


def completed(story: Story) -> CompleteStep:
    """Return the command that says that its first action has ended well."""
    return CompleteStep(**story._common(), **story._attempt("step-0"), output={"said": "hello"})


@pytest.mark.parametrize("count", [50, 10_000])
def test_match(benchmark: BenchmarkFixture, count: int) -> None:
    triggers = ((each["id"], Playbook.model_validate(each).trigger) for each in playbooks(count))
    index = TriggerIndex(((playbook_id, "1"), trigger) for playbook_id, trigger in triggers)
    seen = glimpse(record(VALUE))
    assert seen is not None
    assert benchmark(index.matches, "finding.new", seen) == []


def test_decide(benchmark: BenchmarkFixture, story: Story) -> None:
    decision: Any = benchmark(decide, story.execution, completed(story), story.graph)
    assert [event.type for event in decision] == ["StepCompleted", "StepStarted"]


def test_evolve(benchmark: BenchmarkFixture, story: Story) -> None:
    before = story.execution
    [event, _] = decide(before, completed(story), story.graph)
    assert benchmark(evolve, before, event).sequence == event.sequence


def test_encode_an_event(benchmark: BenchmarkFixture, story: Story) -> None:
    assert orjson.loads(benchmark(codecs.encode, story.events[-1]))["type"] == "StepStarted"


def test_decode_an_event(benchmark: BenchmarkFixture, story: Story) -> None:
    value = codecs.encode(story.events[-1])
    assert benchmark(codecs.decode_event, value) == story.events[-1]


def test_decode_a_command(benchmark: BenchmarkFixture, story: Story) -> None:
    command = completed(story)
    assert benchmark(codecs.decode_command, codecs.encode(command)) == command


def test_look_at_a_finding(benchmark: BenchmarkFixture) -> None:
    assert benchmark(glimpse, record(VALUE)) is not None


def test_read_a_finding(benchmark: BenchmarkFixture) -> None:
    found: Finding = benchmark(decode_finding, record(VALUE))
    assert found.event == "finding.new"


def test_parse_a_finding_only(benchmark: BenchmarkFixture) -> None:
    assert benchmark(orjson.loads, VALUE)["event"] == "finding.new"
