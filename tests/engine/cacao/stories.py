"""Executions of documents, told as commands and events."""

from typing import Any

from engine.cacao.importing import imported
from engine.compiling import compiled
from engine.graphs import Graph
from engine.playbooks import revision
from schemas.playbooks import Playbook
from tests.examples import Story


def graph(document: dict[str, Any]) -> Graph:
    """Return the graph of an imported document."""
    found = imported(document)
    assert found.definition is not None, found.problems
    playbook = Playbook.model_validate({"id": "pb-example", **found.definition})
    return compiled(playbook, revision(playbook))


def ready(document: dict[str, Any]) -> Story:
    """Return the story of an execution of a document that has yet to start."""
    return Story(graph(document))


def running(document: dict[str, Any], **parameters: Any) -> Story:
    """Return the story of an execution of a document that has just started."""
    story = ready(document)
    story.start(event=None, trigger="manual", parameters=parameters)
    return story


def assigned(story: Story) -> dict[str, dict[str, str]]:
    """Return what the steps have assigned, by scope."""
    return story.execution.variables
