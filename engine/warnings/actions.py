"""Warnings about what steps name outside the playbook: actions, other playbooks, secrets."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from engine.templates.compiling import is_template
from schemas.playbooks import Playbook
from schemas.problems import Problem, below
from schemas.steps import ActionStep, PlaybookStep

_SECRET_NAME: Final = re.compile(
    r"(^|[_.-])(token|password|passwd|secret|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|authorization|client[_-]?secret)$",
    re.IGNORECASE,
)
_REPEATED: Final = frozenset({"natural", "search_before_create"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is where the playbook is to run; None: not known where it is judged.

    actions: reference → what a repetition does (``streams/actions/connector.py``). complete:
    there are no others; else only what is nearly one of these is taken for a mistake.
    playbooks: the ids of the playbooks.
    """

    actions: Mapping[str, str] | None = None
    complete: bool = True
    playbooks: Collection[str] | None = None


def action_warnings(playbook: Playbook, around: Surroundings) -> Iterator[Problem]:
    """Yield what is named that is not there, and what is said in plain that should not be."""
    for index, step in enumerate(playbook.steps):
        at = f"/steps/{index}"
        if isinstance(step, ActionStep):
            yield from _unknown(step.action_ref, f"{at}/action_ref", around)
            yield from _repetition(step, at, around)
            yield from _plain_secrets(step.parameters, f"{at}/parameters")
            if step.undo is not None:
                yield from _unknown(step.undo.action_ref, f"{at}/undo/action_ref", around)
                yield from _plain_secrets(step.undo.parameters, f"{at}/undo/parameters")
        elif isinstance(step, PlaybookStep):
            yield from _called(step, playbook, at, around)


def _unknown(ref: str, pointer: str, around: Surroundings) -> Iterator[Problem]:
    if around.actions is None or ref in around.actions:
        return
    near = get_close_matches(ref, list(around.actions), n=1, cutoff=0.6 if around.complete else 0.8)
    if near:
        yield Problem(pointer, f"there is no action {ref}: did you mean {near[0]}")
    elif around.complete:
        yield Problem(pointer, f"there is no action {ref}: name it in the actions file")


def _repetition(step: ActionStep, at: str, around: Surroundings) -> Iterator[Problem]:
    effect = (around.actions or {}).get(step.action_ref)
    if step.on_unknown == "retry" and effect == "none":
        yield Problem(f"{at}/on_unknown", f"{step.action_ref} may take effect twice by a retry")
    elif step.on_unknown is not None and effect in _REPEATED:
        yield Problem(
            f"{at}/on_unknown",
            f"has no effect: {step.action_ref} can be repeated without harm, and is",
        )


def _plain_secrets(value: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        for name, each in value.items():
            said = isinstance(each, str) and each.strip() != "" and not is_template(each)
            if said and _SECRET_NAME.search(name):
                yield Problem(
                    below(pointer, name),
                    f"{name} in plain is kept and shown as it is: "
                    "write {{ secrets.NAME }}, or say it in the actions file",
                )
            yield from _plain_secrets(each, below(pointer, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _plain_secrets(each, below(pointer, index))


def _called(
    step: PlaybookStep, playbook: Playbook, at: str, around: Surroundings
) -> Iterator[Problem]:
    if step.playbook_id == playbook.id:
        yield Problem(f"{at}/playbook_id", "calls itself, until it is too deep and fails")
    elif around.playbooks is not None and step.playbook_id not in around.playbooks:
        near = get_close_matches(step.playbook_id, list(around.playbooks), n=1)
        hint = f": did you mean {near[0]}" if near else " yet"
        yield Problem(f"{at}/playbook_id", f"there is no playbook {step.playbook_id}{hint}")
