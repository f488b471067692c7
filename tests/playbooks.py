"""Playbooks of every shape, drawn from a generator of random numbers.

Used by the simulator with a seed, and by the laws with a generator of Hypothesis, which can
shrink what it draws. Links lead forwards within their list, so every playbook can be walked.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from engine.compiling import compiled
from engine.graphs import Graph
from engine.playbooks import revision
from schemas.playbooks import Playbook

KINDS = {
    "action": 9,
    "condition": 2,
    "switch": 1,
    "parallel": 3,
    "while": 2,
    "delay": 2,
    "approval": 2,
    "playbook": 2,
}
UNDO = {"action_ref": "act-undo", "parameters": {}}
NESTING = 3
STEPS = 9


def document(
    random: Random, playbook_id: str, callees: Sequence[str] = (), steps: int = STEPS
) -> dict[str, Any]:
    """Return a playbook of about so many steps, whose playbook steps call ``callees``."""
    says: dict[str, Any] = {
        "id": playbook_id,
        "name": playbook_id,
        "version": f"1.0.{random.randint(0, 999)}",
        "trigger": {"event": "finding.new"},
        "steps": _Steps(random, callees, steps).all,
    }
    if random.random() < 0.5:
        says["on_failure"] = random.choice(["continue", "retry"])
        says["max_retries"] = 1
    if random.random() < 0.15:
        says["timeout_minutes"] = random.choice([1, 5])
    return says


def drawn(random: Random, steps: int = STEPS) -> Graph:
    """Return the graph of such a playbook."""
    definition = Playbook.model_validate(document(random, "pb-drawn", ["pb-other"], steps))
    return compiled(definition, revision(definition))


class _Steps:
    """The steps of one playbook while they are drawn."""

    def __init__(self, random: Random, callees: Sequence[str], left: int) -> None:
        self.all: list[dict[str, Any]] = []
        self._random = random
        self._callees = callees
        self._left = left
        self._sequence(0, random.randint(2, 5))

    def _sequence(self, depth: int, length: int) -> list[str]:
        """Draw the steps of one list, and return their ids."""
        steps = [self._step(depth) for _ in range(length)]
        ids = [step["id"] for step in steps]
        for index, step in enumerate(steps):
            self._link(step, ids[index + 1 :])
        return ids

    def _step(self, depth: int) -> dict[str, Any]:
        kinds = dict(KINDS)
        if depth >= NESTING or self._left <= 1:
            del kinds["parallel"], kinds["while"]
        if not self._callees:
            del kinds["playbook"]
        kind = self._random.choices(list(kinds), list(kinds.values()))[0]
        self._left -= 1
        step: dict[str, Any] = {"id": f"s{len(self.all)}", "type": kind}
        self.all.append(step)
        step |= getattr(self, f"_{kind}")(depth)
        return step

    def _link(self, step: dict[str, Any], later: list[str]) -> None:
        words = ["end", "next", *later]
        if self._maybe(0.15):
            step["on_success"] = self._random.choice(words)
        if self._maybe(0.35):
            step["on_failure"] = self._random.choice(["abort", "continue", "end", *later])
        if step["type"] == "condition":
            for word in ("on_true", "on_false"):
                if self._maybe(0.6):
                    step[word] = self._random.choice(words)
        if step["type"] == "switch":
            step["cases"] = {case: self._random.choice(words) for case in ("a", "b")}
            if self._maybe(0.5):
                step["default"] = self._random.choice(words)

    def _action(self, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {"action_ref": "act-do"}
        if self._maybe(0.4):
            texts = ["{{ finding.title }}", "{{ finding.absent }}", "key {{ secrets.A }}"]
            says["parameters"] = {"text": self._random.choice([*texts, self._output()])}
        if self._maybe(0.3):
            says["timeout_seconds"] = self._random.choice([5, 30])
        if self._maybe(0.2):
            says["on_unknown"] = self._random.choice(["retry", "fail", "ask"])
        if self._maybe(0.3):
            says["undo"] = UNDO
            if self._maybe(0.4):
                says["revert_after"] = self._random.choice([10, "5m"])
        return says | self._retry()

    def _condition(self, depth: int) -> dict[str, Any]:
        return {"expression": self._expression()}

    def _switch(self, depth: int) -> dict[str, Any]:
        return {"expression": self._random.choice(["'a'", "'b'", "'c'", "finding.absent"])}

    def _parallel(self, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {
            "branches": [
                self._sequence(depth + 1, self._random.randint(1, 2))
                for _ in range(self._random.randint(1, 3))
            ],
            "join": self._random.choice(["all", "any"]),
        }
        if self._maybe(0.2):
            says["timeout_seconds"] = self._random.choice([10, 60])
        return says | self._retry()

    def _while(self, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {
            "expression": self._random.choice(["loop.index < 2", "loop.index < 3", "true"]),
            "max_iterations": self._random.randint(1, 3),
            "steps": self._sequence(depth + 1, self._random.randint(1, 2)),
        }
        return says | self._retry()

    def _delay(self, depth: int) -> dict[str, Any]:
        if self._maybe(0.2):
            return {"until": self._random.choice(["{{ execution.started_at }}", "never"])}
        return {"duration": self._random.choice([0, 0.5, 20, "2m"])}

    def _approval(self, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {"required": self._random.choice([1, 1, 2])}
        if self._maybe(0.3):
            says["approvers"] = ["alice", "bob"]
        if self._maybe(0.4):
            says["timeout_seconds"] = 60
            says["on_timeout"] = self._random.choice(["reject", "approve"])
        return says

    def _playbook(self, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {"playbook_id": self._random.choice(self._callees)}
        if self._maybe(0.25):
            says["wait"] = False
        if self._maybe(0.3):
            says["timeout_seconds"] = self._random.choice([5, 60])
        return says | self._retry()

    def _retry(self) -> dict[str, Any]:
        if not self._maybe(0.3):
            return {}
        return {"retry": {"max_attempts": 2, "delay_seconds": self._random.choice([0, 3, 40])}}

    def _expression(self) -> str:
        earlier = self._random.choice(self.all)["id"]
        says = f"steps.{earlier}.status == 'completed'"
        return self._random.choice(
            ["true", "false", "finding.cvss > 9", "finding.absent + 1", says]
        )

    def _output(self) -> str:
        return f"{{{{ steps.{self._random.choice(self.all)['id']}.output }}}}"

    def _maybe(self, probability: float) -> bool:
        return self._random.random() < probability
