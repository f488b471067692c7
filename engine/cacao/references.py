"""What a document names: steps, agents, targets, variables … must be there."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.cacao import flow
from engine.cacao.parts import Steps, listed, named, texts
from engine.cacao.uses import names
from schemas.messages import JsonObject
from schemas.problems import Problem, below

DEFINITIONS: Final = (
    "agent_definitions",
    "target_definitions",
    "authentication_info_definitions",
    "extension_definitions",
    "data_marking_definitions",
)
"""Dictionaries of a document, by the identifiers of what they define."""


def problems(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    """Yield every reference to something that is not there."""
    exception = document.get("workflow_exception")
    if isinstance(exception, str) and exception not in steps:
        yield Problem("/workflow_exception", f"there is no step {exception}")
    for key, step in steps.items():
        at = below("/workflow", key)
        for pointer, target in flow.links(step):
            if target not in steps:
                yield Problem(at + pointer, f"there is no step {target}")
        yield from _hosts(document, step, at)
        yield from _variables(document, step, at)
    for name in ("agent_definitions", "target_definitions"):
        for key, host in named(document, name).items():
            at = below("", name, key)
            yield from _host(document, host, at)
            yield from _undeclared(host, named(document, "playbook_variables"), at)
    yield from _extensions(document, steps)
    markings = named(document, "data_marking_definitions")
    for index, marking in enumerate(texts(document.get("markings"))):
        if marking not in markings and not marking.startswith("marking-tlp--"):
            yield Problem(
                f"/markings/{index}", f"there is no {marking} in data_marking_definitions"
            )


def _hosts(document: JsonObject, step: JsonObject, at: str) -> Iterator[Problem]:
    agent = step.get("agent")
    if isinstance(agent, str) and agent not in named(document, "agent_definitions"):
        yield Problem(f"{at}/agent", f"there is no {agent} in agent_definitions")
    targets = named(document, "target_definitions")
    for index, target in enumerate(texts(step.get("targets"))):
        if target not in targets:
            yield Problem(f"{at}/targets/{index}", f"there is no {target} in target_definitions")


def _host(document: JsonObject, host: JsonObject, at: str) -> Iterator[Problem]:
    info = host.get("authentication_info")
    if isinstance(info, str) and info not in named(document, "authentication_info_definitions"):
        message = f"there is no {info} in authentication_info_definitions"
        yield Problem(f"{at}/authentication_info", message)


def _extensions(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    known = named(document, "extension_definitions")
    places = [("/playbook_extensions", document.get("playbook_extensions"))]
    for key, step in steps.items():
        places.append((below("/workflow", key, "step_extensions"), step.get("step_extensions")))
    for name in ("agent_definitions", "target_definitions"):
        for key, host in named(document, name).items():
            place = "agent_target_extensions"
            places.append((below("", name, key, place), host.get(place)))
    for at, used in places:
        for extension in used if isinstance(used, dict) else ():
            if extension not in known:
                yield Problem(below(at, extension), "is not defined in extension_definitions")


def _variables(document: JsonObject, step: JsonObject, at: str) -> Iterator[Problem]:
    known = {**named(document, "playbook_variables"), **named(step, "step_variables")}
    for name in ("condition", "switch", "step_variables"):
        yield from _undeclared(step.get(name), known, f"{at}/{name}")
    for index, command in enumerate(listed(step, "commands")):
        yield from _undeclared(command, known, f"{at}/commands/{index}")
    for name in ("in_args", "out_args"):
        for index, variable in enumerate(texts(step.get(name))):
            if variable.removesuffix(":value") not in known:
                yield Problem(f"{at}/{name}/{index}", f"there is no variable {variable}")


def _undeclared(value: Any, known: Mapping[str, Any], at: str) -> Iterator[Problem]:
    """Yield the uses of variables that nobody declares, in every text of a value."""
    if isinstance(value, str):
        for name in names(value):
            if name not in known:
                yield Problem(at, f"there is no variable {name}")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _undeclared(each, known, below(at, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _undeclared(each, known, below(at, index))
