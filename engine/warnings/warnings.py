"""The warnings about a playbook: its trigger, its failures, its values, what it names outside."""

from itertools import chain, islice
from typing import Any, Final

from engine import playbooks
from engine.compiling import compiled
from engine.warnings.actions import Surroundings, action_warnings
from engine.warnings.failures import failure_warnings
from engine.warnings.triggers import trigger_warnings
from engine.warnings.values import value_warnings
from schemas.playbooks import Playbook
from schemas.problems import Problem

WARNINGS_MAX: Final = 100

NOWHERE = Surroundings()
"""Where nothing is known of what a playbook could name."""


def warnings(document: Any, around: Surroundings = NOWHERE) -> list[Problem]:
    """Return what is hardly meant in a document that has no ``playbooks.problems``.

    None of one that was imported from CACAO: what runs is that document, not its steps here.
    """
    named = {**document, "id": document.get("id") or playbooks.slug(document["name"])}
    playbook = Playbook.model_validate(named)
    if playbook.cacao is not None:
        return []
    graph = compiled(playbook, "")
    found = chain(
        trigger_warnings(playbook),
        failure_warnings(graph),
        value_warnings(graph),
        action_warnings(playbook, around),
    )
    # Some look for the nearest of many names: no document may ask for that without end.
    return list(dict.fromkeys(islice(found, WARNINGS_MAX)))
