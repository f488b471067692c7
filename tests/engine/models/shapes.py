"""All small playbooks around one parallel step: what is in its branches × what failures do."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from engine.graphs import Graph
from tests.examples import action, graph, step

Steps = list[dict[str, Any]]

INSIDE: dict[str, Steps] = {
    "action": [action("b")],
    "two actions": [action("b"), action("b2")],
    "delay": [step("b", "delay", duration=60)],
    "approval": [step("b", "approval", required=2, timeout_seconds=60)],
    "playbook": [step("b", "playbook", playbook_id="pb-other")],
    "decision": [step("b", "condition", expression="true", on_false="end"), action("b2")],
    "loop": [step("b", "while", expression="loop.index < 2", steps=["body"])],
    "all of two": [step("b", "parallel", branches=[["left"], ["right"]])],
    "any of two": [step("b", "parallel", branches=[["left"], ["right"]], join="any")],
}
"""The second branch, by its name. The first one is an action, and what its failure leads to."""

OF_LISTS: Steps = [action("body"), action("left"), action("right")]
JOINS = ("all", "any")
OF_STEP = ("unsaid", "abort", "continue", "end", "rescue")
OF_FORK = ("unsaid", "continue", "end", "recover")
OF_PLAYBOOK = ("abort", "continue", "retry")
RETRIES = ("none", "step", "fork")


class Shape(NamedTuple):
    """One playbook, by what each part of it says. inside: the second branch."""

    join: str
    inside: str
    step: str
    fork: str
    playbook: str
    retry: str

    def is_small(self) -> bool:
        """Tell whether it is one of those with the fewest states, each rule among them."""
        retries = (self.playbook == "retry") + (self.retry != "none")
        return self.inside == "action" and self.fork in ("unsaid", "recover") and retries < 2


def shapes() -> Iterator[Shape]:
    """Yield every playbook there is."""
    for choice in product(JOINS, INSIDE, OF_STEP, OF_FORK, OF_PLAYBOOK, RETRIES):
        yield Shape(*choice)


def drawn_up(shape: Shape) -> Graph:
    """Return the playbook, ready to be walked."""
    first = action("a", **_failure(shape.step), **_retry(shape.retry == "step"))
    branch = ["a"]
    steps = [first]
    if shape.step == "rescue":
        first["on_success"] = "end"
        steps.append(action("rescue"))
        branch.append("rescue")
    second = [each | _timeout(each) for each in INSIDE[shape.inside]]
    named = {each for found in second for each in _listed(found)}
    fork = step(
        "fork",
        "parallel",
        branches=[branch, [each["id"] for each in second]],
        join=shape.join,
        on_success="after",
        **_failure(shape.fork),
        **_retry(shape.retry == "fork"),
    )
    inner = [each for each in OF_LISTS if each["id"] in named]
    last = [action("recover")] if shape.fork == "recover" else []
    after = action("after", on_success="end")
    says = {"on_failure": shape.playbook, "max_retries": 1 if shape.playbook == "retry" else 0}
    return graph(fork, *steps, *second, *inner, after, *last, **says)


def _failure(says: str) -> dict[str, Any]:
    return {} if says == "unsaid" else {"on_failure": says}


def _retry(said: bool) -> dict[str, Any]:
    return {"retry": {"max_attempts": 2}} if said else {}


def _timeout(says: dict[str, Any]) -> dict[str, Any]:
    return {"timeout_seconds": 30} if says["type"] in ("playbook", "parallel") else {}


def _listed(says: dict[str, Any]) -> list[str]:
    return [
        *says.get("steps", []),
        *(each for branch in says.get("branches", []) for each in branch),
    ]
