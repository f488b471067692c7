"""Whatever an execution has gone through, its snapshot is that execution."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.evolution import fold
from engine.snapshots import execution_from_json, from_json, to_json
from engine.timers import next_timer
from schemas.executions import ENDED, Ended
from tests.examples import FINDING, Story, action, graph

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"steps":', '\\"steps\\":', "2026-03-01T12:00:00Z", "{{ secrets.A }}", "\x00"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
MOVES = st.sampled_from(["complete", "fail", "busy", "fire", "cancel"])

GRAPH = graph(
    action("one", parameters={"text": "{{ finding.title }}", "key": "Bearer {{ secrets.A }}"}),
    action("two", on_failure="three", on_success="end", timeout_seconds=60),
    action("three"),
    on_failure="continue",
    timeout_minutes=30,
)


def move(story: Story, name: str, output: Any) -> None:
    """Let one thing happen to the step that is under way, or to the whole."""
    timer = next_timer(story.execution)
    running = [run.id for run in story.execution.steps.values() if run.status == "running"]
    if name == "cancel":
        story.cancel(note=str(output))
    elif name == "fire" and timer is not None:
        story.fire(timer.name, timer.due_at)
    elif running and name == "complete":
        story.complete(running[0], output)
    elif running:
        story.fail(running[0], str(output), retryable=name == "busy")


@settings(max_examples=60)
@given(st.lists(st.tuples(MOVES, JSON), max_size=8), st.dictionaries(TEXTS, JSON, max_size=2))
def test_a_snapshot_is_the_execution(
    moves: list[tuple[str, Any]], parameters: dict[str, Any]
) -> None:
    story = Story(GRAPH)
    story.at += timedelta(microseconds=123_456)
    story.start(parameters=parameters, event=FINDING | {"extra": parameters}, traceparent="00-1")
    for name, output in moves:
        move(story, name, output)
    for length in range(1, len(story.events) + 1):
        execution = fold(None, story.events[:length])
        assert execution is not None
        assert from_json(to_json(execution)) == execution
        assert execution_from_json(to_json(execution)) == execution
        assert to_json(execution_from_json(to_json(execution))) == to_json(execution)
        if execution.status in ENDED:
            assert from_json(to_json(Ended.of(execution))) == Ended.of(execution)


@given(TEXTS.filter(bool))
def test_no_id_makes_the_memory_of_an_execution_look_like_one(execution_id: str) -> None:
    story = Story(GRAPH, execution_id)
    story.start()
    story.cancel()
    ended = Ended.of(story.execution)
    assert from_json(to_json(ended)) == ended


@pytest.mark.parametrize("text", [b"", b"null", b"{}", b'{"steps":{}}', b"[1]", b"\xff"], ids=str)
def test_what_is_no_snapshot_is_refused(text: bytes) -> None:
    with pytest.raises(ValidationError):
        from_json(text)


def test_a_number_of_more_than_64_bits_is_kept() -> None:
    story = Story(GRAPH)
    story.start(event=FINDING)
    story.complete("one", {"total": 10**30})
    restored = from_json(to_json(story.execution))
    assert restored == story.execution
    assert to_json(restored) == to_json(story.execution)
