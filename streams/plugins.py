"""Plugins: connectors of other distributions, found by their entry points.

    [project.entry-points."playbook_streams.actions"]
    acme = "acme_actions:Acme"

Installed is not trusted: only what ``PLAYBOOKS_PLUGINS`` names is imported. A plugin that cannot
be had stops the start, since the playbooks that count on it would fail one by one.
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from streams.actions.catalogue import CONNECTORS
from streams.actions.connector import Connector, Origin

GROUP = "playbook_streams.actions"


class PluginError(Exception):
    """A plugin cannot be used. The message names it and says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the plugin {name} of PLAYBOOKS_PLUGINS cannot be used: {reason}")


def connectors(names: Iterable[str]) -> tuple[type[Connector[Any, Any]], ...]:
    """Return the connectors that are built in, and those of the plugins. Raises PluginError."""
    found = list(CONNECTORS)
    for name in names:
        connector = _loaded(name)
        if any(connector.name == each.name for each in found):
            raise PluginError(name, f"there is a connector {connector.name} already")
        found.append(connector)
    return tuple(found)


def _loaded(name: str) -> type[Connector[Any, Any]]:
    entry = _entry(name)
    try:
        connector = entry.load()
    except Exception as error:
        raise PluginError(name, f"{entry.value}: {type(error).__name__}: {error}") from error
    if not (isinstance(connector, type) and issubclass(connector, Connector)):
        raise PluginError(name, f"{entry.value} is not a class derived from Connector")
    if entry.dist is not None:
        connector.origin = Origin(name=entry.dist.name, version=entry.dist.version)
    return connector


def _entry(name: str) -> EntryPoint:
    installed = entry_points(group=GROUP)
    entries = [each for each in installed if each.name == name]
    if not entries:
        known = ", ".join(sorted(each.name for each in installed)) or "none"
        raise PluginError(name, f"no distribution offers it (installed: {known})")
    if len(entries) > 1:
        owners = ", ".join(sorted(each.dist.name for each in entries if each.dist is not None))
        raise PluginError(name, f"several distributions offer it: {owners}; uninstall all but one")
    return entries[0]
