"""What a step says in CACAO, beside where it leads: commands, conditions, times.

What CACAO has no word for (retries, undo, who must agree) stands in the extension alone.
"""

import math
import re
from typing import Final

import orjson

from engine import durations
from engine.cacao.exporting.agents import Agents
from engine.cacao.exporting.conditions import Style, condition, switch
from engine.cacao.exporting.variables import Variables
from engine.cacao.identifiers import PLAYBOOK, identifier
from schemas.messages import JsonObject
from schemas.steps import (
    ActionStep,
    ApprovalStep,
    ConditionStep,
    DelayStep,
    PlaybookStep,
    StepBase,
    SwitchStep,
    WhileStep,
)

NOTHING: Final = "true"
"""The command of the shell that does nothing, for steps that only take their time."""

UNSAID: Final = "Approve or reject"
"""What is asked when an approval has no message."""

_NOT_A_WORD = re.compile(r"[^A-Za-z0-9_-]+")
_NAME_MAX = 100


class Wording:
    """Says the steps of one document."""

    def __init__(self, variables: Variables, agents: Agents, style: Style) -> None:
        self._variables = variables
        self._agents = agents
        self._style = style

    def said(self, step: StepBase) -> JsonObject:
        """Return the properties of a step. Of a parallel one there are none but its branches."""
        says: JsonObject = {}
        if step.timeout_seconds is not None:
            says["timeout"] = max(1, math.ceil(step.timeout_seconds * 1_000))
        match step:
            case ActionStep():
                return says | self._action(step)
            case ApprovalStep():
                return says | self._approval(step)
            case DelayStep():
                return says | self._delay(step)
            case ConditionStep() | WhileStep():
                text = condition(step.expression, self._variables, self._style)
                return says | {"condition": text}
            case SwitchStep():
                return says | {"switch": switch(step.expression, self._variables)}
            case PlaybookStep():
                return says | self._playbook(step)
        return says

    def nothing(self) -> JsonObject:
        """Return a step that does nothing."""
        return self._commanded({"type": "bash", "command": NOTHING}, self._agents.orchestrator())

    def _action(self, step: ActionStep) -> JsonObject:
        content = orjson.dumps(self._variables.value(step.parameters)).decode()
        command = {
            "type": "http-api",
            "command": f"POST /api/actions/{step.action_ref}/trigger HTTP/1.1",
            "headers": {"Content-Type": ["application/json"]},
            "content": content,
        }
        says = self._commanded(command, self._agents.orchestrator())
        return says | {"targets": [self._agents.api()]}

    def _approval(self, step: ApprovalStep) -> JsonObject:
        message = self._variables.text(step.message) or UNSAID
        agent = self._agents.people(step.approvers)
        return self._commanded({"type": "manual", "command": message}, agent)

    def _delay(self, step: DelayStep) -> JsonObject:
        if step.until is not None:
            # An engine that knows no such time must not go on at once: somebody says when.
            message = f"Wait until {self._variables.text(step.until)}"
            return self._commanded({"type": "manual", "command": message}, self._agents.people([]))
        milliseconds = math.ceil(durations.seconds(step.duration or 0) * 1_000)
        # There is no delay of 0 there: left out, it is none.
        return ({"delay": milliseconds} if milliseconds else {}) | self.nothing()

    def _playbook(self, step: PlaybookStep) -> JsonObject:
        says: JsonObject = {"playbook_id": identifier(PLAYBOOK, step.playbook_id)}
        arguments: JsonObject = {}
        for name, value in step.parameters.items():
            words = _NOT_A_WORD.sub("_", name)[:_NAME_MAX].strip("_-")
            words = words if words[:1].isalpha() else f"p{words}"
            while f"__{words}__" in arguments:
                words += "_"
            variable = f"__{words}__"
            text = self._variables.value(value)
            text = text if isinstance(text, str) else orjson.dumps(text).decode()
            arguments[variable] = {"type": "string", "value": text}
        if arguments:
            says |= {"step_variables": arguments, "in_args": list(arguments)}
        return says

    def _commanded(self, command: JsonObject, agent: str) -> JsonObject:
        return {"commands": [command], "agent": agent}
