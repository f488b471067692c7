"""From a document to the graph that an execution walks.

A branch is a frame that its opening step opens; ``end`` leaves the frame, so the flow returns to
whichever step opened it. A ``delay`` is a step of its own before the step that it delays. What
may run at once, or while a failure is handled, is compiled once for each place it stands in
(``engine/cacao/copies.py``): a step has one run at a time.
"""

from collections.abc import Iterator

from engine.cacao import actions, copies, links, naming, obstacles, variables
from engine.cacao.documents import Document, StepPart, read
from engine.graphs import FAIL, Graph, Node, declared
from schemas.playbooks import CacaoSource, Playbook
from schemas.steps import CONTINUE, END, DelayStep
from schemas.workflows import (
    AnyWorkflowStep,
    CallStep,
    ChoiceStep,
    ForkStep,
    IfStep,
    LoopStep,
    Workflow,
)

DEFAULT = "default"
"""The case of a switch that is taken when no other is."""

_DELAY = ".delay"


def compiled(playbook: Playbook, source: CacaoSource, revision: str) -> Graph:
    """Return the graph of an imported playbook. Raises UnreadableDocument."""
    workflow = Compilation(read(source.document), source.step_ids)
    return workflow.graph(playbook, revision)


class Compilation:
    """One document on its way to a graph. ``ids``: key in the document → id of the step here."""

    def __init__(self, document: Document, step_ids: dict[str, str]) -> None:
        self._document = document
        self._keys = dict(step_ids)
        self._ids = {key: step_id for step_id, key in step_ids.items()}

    def graph(self, playbook: Playbook, revision: str) -> Graph:
        """Return the graph. Raises TooLarge."""
        document = self._document
        copies.require_few(actions.number(document, self._ids))
        nodes = {
            node.step.id: node
            for step_id, key in self._keys.items()
            for node in self._nodes(step_id, document.workflow[key])
        }
        start = self._target(document.workflow_start)
        exception = document.workflow_exception
        handler = END
        if exception is not None and exception in document.workflow:
            handler = self._target(exception)
        nodes, handler = copies.separated(nodes, start, handler)
        return Graph(
            playbook=playbook,
            revision=revision,
            start=start,
            nodes=nodes,
            declared=tuple(declared(node.step) for node in nodes.values()),
            workflow=Workflow(
                variables=variables.declared(document.playbook_variables),
                undeclared=tuple(obstacles.undeclared(document, list(self._ids))),
                exception=None if handler == END else handler,
                obstacles=tuple(p.message for p in obstacles.problems(document, list(self._ids))),
                revoked=document.revoked is True,
                valid_from=document.valid_from,
                valid_until=document.valid_until,
            ),
        )

    def _target(self, key: str | None) -> str:
        """Return the node that a link leads to: of a step that only begins, what it leads to."""
        seen = set()
        while key is not None and key not in seen:
            seen.add(key)
            step = self._document.workflow[key]
            if step.delay:
                return self._ids[key] + _DELAY
            if naming.is_shown(step):
                return self._ids[key]
            key = step.on_completion or step.on_success if step.type == "start" else None
        return END

    def _nodes(self, step_id: str, step: StepPart) -> Iterator[Node]:
        first, last = step_id, self._after(step)
        if step.delay:
            is_all = step.type in ("start", "end")
            yield Node(
                step=DelayStep(
                    id=step_id + _DELAY,
                    name=f"Delay of {step.name or step_id}"[:256],
                    type="delay",
                    duration=step.delay / 1_000,
                ),
                next=last if is_all else first,
                on_failure=FAIL,
                retry=None,
            )
            if is_all:
                return
        failure = self._failure(step)
        if step.type == "action":
            pointer = links.pointer(self._keys[step_id])
            yield from actions.nodes(self._document, step_id, step, pointer, last, failure)
        else:
            yield self._node(step_id, step, last, failure)

    def _after(self, step: StepPart) -> str:
        return END if step.type == "end" else self._target(step.on_completion or step.on_success)

    def _failure(self, step: StepPart) -> str:
        """Return where a failure leads: ``on_completion`` is the way on whatever the outcome."""
        if step.on_failure is not None:
            return self._target(step.on_failure)
        return CONTINUE if step.on_completion is not None else FAIL

    def _node(self, step_id: str, step: StepPart, after: str, failure: str) -> Node:
        ways: dict[str, str] = {}
        frames: tuple[str, ...] = ()
        common = actions.common(step_id, step, links.pointer(self._keys[step_id]))
        compiled_step: AnyWorkflowStep
        if step.type == "parallel":
            compiled_step = ForkStep(**common)
            frames = tuple(self._target(key) for key in step.next_steps or ())
        elif step.type == "if-condition":
            compiled_step = IfStep(**common, condition=step.condition or "")
            ways = {"true": self._target(step.on_true), "false": self._target(step.on_false)}
        elif step.type == "while-condition":
            compiled_step = LoopStep(**common, condition=step.condition or "")
            frames = (self._target(step.on_true),)
        elif step.type == "switch-condition":
            compiled_step = ChoiceStep(**common, chosen_by=step.switch or "")
            ways = {case: self._target(key) for case, key in (step.cases or {}).items()}
            ways.setdefault(DEFAULT, END)
        else:
            compiled_step = CallStep(
                **common,
                playbook_id=step.playbook_id or "",
                playbook_version=step.playbook_version,
                in_args=tuple(variables.canonical(name) for name in step.in_args or ()),
            )
        return Node(compiled_step, after, failure, None, ways, frames)
