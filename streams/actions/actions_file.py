"""The actions file (``PLAYBOOKS_ACTIONS_FILE``): what the operator says about actions.

    act-slack-notify: {connector: slack, token: secret:SLACK_TOKEN}

One entry per action reference: its connector, and settings and fixed parameters of it. Read
once, at start, by the composition root; everything that is wrong with it is said at once.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from schemas.problems import Problem, below
from streams.actions import foreign, yaml_files
from streams.actions.bindings import Binding
from streams.actions.connector import Connector
from streams.actions.errors import suggestion

Connectors = Mapping[str, Connector[Any, Any]]
"""Connectors by their names."""

_REF = re.compile(r"(cacao:)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


class ActionsFileError(Exception):
    """The actions file cannot be used. Each problem: ``file:line:column: what is wrong``."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read(path: Path, connectors: Connectors) -> dict[str, Binding]:
    """Return the bindings of the file by their references. Raises ActionsFileError."""
    try:
        document = yaml_files.read(path)
    except yaml_files.YamlError as error:
        raise ActionsFileError([str(error)]) from None
    bound, problems = bindings(document.value, connectors)
    if problems:
        raise ActionsFileError(f"{document.place(p.pointer)}: {p.message}" for p in problems)
    return bound


def bindings(entries: Any, connectors: Connectors) -> tuple[dict[str, Binding], list[Problem]]:
    """Return the bindings that the content of an actions file means, and what is wrong with it."""
    if entries is None:
        return {}, []
    if not isinstance(entries, Mapping):
        return {}, [Problem("", "is not a mapping of action references, act-…: {connector: …}")]
    bound: dict[str, Binding] = {}
    problems: list[Problem] = []
    for ref, entry in entries.items():
        found = _binding(ref, entry, connectors)
        if isinstance(found, Binding):
            bound[ref] = found
            found = [_under(ref, problem) for problem in found.problems()]
        problems += found
    return bound, problems


def _binding(ref: str, entry: Any, connectors: Connectors) -> Binding | list[Problem]:
    at = below("", ref)
    if not _REF.fullmatch(ref):
        what = "is not an action reference: letters, digits, full stops, hyphens, underscores"
        return [Problem(at, f"{ref!r} {what}")]
    if not isinstance(entry, Mapping):
        return [Problem(at, f"{ref}: is not a mapping, {{connector: …}}")]
    name = entry.get("connector")
    if not isinstance(name, str):
        return [Problem(at, f"{ref}: names no connector{suggestion('', connectors)}")]
    connector = connectors.get(name)
    if connector is None:
        complaint = f"{ref}: there is no connector {name!r}{suggestion(name, connectors)}"
        return [Problem(below(at, "connector"), complaint)]
    unfit = foreign.problem(ref, connector) if foreign.is_foreign(ref) else None
    if unfit is not None:
        return [Problem(below(at, "connector"), f"{ref}: {unfit}")]
    return _sorted(ref, entry, connector)


def _sorted(
    ref: str, entry: Mapping[str, Any], connector: Connector[Any, Any]
) -> Binding | list[Problem]:
    """Tell settings and parameters apart by their keys."""
    known_settings = connector.Settings.model_fields
    known_parameters = connector.Parameters.model_fields
    settings: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    problems = []
    for key, value in entry.items():
        if key == "connector":
            continue
        if key in known_settings:
            settings[key] = value
        elif key in known_parameters or connector.Parameters.model_config.get("extra") == "allow":
            parameters[key] = value
        else:
            hint = suggestion(key, [*known_settings, *known_parameters])
            complaint = f"{ref}: {connector.name} has no {key!r}{hint}"
            problems.append(Problem(below("", ref, key), complaint))
    return problems or Binding(ref, connector, settings, parameters)


def _under(ref: str, problem: Problem) -> Problem:
    return Problem(
        below("", ref) + problem.pointer, f"{ref}: {problem.pointer[1:]}: {problem.message}"
    )
