"""What a wrongly shaped document says, in words and with JSON pointers."""

from collections.abc import Iterator
from difflib import get_close_matches
from math import isfinite
from typing import Any, get_args

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.playbooks import Dedupe, Parameter, Playbook, Throttle, Trigger
from schemas.problems import Problem, below
from schemas.steps import Retry, Step, Undo

_MODELS: tuple[type[BaseModel], ...] = (
    Playbook,
    Trigger,
    Dedupe,
    Throttle,
    Parameter,
    Retry,
    Undo,
    *get_args(get_args(Step)[0]),
)
NESTING_MAX = 64
"""Of objects and lists in a playbook; what is behind JSON has a limit too."""

_KNOWN_KEYS = sorted({key for model in _MODELS for key in model.model_fields})


def json_problems(value: Any, pointer: str = "", deepest: int = NESTING_MAX) -> Iterator[Problem]:
    """Yield what JSON cannot carry, or not to every reader: a YAML file can hold more."""
    if isinstance(value, dict | list) and deepest == 0:
        yield Problem(pointer, f"nests more than {NESTING_MAX} deep")
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                yield Problem(below(pointer, str(name)), "a key is a text: put it in quotes")
            else:
                yield from json_problems(name, below(pointer, name))
                yield from json_problems(each, below(pointer, name), deepest - 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from json_problems(each, below(pointer, index), deepest - 1)
    else:
        try:
            orjson.dumps(value)
        except TypeError as error:
            reason = str(error)
            yield Problem(pointer, f"cannot be written as JSON: {reason[:1].lower()}{reason[1:]}")
        if isinstance(value, float) and not isfinite(value):
            yield Problem(pointer, "cannot be written as JSON: the number is not finite")


def shape_problems(error: ValidationError, document: Any) -> Iterator[Problem]:
    """Yield one problem per error; ``document`` is what was validated."""
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False, include_context=True, include_input=True):
        location = detail["loc"]
        if detail["type"].startswith("union_tag"):
            location = (*location, "type")
        at = pointer(location, document)
        # A value that is none of several types is told once, not once for each of them.
        found.setdefault(at, Problem(at, _words(detail)))
    yield from found.values()


def pointer(location: tuple[int | str, ...], document: Any) -> str:
    """Return the JSON pointer of an error; names of union members are not part of it."""
    parts: list[str | int] = []
    here = document
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        if isinstance(here, dict) and part not in here and not is_last:
            continue
        if here is not None and not isinstance(here, dict | list):
            break
        parts.append(part)
        here = _child(here, part)
    return below("", *parts)


def _child(here: Any, part: int | str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("missing", "union_tag_not_found"):
        return "is required"
    if kind == "union_tag_invalid":
        return f"{_shown(context['tag'])} is not one of {context['expected_tags']}"
    if kind == "extra_forbidden":
        return _unknown_key(str(detail["loc"][-1]))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{_shown(detail['input'])} is not an object"
    if kind == "string_pattern_mismatch":
        return f"{_shown(detail['input'])} does not have the form {_form(str(detail['loc'][-1]))}"
    if kind == "literal_error":
        return f"{_shown(detail['input'])} is not one of {context['expected']}"
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    if kind == "string_type" and isinstance(detail["input"], int | float):
        # YAML takes 1.10 for the number 1.1, and yes for true.
        return f"{message}, not {_shown(detail['input'])}: put it in quotes"
    return message


def _unknown_key(key: str) -> str:
    near = get_close_matches(key, _KNOWN_KEYS, n=1)
    hint = f": did you mean {near[0]}" if near else ""
    shown = key if len(key) <= 80 else f"{key[:79]}…"
    return f"unknown key {shown}{hint}"


def _form(field: str) -> str:
    if field == "version":
        return "MAJOR.MINOR.PATCH, for example 1.0.0"
    return "of an id: letters, digits, '_', '.' and '-', at most 128"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
