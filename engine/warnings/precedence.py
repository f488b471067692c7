"""Which steps have always been through before another one starts, on whatever way it is reached."""

from graphlib import TopologicalSorter

from engine.graphs import FAIL, Graph, Node
from engine.sequences import Sequence, opened, sequences
from schemas.steps import ABORT, CONTINUE, END, ConditionStep, ParallelStep, Step, SwitchStep

_NONE: frozenset[str] = frozenset()


class Precedence:
    """The order of the steps of a playbook.

    completed: step → those that have always completed before it starts.
    """

    def __init__(self, graph: Graph) -> None:
        steps = graph.playbook.steps
        self.completed: dict[str, frozenset[str]] = {}
        self._graph = graph
        self._steps: dict[str, Step] = {step.id: step for step in steps}
        self._owners = {
            step_id: step.id for step in steps for each in opened(step) for step_id in each.step_ids
        }
        self._later: dict[str, set[str]] = {}
        self._walk(sequences(steps)[0], _NONE)

    def may_precede(self, earlier: str, later: str) -> bool:
        """Tell whether ``earlier`` may have run, or run, when ``later`` starts."""
        around = [earlier, *self._around(earlier)]
        if earlier == later:
            return any(self._steps[owner].type == "while" for owner in around[1:])
        # What comes after the step that opened a list comes after all steps of the list.
        if earlier not in self._later:
            self._later[earlier] = self._graph.reachable(around)
        return later in self._later[earlier]

    def _around(self, step_id: str) -> list[str]:
        """Return the steps in whose lists a step stands, the innermost first."""
        around = []
        while step_id in self._owners:
            step_id = self._owners[step_id]
            around.append(step_id)
        return around

    def _walk(self, sequence: Sequence, entry: frozenset[str]) -> frozenset[str]:
        """Note what has completed before each step; return what has at the end of the list."""
        states = {sequence.step_ids[0]: entry}
        ends: list[frozenset[str]] = []
        for step_id in self._ordered(sequence):
            before = states.get(step_id)
            if before is None:
                continue  # nothing leads there
            self.completed[step_id] = before
            after = before | {step_id} | self._within(self._steps[step_id], before)
            for target, state in _leaving(self._graph.nodes[step_id], before, after):
                if target == END:
                    ends.append(state)
                else:
                    states[target] = states.get(target, state) & state
        return frozenset.intersection(*ends) if ends else _NONE

    def _within(self, step: Step, before: frozenset[str]) -> frozenset[str]:
        """Return what has completed in the lists that a step opens, once it has."""
        ends = [self._walk(sequence, before) for sequence in opened(step)]
        if not isinstance(step, ParallelStep):
            return _NONE  # a loop may not go round at all
        if step.join == "any":
            return frozenset.intersection(*ends)
        return frozenset().union(*ends)

    def _ordered(self, sequence: Sequence) -> list[str]:
        """Return the steps of a list, each after those that lead to it."""
        order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sequence.step_ids, ()))
        for step_id in sequence.step_ids:
            for target, _ in _leaving(self._graph.nodes[step_id], _NONE, _NONE):
                if target != END:
                    order.add(target, step_id)
        return list(order.static_order())


def _leaving(
    node: Node, before: frozenset[str], after: frozenset[str]
) -> list[tuple[str, frozenset[str]]]:
    """Return where the flow goes from a step within its list, and what has completed then."""
    decides = isinstance(node.step, ConditionStep | SwitchStep)
    leaving = [(target, after) for target in (node.links.values() if decides else [node.next])]
    if node.on_failure == CONTINUE:
        leaving.append((node.next, before))
    elif node.on_failure == END:
        leaving.append((END, before))
    elif node.on_failure not in (ABORT, FAIL):
        leaving.append((node.on_failure, before))
    return leaving
