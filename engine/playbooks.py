"""Playbook definitions: what is wrong with one, and which revision it is.

All problems are reported at once, each with a JSON pointer, so that an author mends a
file in one go. Called where a playbook enters: the API and the command line.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from engine import conditions, contents, links
from engine.cacao import importing
from engine.shapes import json_problems, shape_problems
from schemas.messages import JsonObject
from schemas.playbooks import Playbook, Trigger
from schemas.problems import Problem
from schemas.steps import Step

_step: TypeAdapter[Step] = TypeAdapter(Step)
_EITHER_ID = "pb-to-be-named"


def problems(document: Any) -> list[Problem]:
    """Return everything that is wrong with a playbook, in the order of the document.

    document: plain JSON, as a client sent it or a file holds it; ``id`` may be missing.
    """
    if not isinstance(document, dict):
        return [Problem("", "a playbook is a JSON object")]
    unwritable = list(json_problems(document))
    if unwritable:
        # Before it is JSON, what else is wrong with it would be guesses.
        return unwritable
    found = [*_shape(document), *_trigger(document.get("trigger"), "/trigger")]
    if document.get("cacao") is None:
        found += [*links.problems(_readable_steps(document)), *_steps(document)]
    elif not found:
        # Its steps are for reading: what runs is compiled from the document.
        found += importing.source_problems(document)
    return list(dict.fromkeys(found))


def trigger_problems(trigger: Any, pointer: str) -> list[Problem]:
    """Return everything that is wrong with a trigger alone, which stands at ``pointer``."""
    unwritable = list(json_problems(trigger, pointer))
    if unwritable:
        return unwritable
    found: list[Problem] = []
    try:
        Trigger.model_validate(trigger)
    except ValidationError as error:
        found += (
            Problem(pointer + problem.pointer, problem.message)
            for problem in shape_problems(error, trigger)
        )
    return list(dict.fromkeys([*found, *_trigger(trigger, pointer)]))


def revision(playbook: Playbook) -> str:
    """Return the hash of the content. Switching a playbook on or off changes no content."""
    content = playbook.model_dump(mode="json", exclude={"enabled"}, exclude_defaults=True)
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def slug(name: str) -> str:
    """Return the id that a playbook of this name gets when it says none: ``pb-critical-alert``."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:100].strip("-")
    return f"pb-{words or 'playbook'}"


def next_patch(version: str) -> str:
    """Return the version that follows one: 1.2.4 after 1.2.3, and 1.2.3 after 1.2.3-rc.1."""
    core, is_before, _ = version.partition("+")[0].partition("-")
    if is_before:
        return core
    major, minor, patch = core.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def _shape(document: JsonObject) -> Iterator[Problem]:
    named = document if "id" in document else {**document, "id": _EITHER_ID}
    try:
        Playbook.model_validate(named)
    except ValidationError as error:
        yield from shape_problems(error, document)


def _trigger(trigger: Any, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong within the trigger; of one that cannot be read, with its conditions."""
    try:
        readable = Trigger.model_validate(trigger)
    except ValidationError:
        given = trigger.get("conditions") if isinstance(trigger, dict) else None
        if isinstance(given, dict):
            yield from conditions.problems(given, f"{pointer}/conditions")
    else:
        yield from contents.trigger_problems(readable, pointer)


def _readable_steps(document: JsonObject) -> list[Step | None]:
    """Return the steps, None for one whose own shape is wrong: the others are still checked."""
    steps = document.get("steps")
    return [_readable(step) for step in steps] if isinstance(steps, list) else []


def _readable(step: Any) -> Step | None:
    try:
        return _step.validate_python(step)
    except ValidationError:
        return None


def _steps(document: JsonObject) -> Iterator[Problem]:
    for index, step in enumerate(_readable_steps(document)):
        if step is not None:
            yield from contents.step_problems(step, f"/steps/{index}")
