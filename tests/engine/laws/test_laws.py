"""What holds of every execution, whatever its playbook says and whatever it is told.

pytest tests/engine/laws --hypothesis-profile thorough     many more walks
"""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.evolution import fold
from engine.executions import Decided, decide, decided
from engine.identities import event_id
from engine.progress import progress
from engine.snapshots import execution_from_json, to_json
from schemas import commands
from schemas.actions import ActionRequest
from schemas.commands import CancelExecution, Command, Rejection, StartExecution
from schemas.events import Event, EventBase
from schemas.executions import ENDED, Execution, StepStatus
from tests.engine.laws.walks import (
    RANDOMS,
    Walk,
    brought_to_rest,
    is_acting,
    meddled,
    walks,
)
from tests.evolutions import followed

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


def wire(event: Event) -> bytes:
    assert isinstance(event, EventBase)
    return event.model_dump_json(exclude_none=True).encode()


def state(walk: Walk) -> Execution:
    assert walk.execution is not None
    return walk.execution


@given(walks())
def test_sequence_is_gapless_and_the_id_of_an_event_follows_from_it(walk: Walk) -> None:
    numbers = [event.sequence for event in walk.events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [event.id for event in walk.events] == [event_id("pexec-1", n) for n in numbers]


@given(walks())
def test_every_decision_leaves_the_execution_as_its_events_say(walk: Walk) -> None:
    for before, command, decision in walk.decided:
        if not isinstance(decision, Rejection):
            _, wrong = followed(before, decision)
            assert wrong == [], (command, wrong)


@given(walks())
def test_a_decision_that_is_no_refusal_has_events_of_its_command_in_order(walk: Walk) -> None:
    for _, command, decision in walk.decided:
        if not isinstance(decision, Rejection):
            assert decision
            assert {event.command_id for event in decision} == {command.id}
            times = [event.at for event in decision]
            assert times == sorted(times)


@given(walks())
def test_the_fold_of_the_history_as_it_was_on_the_wire_is_the_state(walk: Walk) -> None:
    read = [EVENTS.validate_json(wire(event)) for event in walk.events]
    assert fold(None, read) == walk.execution


@given(walks(), st.integers(0, 200))
def test_the_fold_of_a_history_does_not_depend_on_where_it_was_cut(walk: Walk, cut: int) -> None:
    first = fold(None, walk.events[:cut])
    assert fold(first, walk.events[cut:]) == walk.execution


@given(walks(), RANDOMS)
def test_an_execution_that_has_ended_refuses_every_command(walk: Walk, random: Random) -> None:
    brought_to_rest(walk, random)
    ended, count = walk.execution, len(walk.events)
    assert list(walk.awaited(random)) == []
    late = [meddled(walk, random) for _ in range(10)]
    late += [kind(**walk.common()) for kind in (CancelExecution, commands.PauseExecution)]
    for command in late:
        decision = walk.give(command)
        assert isinstance(decision, Rejection)
        assert decision.code == "already_ended"
        assert (decision.execution_id, decision.command_id) == ("pexec-1", command.id)
    assert (walk.execution, len(walk.events)) == (ended, count)


@given(walks(), RANDOMS)
def test_every_execution_ends_when_its_actions_people_and_timers_do(
    walk: Walk, random: Random
) -> None:
    brought_to_rest(walk, random)
    assert walk.has_ended


@given(walks(), RANDOMS)
def test_an_execution_that_has_not_ended_awaits_something_and_takes_it_when_it_comes(
    walk: Walk, random: Random
) -> None:
    awaited = list(walk.awaited(random))
    assert bool(awaited) is not walk.has_ended
    for command in awaited:
        decision = decide(walk.execution, command, walk.graph)
        assert not isinstance(decision, Rejection), (command, decision)


@given(walks())
def test_a_refusal_says_which_command_and_why(walk: Walk) -> None:
    for _, command, decision in walk.decided:
        if isinstance(decision, Rejection):
            assert (decision.command_id, decision.command_type) == (command.id, command.type)
            assert decision.at == command.at
            assert decision.code.isidentifier()
            assert decision.reason


@given(walks())
def test_the_snapshot_of_every_state_is_that_state(walk: Walk) -> None:
    for before, _, _ in walk.decided:
        assert before is None or execution_from_json(to_json(before)) == before


@given(walks(), RANDOMS)
def test_an_execution_that_was_restored_decides_as_if_nothing_had_happened(
    walk: Walk, random: Random
) -> None:
    restored = execution_from_json(to_json(state(walk)))
    for command in [*walk.awaited(random), meddled(walk, random)]:
        assert decide(restored, command, walk.graph) == decide(state(walk), command, walk.graph)


@given(walks())
def test_the_same_commands_are_the_same_history_jitter_and_all(walk: Walk) -> None:
    again = Walk(walk.graph)
    for _, command, decision in walk.decided:
        assert again.give(command) == decision
    assert (again.events, again.caused) == (walk.events, walk.caused)


@given(walks())
def test_a_decision_changes_nothing_but_says_what_changes(walk: Walk) -> None:
    for before, command, decision in walk.decided:
        told = None if before is None else to_json(before)
        assert decide(before, command, walk.graph) == decision
        assert told == (None if before is None else to_json(before))


@given(walks())
def test_a_decision_leaves_the_execution_as_its_events_fold(walk: Walk) -> None:
    for before, command, _ in walk.decided:
        outcome = decided(before, command, walk.graph)
        if isinstance(outcome, Decided):
            assert outcome.execution == fold(before, outcome.events)


@given(walks())
def test_without_its_graph_an_execution_refuses_and_does_not_raise(walk: Walk) -> None:
    for before, command, _ in walk.decided:
        assert isinstance(decide(before, command, None), Rejection)


@given(walks())
def test_a_pause_starts_nothing(walk: Walk) -> None:
    for before, command, decision in walk.decided:
        if before is not None and before.paused and not isinstance(decision, Rejection):
            started = any(event.type == "StepStarted" for event in decision)
            assert not started or isinstance(command, commands.ResumeExecution)


@given(walks())
def test_a_step_is_started_once_for_each_attempt_of_each_visit(walk: Walk) -> None:
    starts = [(e.step_id, e.visit, e.attempt) for e in walk.events if e.type == "StepStarted"]
    assert len(set(starts)) == len(starts)
    for step_id, visit, attempt in starts:
        assert attempt == 1 or (step_id, visit, attempt - 1) in starts
        assert visit == 1 or (step_id, visit - 1, 1) in starts


@given(walks())
def test_every_attempt_that_was_left_running_has_been_asked_for_once(walk: Walk) -> None:
    asked = Counter(each.id for each in walk.caused if isinstance(each, ActionRequest))
    assert all(count == 1 for count in asked.values())
    for run in state(walk).steps.values():
        if is_acting(run) and run.type == "action":
            assert any(
                each.step_id == run.id and (each.visit, each.attempt) == (run.visit, run.attempt)
                for each in walk.caused
                if isinstance(each, ActionRequest)
            )


@given(walks(dry_run=True), RANDOMS)
def test_a_dry_run_marks_whatever_it_says_and_leaves_nothing_to_take_back(
    walk: Walk, random: Random
) -> None:
    brought_to_rest(walk, random)
    assert all(event.dry_run for event in walk.events)
    for each in walk.caused:
        if isinstance(each, ActionRequest | StartExecution):
            assert each.dry_run
        if isinstance(each, StartExecution):
            assert each.undoing is None


@given(walks(dry_run=True))
def test_a_dry_run_waits_for_nobody_and_for_no_time(walk: Walk) -> None:
    for run in state(walk).steps.values():
        asked = run.waiting is not None and run.waiting.reason == "outcome_unknown"
        assert run.status is not StepStatus.WAITING or asked


@given(walks())
def test_progress_counts_what_the_events_tell(walk: Walk) -> None:
    execution, done = state(walk), progress(state(walk))
    last = {e.step_id: e.type for e in walk.events if not e.type.startswith("Execution")}
    told = Counter(last.values())
    assert done.steps_completed == told["StepCompleted"]
    assert done.steps_failed == told["StepFailed"]
    left_out = told["StepSkipped"] + told["StepCancelled"]
    assert done.steps_total == len(execution.steps) - left_out
    under_way = {"StepStarted", "StepWaiting", "ApprovalRecorded", "StepRetryScheduled"}
    assert set(done.current_steps) == {s for s, kind in last.items() if kind in under_way}
    begun = [execution.steps[step_id].started_at for step_id in done.current_steps]
    assert begun == sorted(begun)
    assert execution.status not in ENDED or done.current_steps == ()


@given(walks())
def test_what_the_events_of_a_walk_say_can_be_read_back(walk: Walk) -> None:
    for event in walk.events:
        assert EVENTS.validate_json(wire(event)) == event


@pytest.mark.parametrize("command_type", ["PauseExecution", "ResumeExecution", "CancelExecution"])
def test_a_command_to_an_execution_that_never_started_is_refused(command_type: str) -> None:
    command: Command = getattr(commands, command_type)(**Walk(None).common())  # type: ignore[arg-type]
    decision = decide(None, command, None)
    assert isinstance(decision, Rejection)
    assert decision.code == "unknown_execution"
