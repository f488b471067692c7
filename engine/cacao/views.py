"""The steps of a document as native steps: for people and lists to read, not to be run.

What cannot be said natively is said in the document, which stands beside them.
"""

from typing import Any

from engine.cacao import commands, variables
from engine.cacao.documents import CommandPart, Document, StepPart
from schemas.messages import JsonObject
from schemas.steps import CONTINUE, END

_TEXT_MAX = 500
"""Characters of a command in the view."""

_CALLED_MAX = 128


def steps(document: Document, step_ids: dict[str, str]) -> list[JsonObject]:
    """Return the native steps. step_ids: id here → key in the document."""
    ids = {key: step_id for step_id, key in step_ids.items()}
    return [_step(document, step_id, key, ids) for step_id, key in step_ids.items()]


def parameters(document: Document) -> JsonObject:
    """Return the native parameters: the external variables."""
    found: JsonObject = {}
    for name, variable in variables.declared(document.playbook_variables).items():
        if variable.external and not variable.constant:
            said: JsonObject = {"type": _TYPES.get(variable.type, "string")}
            if variable.value is None:
                said["required"] = True
            else:
                said["default"] = variables.typed(variable, variable.value)
            found[variables.bare(name)] = said
    return found


_TYPES = {
    "bool": "boolean",
    "dictionary": "object",
    "float": "number",
    "integer": "integer",
    "long": "integer",
}


def _step(document: Document, step_id: str, key: str, ids: dict[str, str]) -> JsonObject:
    step = document.workflow[key]

    def target(linked: str | None) -> str:
        if linked is None or linked not in ids:
            return END
        return ids[linked]

    shown: JsonObject = {"id": step_id, "name": (step.name or step_id)[:256]}
    if step.type not in ("if-condition", "switch-condition"):
        shown["on_success"] = target(step.on_completion or step.on_success)
    if step.on_failure is not None:
        shown["on_failure"] = target(step.on_failure)
    elif step.on_completion is not None and step.type not in ("start", "end"):
        shown["on_failure"] = CONTINUE
    if step.timeout:
        shown["timeout_seconds"] = step.timeout / 1_000
    return shown | _own(document, step, target, step_id)


def _own(document: Document, step: StepPart, target: Any, step_id: str) -> JsonObject:
    match step.type:
        case "if-condition":
            return {
                "type": "condition",
                "expression": _expression(step.condition),
                "on_true": target(step.on_true),
                "on_false": target(step.on_false),
            }
        case "switch-condition":
            cases = {case: target(key) for case, key in (step.cases or {}).items()}
            return {
                "type": "switch",
                "expression": _expression(step.switch),
                "cases": {case[:256]: to for case, to in cases.items()} or {"-": END},
            }
        case "while-condition":
            body = [target(step.on_true)]
            return {
                "type": "while",
                "expression": _expression(step.condition),
                "steps": body,
                "max_iterations": 1_000,
            }
        case "parallel":
            branches = [[target(key)] for key in step.next_steps or ()]
            return {"type": "parallel", "branches": branches or [[END]]}
        case "playbook-action":
            called = (step.playbook_id or "-")[:_CALLED_MAX]
            given = {variables.bare(name): f"{name}:value" for name in step.in_args or ()}
            return {"type": "playbook", "playbook_id": called, "parameters": given}
        case "start" | "end":
            return {"type": "delay", "duration": (step.delay or 0) / 1_000}
    return _action(step.commands or [])


def _action(said: list[CommandPart]) -> JsonObject:
    if said and all(command.type == commands.MANUAL for command in said):
        return {"type": "approval", "message": "\n".join(map(_words, said))[:8_192]}
    automatic = [command for command in said if command.type != commands.MANUAL]
    ref = commands.action_ref(automatic[0].type) if automatic else f"{commands.PREFIX}none"
    shown = [{"type": command.type, "command": _words(command)} for command in said]
    return {"type": "action", "action_ref": ref[:128], "parameters": {"commands": shown}}


def _words(command: CommandPart) -> str:
    try:
        words = commands.told(command.model_dump())
    except commands.CommandError:
        words = ""
    return words if len(words) <= _TEXT_MAX else f"{words[: _TEXT_MAX - 1]}…"


def _expression(condition: str | None) -> str:
    return (condition or "-")[:8_192] or "-"
