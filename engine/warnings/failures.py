"""Warnings about waiting and failing: what waits for ever, or goes on although it should not."""

from collections.abc import Iterator

from engine import durations
from engine.graphs import Graph, Node
from schemas.playbooks import Playbook
from schemas.problems import Problem
from schemas.steps import CONTINUE, END, ApprovalStep, ConditionStep, DelayStep, Step, SwitchStep


def failure_warnings(graph: Graph) -> Iterator[Problem]:
    """Yield what steps wait for in vain, and which failures and decisions change nothing."""
    playbook = graph.playbook
    yield from _retries(playbook)
    for index, step in enumerate(playbook.steps):
        at = f"/steps/{index}"
        yield from _times(step, playbook, at)
        yield from _decision(graph.nodes[step.id], at)
        if isinstance(step, ApprovalStep):
            yield from _approval(graph.nodes[step.id], playbook, at)


def _retries(playbook: Playbook) -> Iterator[Problem]:
    if playbook.on_failure == "retry" and playbook.max_retries == 0:
        yield Problem(
            "/on_failure", "retry without max_retries tries nothing again: say max_retries"
        )
    if playbook.on_failure != "retry" and playbook.max_retries > 0:
        yield Problem("/max_retries", "has no effect without on_failure: retry")


def _times(step: Step, playbook: Playbook, at: str) -> Iterator[Problem]:
    if playbook.timeout_minutes is None:
        return
    whole_seconds = playbook.timeout_minutes * 60
    first = f"the execution fails first, after timeout_minutes: {playbook.timeout_minutes:g}"
    if step.timeout_seconds is not None and step.timeout_seconds > whole_seconds:
        yield Problem(f"{at}/timeout_seconds", f"is never reached: {first}")
    duration = step.duration if isinstance(step, DelayStep) else None
    if duration is not None and durations.seconds(duration) >= whole_seconds:
        yield Problem(f"{at}/duration", f"is never over: {first}")


def _approval(node: Node, playbook: Playbook, at: str) -> Iterator[Problem]:
    step = node.step
    if step.timeout_seconds is None and playbook.timeout_minutes is None:
        yield Problem(at, "waits for ever when nobody answers: say timeout_seconds")
    goes_on = node.next if node.on_failure == CONTINUE else node.on_failure
    if goes_on == node.next and goes_on != END:
        said = "/on_failure" if step.on_failure is not None else ""
        yield Problem(
            f"{at}{said}",
            f"a rejection goes on to {node.next}, as an approval does: "
            "say on_failure: abort, end or another step",
        )


def _decision(node: Node, at: str) -> Iterator[Problem]:
    if not isinstance(node.step, ConditionStep | SwitchStep):
        return
    targets = set(node.links.values())
    if len(targets) == 1:
        yield Problem(at, f"decides nothing: it goes to {targets.pop()} in any case")
