"""Traces: finding, trigger, step and HTTP call are one, and only what happened is told."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from api.demo.stand_in import StandIn
from schemas.commands import CompleteStep, FailStep
from schemas.playbooks import Trigger
from streams import attempts, traces
from streams.actions.actions import Actions
from streams.batches import Batch
from streams.dead_letters import dead_letter
from streams.findings import decode_finding
from streams.triggers import TriggerIndex, trigger_playbooks
from tests.examples import FINDING, NOON
from tests.streams.actions.attempts import EXECUTION_ID, attempt
from tests.streams.records import record

sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CAME_WITH = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
ARRIVED = record(orjson.dumps(FINDING), headers=(("traceparent", CAME_WITH.encode()),))
INDEX = TriggerIndex([(("pb-one", "1"), Trigger.model_validate({"event": "finding.new"}))])


@pytest.fixture
def told() -> Iterator[Any]:
    """What has been told of spans so far."""
    exporter = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    traces.use(provider.get_tracer("tests"))
    yield exporter
    traces.use(None)
    provider.shutdown()


def triggered(batch: Batch[None]) -> str:
    """Have the finding start its execution; return the trace context that this goes on with."""
    trigger_playbooks(batch, INDEX, decode_finding(ARRIVED), ARRIVED, {})
    [emission] = batch.emissions
    return str(orjson.loads(emission.value or b"")["traceparent"])


async def test_a_finding_can_be_followed_to_the_call_that_it_caused(
    told: Any, actions: Actions, stand_in: StandIn
) -> None:
    batch: Batch[None] = Batch(3, [ARRIVED], NOON, None)
    goes_on_with = triggered(batch)
    for count in batch.measures:
        count()
    request = attempt(
        "act-http-request", {"url": f"{stand_in.base_url}/hooks/here"}, traceparent=goes_on_with
    )
    assert isinstance(await attempts.run(actions, request), CompleteStep)
    trigger, call, step = told.get_finished_spans()
    assert [span.name for span in (trigger, step, call)] == ["trigger", "step", "GET"]
    assert {f"{span.context.trace_id:032x}" for span in (trigger, step, call)} == {TRACE_ID}
    assert f"{trigger.parent.span_id:016x}" == CAME_WITH.split("-")[2]
    assert (step.parent.span_id, call.parent.span_id) == (
        trigger.context.span_id,
        step.context.span_id,
    )
    [received] = stand_in.received
    assert received.headers["traceparent"] == f"00-{TRACE_ID}-{call.context.span_id:016x}-01"
    assert trigger.attributes["playbook_id"] == "pb-one"
    assert step.attributes["execution_id"] == EXECUTION_ID
    assert step.attributes["step_id"] == "notify"
    assert call.attributes["http.response.status_code"] == 200


async def test_a_step_that_fails_says_why_in_its_span(told: Any, actions: Actions) -> None:
    result = await attempts.run(actions, attempt("act-none"))
    assert isinstance(result, FailStep)
    [step] = told.get_finished_spans()
    assert (step.status.is_ok, step.status.description) == (False, result.error.code)


async def test_what_was_not_committed_is_not_told(told: Any) -> None:
    batch: Batch[None] = Batch(3, [ARRIVED], NOON, None)
    with dead_letter(batch, ARRIVED, "triggers"):
        triggered(batch)
        raise ValueError("and then it broke")
    for count in batch.measures:
        count()
    assert told.get_finished_spans() == ()


async def test_without_a_tracer_the_context_is_handed_on_as_it_came() -> None:
    batch: Batch[None] = Batch(3, [ARRIVED], NOON, None)
    assert triggered(batch) == CAME_WITH


def test_a_context_that_is_none_begins_a_trace(told: Any) -> None:
    span = traces.begin("trigger", "no context")
    span.end()
    [only] = told.get_finished_spans()
    assert only.parent is None
    assert span.traceparent != "no context"
