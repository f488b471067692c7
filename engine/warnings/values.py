"""Warnings about values that steps read: some are never there, some not always."""

from collections.abc import Iterator
from difflib import get_close_matches

from engine.contexts import EVENT_ROOTS, RUN_ROOTS, SECRETS
from engine.graphs import Graph
from engine.warnings.precedence import Precedence
from engine.warnings.reading import Read, reads
from schemas.playbooks import Playbook
from schemas.problems import Problem
from schemas.steps import Step

_OF_A_STEP = ("status", "output", "error")
_KNOWN = (*EVENT_ROOTS, *RUN_ROOTS, SECRETS, "range")


def value_warnings(graph: Graph) -> Iterator[Problem]:
    """Yield what is read although it is not there, or perhaps not."""
    playbook = graph.playbook
    precedence = Precedence(graph)
    for index, step in enumerate(playbook.steps):
        for read in reads(step, f"/steps/{index}"):
            message = (
                _of_step(read, step, graph, precedence)
                if read.path[0] == "steps"
                else (_of_root(read) or _of_parameter(read, playbook) or _of_event(read, playbook))
            )
            if message is not None:
                yield Problem(read.pointer, message)


def _of_step(read: Read, step: Step, graph: Graph, precedence: Precedence) -> str | None:
    if len(read.path) == 1:
        return None
    step_id, *rest = read.path[1:]
    if step_id not in graph.nodes:
        return f"{read.words}: there is no step {step_id}{_near(step_id, graph.nodes)}"
    if not precedence.may_precede(step_id, step.id):
        return f"{read.words}: step {step_id} never runs before {step.id}"
    if not rest:
        return None
    if rest[0] not in _OF_A_STEP:
        return (
            f"{read.words}: a step has {', '.join(_OF_A_STEP)}; "
            f"did you mean steps.{step_id}.output.{rest[0]}"
        )
    certain = step_id in precedence.completed.get(step.id, ())
    if rest[0] == "output" and read.needed and not certain:
        return (
            f"{read.words}: step {step_id} has not completed on every way to {step.id}, which "
            "would fail then: say what else to take by | default(…), or link them otherwise"
        )
    return None


def _of_root(read: Read) -> str | None:
    root = read.path[0]
    if root in _KNOWN:
        return None
    return (
        f"{read.words}: there is nothing of the name {root}{_near(root, _KNOWN)}; a field of the "
        f"finding is finding.{root}"
    )


def _of_parameter(read: Read, playbook: Playbook) -> str | None:
    if read.path[0] != "parameters" or len(read.path) == 1 or not playbook.parameters:
        return None
    name = read.path[1]
    if name in playbook.parameters:
        return None
    return f"{read.words}: no parameter {name} is declared{_near(name, playbook.parameters)}"


def _of_event(read: Read, playbook: Playbook) -> str | None:
    if playbook.trigger.event != "schedule" or not read.needed or read.path[0] not in EVENT_ROOTS:
        return None
    return (
        f"{read.words}: a schedule brings no {read.path[0]}, and the step would fail: "
        "say what else to take by | default(…)"
    )


def _near(name: str, known: object) -> str:
    close = get_close_matches(name, [str(each) for each in known], n=1)  # type: ignore[attr-defined]
    return f": did you mean {close[0]}" if close else ""
