"""The parameters of a run, held against what the playbook declares."""

from collections.abc import Iterator
from typing import Any

from engine.cacao import variables
from engine.compiling import compiled
from schemas.messages import JsonObject
from schemas.playbooks import Parameter, Playbook
from schemas.problems import Problem, below

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}


def problems(playbook: Playbook, given: JsonObject, pointer: str = "/parameters") -> list[Problem]:
    """Return everything that is wrong with the parameters that a run was given.

    A playbook that declares none takes any. Defaults are no concern of this: they are what a
    template reads where nothing was given. Of an imported one they are its external variables.
    """
    workflow = compiled(playbook, "").workflow if playbook.cacao is not None else None
    if workflow is not None:
        return list(variables.parameter_problems(workflow, given, pointer))
    if not playbook.parameters:
        return []
    return list(_problems(playbook.parameters, given, pointer))


def _problems(declared: dict[str, Parameter], given: JsonObject, pointer: str) -> Iterator[Problem]:
    for name, value in given.items():
        if name not in declared:
            known = ", ".join(declared)
            yield Problem(below(pointer, name), f"is not declared by the playbook (known: {known})")
        elif not _is_of(declared[name].type, value):
            yield Problem(below(pointer, name), f"is not of the type {declared[name].type}")
    for name, parameter in declared.items():
        if parameter.required and parameter.default is None and name not in given:
            yield Problem(below(pointer, name), "is required")


def _is_of(type_name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    if type_name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[type_name])
