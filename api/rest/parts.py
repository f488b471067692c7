"""What the REST layer is joined from: made by the composition root, handed to ``create_app``."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from api.keys.store import KeyStore
from streams.actions.actions import Actions
from streams.commands import CommandPublisher
from streams.events import EventFeed
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.table.table import Table


class Projection(Protocol):
    """What the REST layer wants to know of what folds the log into the table."""

    @property
    def caught_up(self) -> bool:
        """Whether the table has been as current as the log since the start."""

    @property
    def lag(self) -> int | None:
        """How many records are still to be read; None: not known."""


@dataclass(frozen=True)
class Parts:
    """Everything that requests are answered from, each started.

    projection: None when another process writes the table.
    """

    settings: Settings
    registry: PlaybookRegistry
    table: Table
    projection: Projection | None
    commands: CommandPublisher
    keys: KeyStore
    actions: Actions
    feed: EventFeed


PARTS = web.AppKey("parts", Parts)
