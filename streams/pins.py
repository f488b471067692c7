"""Pins: the playbook and the revision that a command to an execution is decided by."""

from collections.abc import Iterator

from engine.consequences import CURRENT
from schemas import commands
from schemas.commands import Command
from schemas.executions import Ended, Execution
from schemas.playbooks import PlaybookPublished
from streams.playbooks import PlaybookRegistry

_BEGINS = (commands.StartExecution, commands.QueueExecution)

_NOBODYS = ("", "")
"""In place of a playbook id and revision, for a command to an execution that does not exist."""


def pinned(
    execution: Execution | None, command: Command, registry: PlaybookRegistry
) -> tuple[str, str]:
    """Return the playbook id and revision that the command is decided by."""
    if execution is not None:
        return execution.playbook_id, execution.playbook_revision
    if isinstance(command, _BEGINS):
        return _named(command.playbook_id, command.playbook_revision, registry)
    return _NOBODYS


def _named(playbook_id: str, revision: str, registry: PlaybookRegistry) -> tuple[str, str]:
    """Return the playbook and the revision that a start names.

    One that leaves the revision open gets the current one. A playbook-action of a CACAO
    document names another document, by its id and, if it matters, by when it was modified.
    """
    if revision != CURRENT and registry.revision(playbook_id, revision) is not None:
        return playbook_id, revision
    for published in _called(playbook_id, registry):
        source = published.definition.cacao
        modified = None if source is None else source.document.get("modified")
        if revision in (CURRENT, modified):
            return published.playbook_id, published.revision
    return playbook_id, revision


def _called(name: str, registry: PlaybookRegistry) -> Iterator[PlaybookPublished]:
    """Yield the revisions of the playbooks of an id, here or in their documents, newest first."""
    if (current := registry.current(name)) is not None:
        yield current
    for playbook in reversed(registry.currents()):
        source = playbook.definition.cacao
        if source is not None and source.document.get("id") == name:
            yield playbook
            yield from reversed(registry.history(playbook.playbook_id))


def is_known(known: Execution | Ended | None, command: Command, registry: PlaybookRegistry) -> bool:
    """Tell whether the revision that the command is decided by, if any, has been read here."""
    if isinstance(known, Ended):
        return True
    found = pinned(known, command, registry)
    return found == _NOBODYS or registry.revision(*found) is not None
