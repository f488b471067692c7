"""Action steps of documents: each command on each target, one after the other.

One command on one target is one step. Of more, each is a step in a frame of its own, in order:
so that after a crash what has been done is not done again.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from engine.cacao import commands, variables
from engine.cacao.documents import CommandPart, Document, StepPart
from engine.graphs import FAIL, Node
from schemas.messages import JsonObject
from schemas.problems import below
from schemas.steps import END
from schemas.workflows import CommandsStep, CommandStep, ManualStep


class Piece(NamedTuple):
    """A command and the one target it is for, None without targets. place: of the command."""

    place: int
    command: CommandPart
    target: JsonObject | None


def nodes(
    document: Document, step_id: str, step: StepPart, pointer: str, after: str, failure: str
) -> Iterator[Node]:
    """Yield the nodes of an action step, the one that links lead to first."""
    said = common(step_id, step, pointer)
    every = list(pieces(document, step))
    if len(every) == 1:
        yield Node(_step(document, step, every[0], said), after, failure, None)
        return
    ids = [f"{step_id}.{number}" for number in range(1, len(every) + 1)]
    yield Node(CommandsStep(**said), after, failure, None, frames=tuple(ids[:1]))
    following = [*ids[1:], END][: len(ids)]  # none of none: what has no commands cannot be run
    for piece, piece_id, onward in zip(every, ids, following, strict=True):
        # Its own variables are those of the step around it, and so is its time.
        within = said | {"id": piece_id, "variables": {}, "timeout_seconds": None}
        within["name"] = _name(step, piece, piece_id)
        yield Node(_step(document, step, piece, within), onward, FAIL, None)


def pieces(document: Document, step: StepPart) -> Iterator[Piece]:
    """Yield what an action step consists of. People are asked once, whatever the targets."""
    targets = [found for key in step.targets or () if (found := host(document, key)) is not None]
    for index, command in enumerate(step.commands or ()):
        if command.type == commands.MANUAL or not targets:
            yield Piece(index, command, None)
        else:
            for target in targets:
                yield Piece(index, command, target)


def number(document: Document, keys: Iterable[str]) -> int:
    """Return how many commands on targets the steps of these keys have."""
    steps = (document.workflow[key] for key in keys)
    return sum(len(step.commands or ()) * max(1, len(step.targets or ())) for step in steps)


def host(document: Document, key: str | None) -> JsonObject | None:
    """Return an agent or a target: real documents look for either among both."""
    if key is None:
        return None
    for definitions in (document.target_definitions, document.agent_definitions):
        if definitions is not None and key in definitions:
            return definitions[key]
    return None


def hosts(document: Document, step: StepPart, target: JsonObject | None) -> list[JsonObject]:
    """Return the target and the agent of a command, as far as there are any."""
    return [each for each in (target, host(document, step.agent)) if each is not None]


def common(step_id: str, step: StepPart, pointer: str) -> dict[str, Any]:
    """Return what a step of any type says."""
    return {
        "id": step_id,
        "name": (step.name or step_id)[:256] or None,
        "timeout_seconds": step.timeout / 1_000 if step.timeout else None,
        "pointer": pointer,
        "variables": variables.declared(step.step_variables),
        "out_args": tuple(variables.canonical(name) for name in step.out_args or ()),
    }


def _step(
    document: Document, step: StepPart, piece: Piece, said: dict[str, Any]
) -> CommandStep | ManualStep:
    command = piece.command.model_dump()
    if piece.command.type == commands.MANUAL:
        return ManualStep(**said, message=_message(step, command))
    place = below(said["pointer"], "commands", piece.place)
    agent = host(document, step.agent)
    return CommandStep(
        **said | {"pointer": place},
        action_ref=commands.action_ref(piece.command.type),
        command=command,
        agent=agent,
        target=piece.target,
        authentication=_authentication(document, piece.target, agent),
    )


def _message(step: StepPart, command: JsonObject) -> str:
    try:
        said = commands.told(command)
    except commands.CommandError:
        said = ""
    return said or step.description or step.name or "Do what the playbook asks, then confirm."


def _authentication(document: Document, *among: JsonObject | None) -> JsonObject | None:
    """Return what authenticates at the first of the hosts that says something."""
    definitions = document.authentication_info_definitions or {}
    for each in among:
        key = None if each is None else each.get("authentication_info")
        if isinstance(key, str) and key in definitions:
            return definitions[key]
    return None


def _name(step: StepPart, piece: Piece, step_id: str) -> str:
    words = [step.name or step_id, piece.command.type]
    if piece.target is not None and isinstance(piece.target.get("name"), str):
        words.append(piece.target["name"])
    return ": ".join(words)[:256]
