"""The parts of a process, joined: the one place that knows them all.

    broker → topics → registry → actions → worker → table → projection → REST

Each is opened after what it needs and closed before it. ``up`` opens all of them, ``worker``
and ``api`` some.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import mode
import structlog

from api.processes.metrics import MetricsServer
from streams import topics
from streams.actions.actions import Actions
from streams.broker import addresses
from streams.broker.broker import EmbeddedBroker
from streams.broker.progress import Progress
from streams.clients import NoBrokerError
from streams.commands import CommandPublisher
from streams.events import EventFeed
from streams.playbooks import PlaybookRegistry
from streams.plugins import connectors
from streams.settings import Settings
from streams.table import opening
from streams.table.projection import Projection
from streams.vault import Vault
from streams.worker import AGENTS, Worker

log = structlog.get_logger(__name__)

Service = TypeVar("Service", bound=mode.Service)
T = TypeVar("T")


class ProcessFailed(Exception):
    """A part of the process has failed for good."""


class TopicsMissing(Exception):
    """The topics are not as they must be. One line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


class Process:
    """What runs in this process. Its parts are closed when the block ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stack = AsyncExitStack()
        self._services: list[mode.Service] = []
        self._embedded: EmbeddedBroker | None = None
        self._registry: PlaybookRegistry | None = None
        self._actions: Actions | None = None

    async def __aenter__(self) -> "Process":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def open_broker(self, progress: Progress | None = None, *, lasting: bool = False) -> str:
        """Use the broker of the settings, or start one; return its address.

        lasting: one that is started is to serve for long.
        """
        if self.settings.broker is None:
            port = self.settings.broker_port
            embedded = EmbeddedBroker(self.settings.data_dir, port, progress, lasting=lasting)
            address = await self.open(embedded.start, embedded.stop)
            self._embedded = embedded
            self.settings = self.settings.model_copy(update={"broker": address})
        return str(self.settings.broker)

    def find_broker(self) -> str:
        """Use the broker of the settings, or one that runs on this data directory.

        Raises NoBrokerError.
        """
        self.settings = with_broker(self.settings)
        return str(self.settings.broker)

    async def check_topics(self) -> None:
        """Raise TopicsMissing unless every topic can be used."""
        reports = await topics.describe(self.settings)
        problems = [problem for report in reports for problem in report.problems]
        if problems:
            raise TopicsMissing(problems)

    async def registry(self) -> PlaybookRegistry:
        """Return the registry of this process."""
        if self._registry is None:
            self._registry = await self.open_service(PlaybookRegistry(self.settings))
        return self._registry

    async def actions(self, configuration: Mapping[str, Any] | None = None) -> Actions:
        """Return the actions of this process.

        configuration: stands in for the actions file, when it is first asked for.
        """
        if self._actions is None:
            told = self.settings.actions_file if configuration is None else configuration
            self._actions = _actions(told, self.settings)
            await self.open(self._actions.start, self._actions.stop)
        return self._actions

    async def open_worker(self, agents: Collection[str] = AGENTS) -> None:
        """Start the agents."""
        worker = Worker(self.settings, await self.registry(), await self.actions(), agents)
        await self.open_service(worker)
        port = self.settings.metrics_port
        if port is not None:
            server = await self.open_service(MetricsServer(self.settings.metrics_host, port))
            log.info("metrics are shown", url=server.url)

    async def open_api(self) -> str:
        """Fold the log into the table and answer requests from it; return the URL.

        Makes the first admin key when there is none.
        """
        # Here: a worker alone has no use for the half of the program that they bring along.
        from api.keys.admin import ensure_admin_key
        from api.keys.store import KeyStore
        from api.rest.app import create_app
        from api.rest.parts import Parts
        from api.rest.server import RestServer

        keys = KeyStore(self.settings.data_dir)
        table = opening.opened(self.settings)
        self._stack.callback(table.close)
        parts = Parts(
            settings=self.settings,
            registry=await self.registry(),
            table=table,
            projection=await self.open_service(Projection(self.settings, table)),
            commands=await self.open_service(CommandPublisher(self.settings)),
            keys=keys,
            actions=await self.actions(),
            feed=await self.open_service(EventFeed(self.settings)),
        )
        key_path = ensure_admin_key(keys, datetime.now(UTC))
        server = await self.open_service(RestServer(self.settings, create_app(parts)))
        log.info("the API answers", url=server.url, admin_key=str(key_path))
        return server.url

    async def open_service(self, service: Service) -> Service:
        """Start a service; it is stopped before those that were opened earlier."""
        await self.open(service.start, service.stop)
        self._services.append(service)
        return service

    async def until_failed(self) -> None:
        """Wait until a part fails for good, which may be never. Raises ProcessFailed."""
        waits = [asyncio.ensure_future(each.wait_until_stopped()) for each in self._services]
        if self._embedded is not None:
            waits.append(asyncio.ensure_future(_failed(self._embedded)))
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        for wait in done:
            wait.result()
        for service in self._services:
            if service.crashed:
                reason = service.crash_reason
                raise ProcessFailed(f"{service.label} failed: {reason!r}") from reason
        raise ProcessFailed("a part stopped by itself")

    async def open(self, start: Callable[[], Awaitable[T]], stop: Callable[[], Any]) -> T:
        """Start a part that is no service; it is stopped as one would be."""
        result = await start()
        self._stack.push_async_callback(stop)
        return result


def with_broker(settings: Settings) -> Settings:
    """Return settings that name a broker: the one given, or one on this data directory.

    Raises NoBrokerError when there is neither.
    """
    if settings.broker is not None:
        return settings
    address = addresses.running_address(settings.data_dir)
    if address is None:
        raise NoBrokerError
    return settings.model_copy(update={"broker": address})


def _actions(told: Path | Mapping[str, Any] | None, settings: Settings) -> Actions:
    vault = None
    if settings.vault_url is not None:
        vault = Vault(
            settings.vault_url, settings.vault_path, settings.vault_token, settings.vault_token_file
        )
    return Actions(
        told,
        settings.secrets_dir,
        connectors(settings.plugins),
        egress_allow=settings.egress_allow,
        vault=vault,
    )


async def _failed(embedded: EmbeddedBroker) -> None:
    raise await asyncio.shield(embedded.failed)
