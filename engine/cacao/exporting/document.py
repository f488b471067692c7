"""The document that a playbook is in CACAO 2.0, complete.

The same definition and times give the same document, key for key. It passes the schemas of the
standard, read strictly, and its rules beyond them; what the standard has no words for stands in
one extension (``engine/cacao/extension.py``), so that nothing is lost on the way back.
"""

from datetime import datetime

from engine.cacao import extension
from engine.cacao.exporting import secrets
from engine.cacao.exporting.agents import Agents
from engine.cacao.exporting.conditions import Style
from engine.cacao.exporting.layout import Layout, laid_out
from engine.cacao.exporting.originals import original
from engine.cacao.exporting.steps import Wording
from engine.cacao.exporting.times import timestamp
from engine.cacao.exporting.variables import Variables
from engine.cacao.identifiers import IDENTITY, PLAYBOOK, identifier
from engine.cacao.summaries import summary
from engine.compiling import compiled
from schemas.messages import JsonObject
from schemas.playbooks import Playbook

SPEC_VERSION = "cacao-2.0"


def exported(
    definition: Playbook, *, created: datetime, modified: datetime, style: Style = "bracketed"
) -> JsonObject:
    """Return the document of a playbook that has no ``engine.playbooks.problems``.

    created: when its first revision was made; modified: when this one was.
    A playbook that was imported from a document of others is that document.
    Raises Inexpressible.
    """
    if definition.cacao is not None:
        return original(definition, definition.cacao, max(created, modified))
    definition, taken = secrets.cleared(definition)
    layout = laid_out(compiled(definition, ""))
    variables = Variables(definition.parameters)
    agents = Agents(definition.id, variables)
    workflow = _workflow(definition, layout, Wording(variables, agents, style))
    document: JsonObject = {
        "type": "playbook",
        "spec_version": SPEC_VERSION,
        "id": identifier(PLAYBOOK, definition.id),
        "name": definition.name,
        "description": definition.description,
        "playbook_processing_summary": {},
        "created_by": IDENTITY,
        "created": timestamp(created),
        # A clock that was set back must not make a document older than itself.
        "modified": timestamp(max(created, modified)),
        "labels": list(definition.tags),
        "workflow_start": next(iter(workflow)),
        "workflow_exception": next(reversed(workflow)) if layout.gives_up else None,
        "playbook_variables": variables.declared,
        "workflow": workflow,
        "agent_definitions": agents.agents,
        "target_definitions": agents.targets,
    }
    # There is no empty list there, and no property without a value.
    said = {name: value for name, value in document.items() if value not in ("", None, [], {})}
    said = extension.extended(said, definition, layout, taken, style)
    said["playbook_processing_summary"] = summary(said)
    order = [*document, *said]
    return {name: said[name] for name in dict.fromkeys(order) if name in said}


def _workflow(definition: Playbook, layout: Layout, wording: Wording) -> JsonObject:
    """Return the steps: the start first, then as the flow comes to them, the ends last."""
    start, first = identifier("start", definition.id, "start"), layout.start
    workflow: JsonObject = {}
    if all(place.key.startswith(_IDLE) for place in layout.places):
        # A workflow has at least one action, says the standard.
        idle = identifier("action", definition.id, "idle")
        wording_idle = {"type": "action", "name": "Begin", **wording.nothing()}
        workflow[idle] = wording_idle | {"on_completion": first}
        first = idle
    workflow = {start: {"type": "start", "on_completion": first}} | workflow
    for place in layout.places:
        step = place.node.step
        workflow[place.key] = {
            "type": place.key.partition("--")[0],
            "name": step.name or step.id,
            **wording.said(step),
            **place.ways,
        }
    for key in layout.ends:
        workflow[key] = {"type": "end"}
    if layout.gives_up:
        workflow[identifier("end", definition.id, "end", "failed")] = {
            "type": "end",
            "name": "failed",
        }
    return workflow


_IDLE = ("if-condition--", "switch-condition--", "parallel--", "while-condition--")
