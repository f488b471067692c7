"""People and clients: they start, stop, approve and repeat themselves at any moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from schemas import commands
from schemas.commands import Command
from schemas.executions import ENDED, Execution, StepStatus
from schemas.playbooks import PlaybookPublished
from streams import codecs, topics
from tests.examples import FINDING
from tests.simulation.faults import Faults
from tests.simulation.logs import Log

NAMES = ("alice", "bob", "carol")


class People:
    """Whoever gives commands from outside. started: ids of the executions asked for."""

    def __init__(self, log: Log, random: Random, faults: Faults) -> None:
        self.started: list[str] = []
        self._log = log
        self._random = random
        self._faults = faults
        self._given: list[Command] = []

    def start(self, playbook: PlaybookPublished, now: datetime) -> None:
        """Ask for an execution; some are to queue first, and some only try."""
        execution_id = f"pexec-{len(self.started)}"
        self.started.append(execution_id)
        facts: dict[str, Any] = {
            "playbook_id": playbook.playbook_id,
            "playbook_revision": playbook.revision,
            "trigger": "finding.new",
            "event": FINDING,
            "dry_run": self._random.random() < 0.03,
        }
        if self._random.random() < 0.1:
            self.give(commands.QueueExecution(**self._common(execution_id, now), **facts))
        self.give(commands.StartExecution(**self._common(execution_id, now), **facts))

    def meddle(self, executions: Sequence[Execution], now: datetime) -> None:
        """Do something that somebody might do to one of these."""
        if self._given and self._random.random() < 0.15:
            self.give(self._random.choice(self._given))
            return
        open_ones = [execution for execution in executions if execution.status not in ENDED]
        most_like = open_ones if open_ones and self._random.random() < 0.9 else executions
        execution = self._random.choice(most_like)
        common = self._common(execution.id, now)
        kind = self._random.choices(
            ["pause", "resume", "resolve", "cancel", "result"], [3, 4, 4, 1, 1]
        )[0]
        if kind == "pause":
            self.give(commands.PauseExecution(**common, by="alice"))
        elif kind == "resume":
            self.give(commands.ResumeExecution(**common, by="alice"))
        elif kind == "cancel":
            undo = self._random.random() < 0.5
            self.give(commands.CancelExecution(**common, by="alice", undo=undo))
        elif kind == "resolve":
            self._resolve(execution, common)
        else:
            self._mislead(execution, common)

    def settle(self, executions: Sequence[Execution], now: datetime) -> bool:
        """Resume and approve whatever waits for that. Returns whether anything did."""
        did = False
        for execution in executions:
            if execution.paused:
                common = self._common(execution.id, now)
                self.give(commands.ResumeExecution(**common))
                did = True
            for run in execution.steps.values():
                waiting = run.waiting
                if run.status is not StepStatus.WAITING or waiting is None:
                    continue
                if waiting.reason == "delay":
                    continue
                voted = {vote.by for vote in waiting.votes}
                by = next(name for name in NAMES if name not in voted)
                common = self._common(execution.id, now)
                facts = {"step_id": run.id, "visit": run.visit, "by": by}
                self.give(commands.ResolveApproval(**common, **facts, approved=True))
                did = True
        return did

    def give(self, command: Command) -> None:
        """Send a command; it may arrive twice."""
        self._given.append(command)
        for _ in range(2 if self._random.random() < self._faults.double else 1):
            key = command.execution_id.encode()
            self._log.append(topics.EXECUTION_COMMANDS, key, codecs.encode(command))

    def _resolve(self, execution: Execution, common: dict[str, Any]) -> None:
        """Decide what is seen to wait, else anything; the visit is said, as the API says it."""
        waiting = [r.id for r in execution.steps.values() if r.status is StepStatus.WAITING]
        step_id = self._random.choice(waiting or [*execution.steps, "nowhere"])
        run = execution.steps.get(step_id)
        self.give(
            commands.ResolveApproval(
                **common,
                step_id=step_id,
                visit=0 if run is None else run.visit,
                approved=self._random.random() < 0.8,
                by=self._random.choice(NAMES),
            )
        )

    def _mislead(self, execution: Execution, common: dict[str, Any]) -> None:
        """Report what nobody asked for, or nobody but the one who was asked can know."""
        step_id = self._random.choice([*execution.steps, "nowhere"])
        run = execution.steps.get(step_id)
        visit, attempt = (0, 0) if run is None else (run.visit, run.attempt)
        if self._random.random() < 0.3:
            visit, attempt = self._random.randint(0, 2), self._random.randint(0, 2)
        facts = {"step_id": step_id, "visit": visit, "attempt": attempt}
        self.give(commands.CompleteStep(**common, **facts))

    def _common(self, execution_id: str, now: datetime) -> dict[str, Any]:
        skew = timedelta(seconds=self._random.uniform(-1, 1) * self._faults.skew_seconds)
        identity = f"asked-{len(self._given)}-{self._random.getrandbits(32)}"
        return {"id": identity, "execution_id": execution_id, "at": now + skew}
