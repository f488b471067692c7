"""The variables of a running workflow: who sees which, and where a result goes.

A scope is a step with variables of its own, as long as it is under way: it and whatever it
opens see them, and they hide those of the same name further out. One that was declared without
a value hides nothing until it has one. The outermost scope is the playbook.

A result is returned: it goes to the nearest scope around the step that declares the name, else to
the playbook. So the step after it sees it, although the step that declared it has ended.
"""

from typing import Any, NamedTuple

from engine import frames
from engine.cacao import variables
from engine.frames import OUTERMOST
from engine.graphs import Graph
from engine.paths import MISSING, child
from engine.patterns import patterns
from schemas.executions import CONTAINERS, Execution, StepRun
from schemas.workflows import CommandStep, Variable, WorkflowStep

PLAYBOOK = ""
"""The scope that is always there."""

Assigned = dict[str, dict[str, str]]
"""Scope → name → value."""


class VariableError(Exception):
    """A variable that has no value, or must not have this one. code: as of a ``StepError``."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Scope(NamedTuple):
    """The variables that one step, or the playbook, declares and what they were assigned."""

    name: str
    declared: dict[str, Variable]
    values: dict[str, str]


class Scopes:
    """What is seen from one place, the innermost scope first."""

    def __init__(self, scopes: list[Scope]) -> None:
        self._scopes = scopes

    def value(self, name: str) -> str | None:
        """Return what a variable holds, None if nothing is known."""
        for scope in self._scopes:
            if name in scope.values:
                return scope.values[name]
            if name in scope.declared and scope.declared[name].value is not None:
                return scope.declared[name].value
        return None

    def declaration(self, name: str) -> Variable | None:
        """Return how a variable is declared where it is nearest."""
        return next((s.declared[name] for s in self._scopes if name in s.declared), None)

    def required(self, name: str) -> str:
        """Return what a variable holds. Raises VariableError: nothing is known."""
        value = self.value(name)
        if value is None:
            raise VariableError(
                "missing_variable",
                f"{name} has no value: give it to the run, or let a step assign it before",
            )
        return value

    def typed(self, name: str) -> Any:
        """Return what a variable holds as what its type makes of it, else ``MISSING``."""
        value = self.value(name)
        return MISSING if value is None else variables.typed(self.declaration(name), value)

    def holds(self, condition: str) -> bool:
        """Tell whether a condition holds that was read before."""
        return patterns.compiled(condition).holds(self._lookup)

    def unknown(self, condition: str) -> list[str]:
        """Return the variables of a condition of which nothing is known."""
        names = (path.name for path in patterns.compiled(condition).paths)
        return [name for name in dict.fromkeys(names) if self.value(name) is None]

    def _lookup(self, name: str, steps: tuple[str | int, ...]) -> Any:
        value = self.typed(name)
        if steps and isinstance(value, str):
            value = variables.parsed(value)
        for step in steps:
            value = child(value, step)
        return value


def of(execution: Execution, graph: Graph, frame: str, step: WorkflowStep | None = None) -> Scopes:
    """Return what is seen from ``frame``, by a step in it that has variables of its own."""
    own = [] if step is None else [Scope("/", step.variables, {})]
    return Scopes([*own, *_around(execution, graph, frame)])


def assigned(
    execution: Execution, graph: Graph, run: StepRun, output: Any, *, cut: bool
) -> Assigned:
    """Return what the result of a step assigns. Raises VariableError."""
    step = graph.nodes[run.id].step
    if not isinstance(step, WorkflowStep) or not step.out_args:
        return {}
    around = _around(execution, graph, run.frame)
    found: Assigned = {}
    for name, value in _results(execution, run, step, output).items():
        if cut:
            message = f"its result is too large to be kept whole, so {name} cannot be assigned"
            raise VariableError("output_too_large", message)
        scope = next((s for s in around if name in s.declared), around[-1])
        declared = [
            s.declared[name] for s in (Scope("/", step.variables, {}), scope) if name in s.declared
        ]
        _check(name, value, declared)
        found.setdefault(scope.name, {})[name] = value
    return found


def final(execution: Execution, graph: Graph) -> dict[str, str]:
    """Return the variables of the playbook as they are now: what is known of them."""
    scope = Scopes(_around(execution, graph, OUTERMOST))
    workflow = graph.workflow
    names = {*execution.variables.get(PLAYBOOK, {}), *(workflow.variables if workflow else ())}
    return {name: value for name in sorted(names) if (value := scope.value(name)) is not None}


def results(step: WorkflowStep, output: Any) -> dict[str, str]:
    """Return what an output says of the variables that a step gives, by their names.

    Null says nothing: the variable is as unknown as it was.
    """
    found: dict[str, str] = {}
    for name in step.out_args:
        for part in _parts(output):
            said = part.get(name, part.get(variables.bare(name)))
            if said is not None:
                found[name] = variables.text(said)
                break
    return found


def _around(execution: Execution, graph: Graph, frame: str) -> list[Scope]:
    """Return the scopes around a frame, the playbook last."""
    found = []
    while frame != OUTERMOST:
        opener = frames.parts(frame).opener
        step = graph.nodes[opener].step
        name = frame[: frame.rindex("/") + 1]
        if isinstance(step, WorkflowStep) and step.variables:
            found.append(Scope(name, step.variables, execution.variables.get(name, {})))
        frame = execution.steps[opener].frame
    return [*found, _outermost(execution, graph)]


def _outermost(execution: Execution, graph: Graph) -> Scope:
    workflow = graph.workflow
    if workflow is None:
        return Scope(PLAYBOOK, {}, {})
    may_be_given = {n for n, v in workflow.variables.items() if v.external and not v.constant}
    given: dict[str, str] = {}
    for said, value in execution.parameters.items():
        name = variables.canonical(said)
        if value is not None and (name in may_be_given or name in workflow.undeclared):
            given[name] = variables.text(value)
    return Scope(PLAYBOOK, workflow.variables, given | execution.variables.get(PLAYBOOK, {}))


def _results(execution: Execution, run: StepRun, step: WorkflowStep, output: Any) -> dict[str, str]:
    if run.type in CONTAINERS:
        # What its commands have assigned to its own variables is now returned.
        own = execution.variables.get(frames.prefix(run), {})
        return {name: own[name] for name in step.out_args if name in own}
    found = results(step, output)
    alone = step.out_args[0] if len(step.out_args) == 1 and not found else None
    if alone is None or execution.dry_run:
        return found
    # People and other playbooks name what they give; a program only says something.
    whole = _main(output) if isinstance(step, CommandStep) or not isinstance(output, dict) else None
    return found if whole is None else {alone: whole}


def _parts(output: Any) -> list[dict[str, Any]]:
    """Return the objects in a result that may name variables."""
    if not isinstance(output, dict):
        return []
    inner = [output.get(name) for name in ("variables", "body")]
    return [each for each in (output, *inner) if isinstance(each, dict)]


def _main(output: Any) -> str | None:
    """Return what a result says as a whole: of an HTTP answer or a program, what it wrote."""
    for name in ("body", "stdout"):
        if isinstance(output, dict) and name in output:
            output = output[name]
    return None if output is None else variables.text(output)


def _check(name: str, value: str, declared: list[Variable]) -> None:
    if any(variable.constant for variable in declared):
        raise VariableError("constant_variable", f"{name} is constant: nothing may assign it")
    for variable in declared:
        if not variables.is_of(variable.type, value):
            shown = value if len(value) <= 80 else f"{value[:79]}…"
            raise VariableError(
                "invalid_variable", f"{name} is of the type {variable.type}: {shown!r} is none"
            )
