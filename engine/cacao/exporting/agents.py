"""Who carries out the steps of a document, and on what: its agents and targets."""

from collections.abc import Sequence
from typing import Final

from engine.cacao.exporting.variables import HOST, Variables
from engine.cacao.identifiers import identifier
from schemas.messages import JsonObject

ORCHESTRATOR: Final = "Playbook Streams"
_ANYBODY: Final = "Whoever may decide"


class Agents:
    """The agents and targets of one document, defined as they are needed."""

    def __init__(self, playbook_id: str, variables: Variables) -> None:
        self._playbook_id = playbook_id
        self._variables = variables
        self.agents: JsonObject = {}
        self.targets: JsonObject = {}

    def orchestrator(self) -> str:
        """Return the key of the agent that runs actions."""
        return self._agent(
            ORCHESTRATOR,
            {"type": "security-category", "name": ORCHESTRATOR, "category": ["orchestrator"]},
        )

    def people(self, names: Sequence[str]) -> str:
        """Return the key of the agent that is one person, or a group of several."""
        name = ", ".join(names) or _ANYBODY
        return self._agent(
            name, {"type": "individual" if len(names) == 1 else "group", "name": name}
        )

    def api(self) -> str:
        """Return the key of the target that actions are asked of."""
        self._variables.declare(
            HOST, description="host of the API that offers the actions of this playbook"
        )
        key = identifier("http-api", self._playbook_id, "target", "api")
        self.targets[key] = {
            "type": "http-api",
            "name": f"The actions of {ORCHESTRATOR}",
            "address": {"dname": [f"{HOST}:value"]},
        }
        return key

    def _agent(self, role: str, definition: JsonObject) -> str:
        key = identifier(definition["type"], self._playbook_id, "agent", role)
        self.agents[key] = definition
        return key
