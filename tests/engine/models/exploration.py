"""Every way that an execution can go: all results in all orders, all controls at every point."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from engine.executions import decide
from engine.graphs import Graph
from engine.timers import timers
from schemas import commands
from schemas.commands import Command, Rejection, StepError
from schemas.events import Event
from schemas.executions import CONTAINERS, ENDED, Execution, StepRun, StepStatus
from tests.evolutions import followed
from tests.examples import FINDING, NOON

ERROR = StepError(code="http_status", message="it broke")
CONTROLS = ("PauseExecution", "ResumeExecution", "CancelExecution")


class Transition(NamedTuple):
    """What one command does to one state."""

    graph: Graph
    before: Execution
    command: Command
    happened: tuple[Event, ...]
    after: Execution


class Exploration:
    """All states of an execution of ``graph``. Raises AssertionError where a rule is broken."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.transitions: list[Transition] = []
        self._edges: dict[Hashable, set[tuple[Hashable, str]]] = defaultdict(set)
        self._states: dict[Hashable, Execution] = {}
        self._explore()

    @property
    def states(self) -> list[Execution]:
        """Every state that can be reached."""
        return list(self._states.values())

    def dead_ends(self) -> list[Execution]:
        """Return the states from which results, times, votes and resumes lead to no end."""
        into: dict[Hashable, set[Hashable]] = defaultdict(set)
        for source, edges in self._edges.items():
            for target, given in edges:
                if given != "CancelExecution":
                    into[target].add(source)
        alive = {key for key, state in self._states.items() if state.status in ENDED}
        pending = list(alive)
        while pending:
            new = into[pending.pop()] - alive
            alive |= new
            pending += new
        return [state for key, state in self._states.items() if key not in alive]

    def late_results(self) -> Iterator[str]:
        """Yield the steps of whose attempt a result is taken though it is under way no more.

        That of a branch that was cancelled, or of an attempt that was given up, comes late.
        """
        for state in self._states.values():
            for run in state.steps.values():
                if run.attempt and not is_acting(run):
                    decision = decide(state, completed(state, run), self.graph)
                    if not isinstance(decision, Rejection):
                        yield f"{run.id}, which is {run.status}"

    def circle(self) -> list[Hashable] | None:
        """Return states that lead to each other though nobody pauses; None: there are none."""
        onward = {
            source: {target for target, given in edges if given not in CONTROLS}
            for source, edges in self._edges.items()
        }
        try:
            TopologicalSorter(onward).prepare()
        except CycleError as error:
            found: list[Hashable] = error.args[1]
            return found
        return None

    def _explore(self) -> None:
        start = commands.StartExecution(
            **_common(None),
            playbook_id=self.graph.playbook.id,
            playbook_revision=self.graph.revision,
            trigger="finding.new",
            event=FINDING,
        )
        first = self._decided(None, start)
        pending = deque([first])
        self._states[key(first)] = first
        while pending:
            before = pending.popleft()
            edges = self._edges[key(before)]
            for command in given(before):
                after = self._decided(before, command)
                target = key(after)
                edges.add((target, command.type))
                if target not in self._states:
                    self._states[target] = after
                    pending.append(after)

    def _decided(self, before: Execution | None, command: Command) -> Execution:
        decision = decide(before, command, self.graph)
        assert not isinstance(decision, Rejection), (command, decision)
        after, wrong = followed(before, decision)
        assert wrong == [], (command, wrong)
        assert after is not None
        if before is not None:
            self.transitions.append(Transition(self.graph, before, command, decision, after))
        return after


def key(execution: Execution) -> Hashable:
    """Return what tells a state from others, whatever the clock says."""
    runs = execution.steps.values()
    return (
        execution.status,
        execution.paused,
        *((*_facts(run), run.retry_at is None, run.timeout_at is None) for run in runs),
    )


def _facts(run: StepRun) -> tuple[Hashable, ...]:
    votes = len(run.waiting.votes) if run.waiting else 0
    return run.status, run.visit, run.attempt, run.frame, run.held, votes


def given(execution: Execution) -> Iterator[Command]:
    """Yield every command that the execution does not refuse."""
    if execution.status in ENDED:
        return
    common = _common(execution)
    yield commands.CancelExecution(**common)
    if execution.paused:
        yield commands.ResumeExecution(**common)
    else:
        yield commands.PauseExecution(**common)
    for run in execution.steps.values():
        if is_acting(run):
            yield completed(execution, run)
            yield failed(execution, run)
        elif run.status is StepStatus.WAITING and run.waiting and run.waiting.reason != "delay":
            by = "bob" if run.waiting.votes else "alice"
            facts: dict[str, Any] = {"step_id": run.id, "visit": run.visit, "by": by}
            yield commands.ResolveApproval(**common, **facts, approved=True)
            yield commands.ResolveApproval(**common, **facts, approved=False)
    for timer in timers(execution):
        at = max(common["at"], timer.due_at)
        says: dict[str, Any] = common | {"at": at, "timer": timer.name, "due_at": timer.due_at}
        yield commands.FireTimer(**says)


def is_acting(run: StepRun) -> bool:
    """Tell whether somebody else is about to report on a step."""
    return run.status is StepStatus.RUNNING and run.type not in CONTAINERS and run.retry_at is None


def completed(execution: Execution, run: StepRun) -> Command:
    """Return the report that the attempt of a step ended well."""
    return commands.CompleteStep(**_common(execution), **_attempt(run))


def failed(execution: Execution, run: StepRun) -> Command:
    """Return the report that the attempt of a step ended badly."""
    return commands.FailStep(**_common(execution), **_attempt(run), error=ERROR)


def _attempt(run: StepRun) -> dict[str, Any]:
    return {"step_id": run.id, "visit": run.visit, "attempt": run.attempt}


def _common(execution: Execution | None) -> dict[str, Any]:
    at = NOON if execution is None else execution.changed_at + timedelta(seconds=1)
    return {"id": "command", "execution_id": "pexec-1", "at": at}
