"""What keeps a document from being run, though it can be read and its steps hang together.

Such a playbook is imported and shown, and every run of it is refused with the reason: a
condition that nobody can decide must not silently be false.
"""

from collections.abc import Iterator

from engine.cacao import actions, commands, links, variables
from engine.cacao.documents import Document, StepPart
from engine.patterns import patterns
from engine.patterns.errors import PatternError
from schemas.problems import Problem


def problems(document: Document, keys: list[str]) -> list[Problem]:
    """Return the obstacles in the steps of these keys."""
    return [
        Problem(problem.pointer, f"step {document.workflow[key].name or key}: {problem.message}")
        for key in keys
        for problem in _of_step(document.workflow[key], links.pointer(key))
    ]


def undeclared(document: Document, keys: list[str]) -> list[str]:
    """Return the names of variables that are used, and neither declared nor ever assigned."""
    known = set(variables.declared(document.playbook_variables))
    used: dict[str, None] = {}
    for key in keys:
        step = document.workflow[key]
        known |= variables.declared(step.step_variables).keys()
        known |= {variables.canonical(name) for name in step.out_args or ()}
        used |= dict.fromkeys(uses(document, step))
    return [name for name in used if name not in known]


def uses(document: Document, step: StepPart) -> Iterator[str]:
    """Yield the names of the variables that a step uses."""
    if step.type in ("if-condition", "while-condition"):
        try:
            yield from (path.name for path in patterns.compiled(step.condition or "").paths)
        except PatternError:
            return
    elif step.type == "switch-condition":
        yield from variables.uses(_value(step.switch or ""))
    yield from (variables.canonical(name) for name in step.in_args or ())
    if step.type == "action":
        said = [command.model_dump() for command in step.commands or ()]
        hosts = [actions.host(document, key) for key in (step.agent, *(step.targets or ()))]
        for text in commands.texts([*said, *hosts]):
            yield from variables.uses(text)


def chosen_by(switch: str) -> str | None:
    """Return the name of the variable that a switch is decided by, None if it is none."""
    names = variables.uses(_value(switch))
    return names[0] if len(names) == 1 else None


def _value(switch: str) -> str:
    """Return a lone variable as it is used: real documents leave out ``:value``."""
    name = switch.strip()
    is_lone = name.startswith("__") and name.endswith("__") and name.count(":") == 0
    return f"{name}:value" if is_lone else name


def _of_step(step: StepPart, pointer: str) -> Iterator[Problem]:
    match step.type:
        case "if-condition" | "while-condition":
            yield from _condition(step.condition, f"{pointer}/condition")
            if step.on_true is None:
                yield Problem(f"{pointer}/on_true", "is required: what if the condition holds?")
        case "switch-condition":
            if chosen_by(step.switch or "") is None:
                yield Problem(f"{pointer}/switch", "is not one variable, as in __name__:value")
            if not step.cases:
                yield Problem(f"{pointer}/cases", "is required: there is nothing to choose from")
        case "action":
            if not step.commands:
                yield Problem(f"{pointer}/commands", "is required: there is nothing to do")
        case "parallel":
            if not step.next_steps:
                yield Problem(f"{pointer}/next_steps", "is required: there is nothing to do")
        case "playbook-action":
            if not step.playbook_id:
                yield Problem(f"{pointer}/playbook_id", "is required: which playbook?")


def _condition(condition: str | None, pointer: str) -> Iterator[Problem]:
    if condition is None:
        yield Problem(pointer, "is required: there is nothing to decide by")
        return
    try:
        paths = patterns.compiled(condition).paths
    except PatternError as error:
        yield Problem(pointer, f"{condition!r} cannot be decided: {error}")
        return
    for path in paths:
        if not path.name.startswith("__"):
            yield Problem(
                pointer,
                f"{path.name} is no variable: a condition is decided by variables, as in "
                "__name__:value = '5'",
            )
