"""What people may do to an execution, on real Kafka: pause, resume, approve, reject, cancel."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.evolution import fold
from schemas import commands
from schemas.events import Event
from schemas.executions import Execution, Status
from schemas.playbooks import Playbook
from streams import topics
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.findings import logging_playbook, start
from tests.e2e.log import assert_gapless, events_until_ended, send_commands, values_until
from tests.examples import action, step

pytestmark = pytest.mark.usefixtures("worker")

REFUSED = action(
    "call",
    action_ref="act-http-request",
    parameters={"url": "http://127.0.0.1:9/"},
    retry={"max_attempts": 2, "delay_seconds": 0},
)


class Control:
    """One execution, and somebody who controls it."""

    def __init__(self, settings: Settings, execution_id: str) -> None:
        self._settings = settings
        self._id = execution_id
        self._given = 0

    async def give(self, kind: str, **says: Any) -> None:
        """Send a command."""
        self._given += 1
        common = {"id": f"{self._id}-{self._given}", "execution_id": self._id}
        command = getattr(commands, kind)(**common, at=datetime.now(UTC), **says)
        await send_commands(self._settings, [command])

    async def until(self, event_type: str, count: int = 1) -> None:
        """Wait for so many events of this type."""

        def enough(found: list[dict[str, Any]]) -> bool:
            mine = [each for each in found if each["execution_id"] == self._id]
            return sum(each["type"] == event_type for each in mine) >= count

        await values_until(self._settings, topics.EXECUTION_EVENTS, enough)


@pytest.fixture
def begin(settings: Settings, registry: PlaybookRegistry) -> Callable[..., Any]:
    """What starts an execution of these steps, and returns who controls it."""

    async def begun(
        *steps: dict[str, Any], dry_run: bool = False, queued: bool = False, **says: Any
    ) -> Control:
        definition = logging_playbook(1) | {"steps": list(steps)} | says
        playbook = Playbook.model_validate(definition)
        published = await registry.publish(playbook, by="test", expected=None)
        control = Control(settings, "pexec-1")
        command = start(published, "pexec-1", dry_run=dry_run)
        if queued:
            facts = command.model_dump(include={"playbook_id", "playbook_revision", "trigger"})
            await control.give("QueueExecution", **facts)
        await send_commands(settings, [command])
        return control

    return begun


async def ended(settings: Settings, executions: int = 1) -> Execution:
    """Return the execution once so many have ended."""
    histories: dict[str, list[Event]] = await events_until_ended(settings, executions)
    assert_gapless(histories)
    execution = fold(None, histories["pexec-1"])
    assert execution is not None
    return execution


async def test_a_pause_holds_the_flow_until_the_resume(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    control = await begin(step("ask", "approval"), action("after"))
    await control.until("StepWaiting")
    await control.give("PauseExecution", by="alice", note="wait for me")
    await control.give("ResolveApproval", step_id="ask", approved=True, by="bob")
    await control.until("StepCompleted")
    await control.give("ResumeExecution", by="alice")
    execution = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.steps["after"].output == {}


async def test_a_rejection_fails_the_step_and_its_on_failure_follows(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    control = await begin(
        step("ask", "approval", required=2, on_success="end", on_failure="tell"), action("tell")
    )
    await control.until("StepWaiting")
    await control.give("ResolveApproval", step_id="ask", approved=True, by="alice", note="fine")
    await control.give("ResolveApproval", step_id="ask", approved=False, by="bob", note="no")
    execution = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.steps["ask"].status == "failed"


async def test_a_cancel_with_undo_stops_a_branch_and_takes_back_what_was_done(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    undo = {"action_ref": "act-log", "parameters": {"back": "{{ steps.done.output.at }}"}}
    control = await begin(
        action("done", parameters={"at": "once"}, undo=undo),
        step("fork", "parallel", branches=[["wait"], ["ask"]], join="any"),
        step("wait", "delay", duration="1h"),
        step("ask", "approval"),
    )
    await control.until("StepWaiting", 2)
    await control.give("CancelExecution", by="alice", note="false alarm", undo=True)
    execution = await ended(settings, 2)
    assert execution.status is Status.CANCELLED
    assert execution.reason == "false alarm"


async def test_what_had_to_queue_is_started_when_there_is_a_place(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(action("one"), queued=True)
    execution = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.sequence == 5


async def test_the_first_branch_wins_and_the_loser_is_cancelled(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(
        step("fork", "parallel", branches=[["wait"], ["quick"]], join="any"),
        step("wait", "delay", duration="1h"),
        action("quick"),
        action("after"),
    )
    execution = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert execution.steps["wait"].status == "cancelled"


async def test_a_retry_and_a_failure_that_is_continued(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(REFUSED | {"on_failure": "continue"}, action("after"))
    execution = await ended(settings)
    assert execution.status is Status.COMPLETED
    assert (execution.steps["call"].status, execution.steps["call"].attempt) == ("failed", 2)


async def test_an_abort_cancels_the_other_branch(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(
        step("fork", "parallel", branches=[["call"], ["wait"]]),
        REFUSED | {"on_failure": "abort", "retry": {"max_attempts": 1}},
        step("wait", "delay", duration="1h"),
    )
    execution = await ended(settings)
    assert execution.status is Status.FAILED
    assert execution.steps["wait"].status == "cancelled"


async def test_the_time_of_a_whole_execution_runs_out(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(step("ask", "approval"), action("after"), timeout_minutes=0.01)
    execution = await ended(settings)
    assert (execution.status, execution.reason) == (Status.FAILED, "timed out")


async def test_a_dry_run_goes_through_everything_and_asks_nobody(
    settings: Settings, begin: Callable[..., Any]
) -> None:
    await begin(
        REFUSED,
        step("ask", "approval"),
        step("wait", "delay", duration="1h"),
        step("loop", "while", expression="loop.index < 2", steps=["body"]),
        action("body"),
        dry_run=True,
    )
    execution = await ended(settings)
    assert (execution.status, execution.dry_run) == (Status.COMPLETED, True)
