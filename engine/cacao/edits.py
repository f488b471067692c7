"""Edits that somebody made in an exported document, taken over into its playbook.

Only what has a place in the playbook: names, times, conditions, parameters, messages, and links
between steps that are there. Nothing here has to be right in every corner: what comes out is
exported again and compared with the document (``engine/cacao/restoring.py``).
"""

import re
from copy import deepcopy
from typing import Any, Final

import orjson

from engine.cacao import extension
from engine.cacao.parts import Steps, named
from engine.cacao.templates import Templates
from schemas.messages import JsonObject
from schemas.steps import CONTINUE, END, NEXT

LINKS: Final = ("on_completion", "on_success", "on_failure", "on_true", "on_false", "cases")
"""Properties of a step that lead on, as far as an edit of them can be taken over."""

_EDITABLE: Final = frozenset(
    {"name", "timeout", "delay", "condition", "switch", "commands", *LINKS}
)
_TRIGGER = re.compile(r"POST /api/actions/([^/\s]+)/trigger HTTP/1\.1")


class Unclear(Exception):
    """An edit that has no place in the playbook."""


def edited(playbook: JsonObject, expected: JsonObject, document: JsonObject) -> JsonObject:
    """Return the playbook with what ``document`` says otherwise than ``expected``.

    playbook: as its author wrote it; expected: its export. Raises Unclear.
    """
    changed = deepcopy(playbook)
    for theirs, ours in (("name", "name"), ("description", "description"), ("labels", "tags")):
        if document.get(theirs) != expected.get(theirs):
            changed[ours] = document.get(theirs, [] if ours == "tags" else "")
    editing = _Editing(changed, expected, document)
    for key in changes(expected, document):
        editing.step(key)
    return changed


def changes(expected: JsonObject, document: JsonObject) -> list[str]:
    """Return the keys of the steps that a document says otherwise. Raises Unclear.

    Ends may come and go with the links to them.
    """
    before, after = named(expected, "workflow"), named(document, "workflow")
    for key in before.keys() ^ after.keys():
        if (before.get(key) or after[key]).get("type") != "end":
            raise Unclear(f"step {key} was added or removed")
    kept = before.keys() & after.keys()
    return [key for key in before if key in kept and _said(before[key]) != _said(after[key])]


def _said(step: JsonObject) -> JsonObject:
    return {name: value for name, value in step.items() if name != "step_extensions"}


class _Editing:
    """Changes ``playbook`` step by step."""

    def __init__(self, playbook: JsonObject, expected: JsonObject, document: JsonObject) -> None:
        self._playbook = playbook
        self._steps = {step["id"]: step for step in playbook["steps"]}
        self._before: Steps = named(expected, "workflow")
        self._after: Steps = named(document, "workflow")
        self._templates = Templates(
            {**named(document, "playbook_variables"), **named(expected, "playbook_variables")}
        )

    def step(self, key: str) -> None:
        """Take over what is said otherwise about one step."""
        before, after = _said(self._before[key]), _said(self._after[key])
        own = extension.step_extension(self._before[key])
        differing = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
        if own is None or differing - _EDITABLE:
            raise Unclear(f"step {key} was changed in {', '.join(sorted(differing))}")
        step = self._steps[own.step_id]
        for name in sorted(differing - set(LINKS)):
            getattr(self, f"_{name}")(step, after, before)
        if differing & set(LINKS):
            self._links(step, after)
            self._say_next()

    def _name(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        step["name"] = after.get("name")

    def _timeout(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        timeout = after.get("timeout")
        step["timeout_seconds"] = None if timeout is None else _seconds(timeout)

    def _delay(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        if "duration" not in step:
            raise Unclear(f"step {step['id']} waits nowhere for a time")
        step["duration"] = _seconds(after.get("delay", 0))

    def _condition(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        step["expression"] = _known(self._templates.expression(str(after.get("condition"))))

    def _switch(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        step["expression"] = _known(self._templates.code(str(after.get("switch"))))

    def _commands(self, step: JsonObject, after: JsonObject, before: JsonObject) -> None:
        match after["commands"]:
            case [{"type": "manual", "command": str(message)}] if step["type"] == "approval":
                step["message"] = self._templates.value(message)
            case [{"command": str(line), "content": str(content)}] if step["type"] == "action":
                found = _TRIGGER.fullmatch(line)
                step["action_ref"] = _known(found and found[1])
                step["parameters"] = self._templates.value(_object(content))
            case _:
                raise Unclear(f"step {step['id']} has other commands")

    def _links(self, step: JsonObject, after: JsonObject) -> None:
        onward = self._target(after.get("on_completion", after.get("on_success")))
        step["on_success"] = onward
        step["on_failure"] = CONTINUE
        if "on_completion" not in after:
            failure = after.get("on_failure")
            given_up = "abort" if self._playbook.get("on_failure") == CONTINUE else None
            step["on_failure"] = given_up if failure is None else self._target(failure)
        if step["type"] == "condition":
            step["on_true"] = self._branch(after.get("on_true"), onward)
            step["on_false"] = self._branch(after.get("on_false"), onward)
        elif step["type"] == "switch":
            cases = {name: self._branch(key, onward) for name, key in dict(after["cases"]).items()}
            step["default"] = cases.pop("default", onward)
            step["cases"] = cases

    def _say_next(self) -> None:
        """Say what went without saying: a link may now make a special case of the next step."""
        for step in self._steps.values():
            if step.get("on_success") is None:
                step["on_success"] = NEXT

    def _branch(self, key: Any, onward: str) -> str:
        """Return where a branch begins; one that is only an end goes on behind the decision."""
        target = onward if key is None else self._target(key)
        return onward if target == END else target

    def _target(self, key: Any) -> str:
        step = self._after.get(key) if isinstance(key, str) else None
        if step is not None and step.get("type") == "end":
            return END
        own = extension.step_extension(self._before.get(key)) if step is not None else None
        return _known(None if own is None else own.step_id)


def _known(found: str | None) -> str:
    if not found:
        raise Unclear("there is no word for it here")
    return found


def _seconds(milliseconds: Any) -> float:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise Unclear("a time is a whole number of milliseconds")
    return milliseconds / 1_000


def _object(content: str) -> JsonObject:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unclear(f"content is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unclear("content is no JSON object")
    return found
