"""Walks: executions of drawn playbooks, to which drawn commands are given.

Most commands are what the execution awaits; others come late, twice, or out of nowhere. A walk
keeps every decision, so that each law can look at all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from engine.consequences import Consequence, consequences
from engine.evolution import fold
from engine.executions import Decision, decide
from engine.graphs import Graph
from engine.timers import timers
from schemas import commands
from schemas.commands import Command, Rejection, StepError
from schemas.events import Event
from schemas.executions import CONTAINERS, ENDED, Execution, StepRun, StepStatus
from tests.examples import FINDING, NOON, told
from tests.playbooks import drawn

ERRORS = (
    StepError(code="http_status", message="it broke"),
    StepError(code="http_status", message="try again", retryable=True, retry_after_seconds=2.0),
    StepError(code="outcome_unknown", message="nobody knows"),
)
OUTPUTS = (None, 0, "text", ["a", 1.5], {"id": 7}, 10**20)
NAMES = ("alice", "bob", "carol")
RANDOMS = st.randoms(use_true_random=False) | st.integers(0, 2**32).map(Random)
"""The first kind finds the simplest walk that fails, the second one more that do."""

LONGEST = 30
"""Commands of a walk."""

PATIENCE = 2_000
"""Commands after which an execution that has not ended never will."""


class Decided(NamedTuple):
    """One decision. before: the execution that it was made about."""

    before: Execution | None
    command: Command
    decision: Decision


@dataclass(repr=False)
class Walk:
    """An execution on its way. at: the time of the last command."""

    graph: Graph
    execution: Execution | None = None
    events: list[Event] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    caused: list[Consequence] = field(default_factory=list)
    at: datetime = NOON

    def __repr__(self) -> str:
        """Return what was said and what happened, in short."""
        says = [step.model_dump(exclude_defaults=True) for step in self.graph.playbook.steps]
        given = [f"{each.command.type} at {each.command.at:%H:%M:%S}" for each in self.decided]
        return f"Walk({says}, {given}, {[told(event) for event in self.events]})"

    def give(self, command: Command) -> Decision:
        """Let a command be decided, and what it causes happen."""
        decision = decide(self.execution, command, self.graph)
        self.decided.append(Decided(self.execution, command, decision))
        if not isinstance(decision, Rejection):
            self.execution = fold(self.execution, decision)
            self.events += decision
            if self.execution is not None:
                self.caused += consequences(self.execution, decision, self.graph)
        return decision

    def common(self) -> dict[str, Any]:
        """Return what every command says; a second has passed since the last one."""
        self.at += timedelta(seconds=1)
        return {"id": f"command-{len(self.decided)}", "execution_id": "pexec-1", "at": self.at}

    def start(self, **says: Any) -> Command:
        """Return the command that starts it."""
        return commands.StartExecution(**self.common(), **self.origin, **says)

    @property
    def origin(self) -> dict[str, Any]:
        """Say where the execution comes from."""
        return {
            "playbook_id": self.graph.playbook.id,
            "playbook_revision": self.graph.revision,
            "trigger": "finding.new",
            "event": FINDING,
        }

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more can come."""
        return self.execution is not None and self.execution.status in ENDED

    def awaited(self, random: Random) -> Iterator[Command]:
        """Yield a command for everything that the execution awaits."""
        execution = self.execution
        if execution is None or self.has_ended:
            return
        if execution.sequence == 1 and execution.visits == 0:
            yield self.start()
        elif execution.paused:
            yield commands.ResumeExecution(**self.common(), by="alice")
        for run in execution.steps.values():
            if is_acting(run):
                yield self.result(run, random)
            elif run.status is StepStatus.WAITING and run.waiting and run.waiting.reason != "delay":
                yield self.vote(run, random, approved=random.random() < 0.7)
        for timer in timers(execution):
            facts: dict[str, Any] = {"timer": timer.name, "due_at": timer.due_at}
            acts = timer.kind == "step_timeout" and timer.run and timer.run.action_ref
            facts["in_doubt"] = bool(acts) and random.random() < 0.5
            common = self.common()
            yield commands.FireTimer(**{**common, "at": max(timer.due_at, self.at)}, **facts)

    def result(self, run: StepRun, random: Random, **says: Any) -> Command:
        """Return the result of an attempt."""
        facts = {"step_id": run.id, "visit": run.visit, "attempt": run.attempt} | says
        if random.random() < 0.6:
            return commands.CompleteStep(**self.common(), **facts, output=random.choice(OUTPUTS))
        return commands.FailStep(**self.common(), **facts, error=random.choice(ERRORS))

    def vote(self, run: StepRun, random: Random, *, approved: bool) -> Command:
        """Return what somebody says who has not been heard on it yet."""
        voted = [vote.by for vote in run.waiting.votes] if run.waiting else []
        by = random.choice([name for name in NAMES[:2] if name not in voted] or ["carol"])
        facts = {"step_id": run.id, "visit": run.visit, "by": by, "approved": approved}
        return commands.ResolveApproval(**self.common(), **facts)


def is_acting(run: StepRun) -> bool:
    """Tell whether somebody else is about to report on a step."""
    return run.status is StepStatus.RUNNING and run.type not in CONTAINERS and run.retry_at is None


def meddled(walk: Walk, random: Random) -> Command:
    """Return what nobody waits for: it is early, late, said before, or makes no sense."""
    execution = walk.execution
    if walk.decided and random.random() < 0.3:
        return random.choice(walk.decided).command
    common, step_id = walk.common(), random.choice([*walk.graph.nodes, "nowhere"])
    run = execution.steps.get(step_id) if execution is not None else None
    number = random.randint(0, 2)
    facts: dict[str, Any] = {"step_id": step_id, "visit": number}
    if run is not None and random.random() < 0.5:
        return walk.result(run, random, attempt=number)
    return random.choice(
        [
            walk.start(from_step=random.choice([None, step_id])),
            commands.QueueExecution(**common, **walk.origin),
            commands.CompleteStep(**common, **facts, attempt=number),
            commands.FailStep(**common, **facts, attempt=number, error=ERRORS[number]),
            commands.ResolveApproval(**common, **facts, by="carol", approved=number > 0),
            commands.FireTimer(**common, timer=f"{step_id}/1/1/due", due_at=walk.at),
            commands.FireTimer(**common, timer="execution/timeout", due_at=walk.at),
        ]
    )


def moved(walk: Walk, random: Random) -> None:
    """Give one command."""
    awaited = list(walk.awaited(random))
    kind = random.choice(["awaited"] * 6 + ["meddle"] * 2 + ["pause", "cancel"])
    if kind == "awaited" and awaited:
        walk.give(random.choice(awaited))
    elif kind == "pause":
        walk.give(commands.PauseExecution(**walk.common(), by="alice"))
    elif kind == "cancel" and random.random() < 0.3:
        walk.give(commands.CancelExecution(**walk.common(), undo=random.random() < 0.5))
    else:
        walk.give(meddled(walk, random))


def brought_to_rest(walk: Walk, random: Random) -> None:
    """Bring everything that is awaited, until the execution has ended. AssertionError: never."""
    for _ in range(PATIENCE):
        awaited = list(walk.awaited(random))
        if not awaited:
            return
        walk.give(random.choice(awaited))
    raise AssertionError(f"it has not ended after {PATIENCE} commands: {walk.execution}")


@st.composite
def walks(draw: st.DrawFn, *, dry_run: bool = False) -> Walk:
    """Return a walk of some length, from its start."""
    random = draw(RANDOMS)
    walk = Walk(drawn(random))
    if random.random() < 0.1:
        walk.give(commands.QueueExecution(**walk.common(), **walk.origin, dry_run=dry_run))
    walk.give(walk.start(dry_run=dry_run))
    for _ in range(draw(st.integers(0, LONGEST))):
        moved(walk, random)
    return walk
