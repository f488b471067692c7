"""What a wrongly shaped document says, in words and with JSON pointers."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.playbooks import Dedupe, Parameter, Playbook, Throttle, Trigger
from schemas.problems import Problem
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
_KNOWN_KEYS = sorted({key for model in _MODELS for key in model.model_fields})


def shape_problems(error: ValidationError, document: Any) -> Iterator[Problem]:
    """Yield one problem per error; ``document`` is what was validated."""
    for detail in error.errors(include_url=False, include_context=True, include_input=True):
        yield Problem(pointer(detail["loc"], document), _words(detail))


def pointer(location: tuple[int | str, ...], document: Any) -> str:
    """Return the JSON pointer of an error; names of union members are not part of it."""
    parts: list[str] = []
    here = document
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        if isinstance(here, dict) and part not in here and not is_last:
            continue
        parts.append(escaped(part))
        here = _child(here, part)
    return "".join(f"/{part}" for part in parts)


def escaped(part: int | str) -> str:
    """Return one part of a JSON pointer (RFC 6901, section 3)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _child(here: Any, part: int | str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return _unknown_key(str(detail["loc"][-1]))
    if kind == "string_pattern_mismatch":
        return f"{_shown(detail['input'])} does not have the form {_form(str(detail['loc'][-1]))}"
    if kind == "literal_error":
        return f"{_shown(detail['input'])} is not one of {context['expected']}"
    message = detail["msg"]
    return message[:1].lower() + message[1:]


def _unknown_key(key: str) -> str:
    near = get_close_matches(key, _KNOWN_KEYS, n=1)
    hint = f": did you mean {near[0]}" if near else ""
    return f"unknown key {key}{hint}"


def _form(field: str) -> str:
    if field == "version":
        return "MAJOR.MINOR.PATCH, for example 1.0.0"
    return "of an id: letters, digits, '_', '.' and '-', at most 128"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
