"""A worker: the agents of one process, started and stopped together."""

from collections.abc import Collection, Iterator

import faust
import mode

from streams import admissions, executions, steps, topics, triggers
from streams.actions.actions import Actions
from streams.app import batch_channel, create_app, put
from streams.backlogs import Backlog, Queue
from streams.instances import InstanceName
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.snapshots import PartitionExecutions
from streams.steps import Steps
from streams.tickets import PartitionAdmissions
from streams.transactions import TransactionalSource, group_id

AGENTS = (triggers.AGENT, admissions.AGENT, executions.AGENT, steps.AGENT)


class Worker(mode.Service):
    """Runs some or all of the agents against the cluster of ``settings``.

    registry: a started registry; it is shared with whoever else is in the process.
    agents: names out of ``AGENTS``.
    """

    def __init__(
        self,
        settings: Settings,
        registry: PlaybookRegistry,
        actions: Actions,
        agents: Collection[str] = AGENTS,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._registry = registry
        self._actions = actions
        self._agents = agents
        self._sources: list[TransactionalSource] = []

    @property
    def sources(self) -> list[TransactionalSource]:
        """The transactional sources, for those who ask which partitions are owned."""
        return self._sources

    async def on_start(self) -> None:
        """Start the agents, then what feeds them."""
        instance = InstanceName(
            self._settings.instance, f"{self._settings.broker}/{self._settings.topic_prefix}"
        )
        self._instance = instance
        app = create_app(f"{self._settings.topic_prefix}playbook-streams")
        if triggers.AGENT in self._agents:
            backlog = Backlog(list(self._queues()))
            await self.add_runtime_dependency(backlog)
            self._sources.extend(self._trigger_sources(app, instance.name, backlog))
        if admissions.AGENT in self._agents:
            self._sources.append(self._admission_source(app, instance.name))
        if executions.AGENT in self._agents:
            self._sources.append(self._execution_source(app, instance.name))
        await self.add_runtime_dependency(app)
        # Faust holds its queues back until its consumer has partitions; it has no consumer.
        app.flow_control.resume()
        for source in self._sources:
            await self.add_runtime_dependency(source)
        if steps.AGENT in self._agents:
            await self.add_runtime_dependency(
                Steps(self._settings, self._actions, instance=instance.name)
            )

    def _queues(self) -> Iterator[Queue]:
        """Yield where executions wait that move, and for whom."""
        taken = (
            (topics.EXECUTION_COMMANDS, executions.AGENT),
            (topics.ACTION_REQUESTS, steps.AGENT),
        )
        for topic, agent in taken:
            yield Queue(
                self._settings,
                topic.named(self._settings.topic_prefix),
                group_id(self._settings, agent),
            )

    def _trigger_sources(
        self, app: faust.App, instance: str, backlog: Backlog
    ) -> Iterator[TransactionalSource]:
        """Yield the source of ``findings``, and of each topic that a scanner writes to."""
        channel = batch_channel(app)
        known = triggers.Triggers(self._registry)
        formats = dict(self._settings.finding_topics)
        app.agent(channel, name=triggers.AGENT)(triggers.trigger_agent(known, formats))
        own = topics.FINDINGS.named(self._settings.topic_prefix)
        # A group each, and so transactions each: a partition is known by its number there.
        agents = {own: triggers.AGENT} | {name: f"{triggers.AGENT}-{name}" for name in formats}
        for topic_name, agent in agents.items():
            yield TransactionalSource(
                self._settings,
                agent=agent,
                topic_name=topic_name,
                hand_over=lambda batch: put(channel, batch),
                open_state=lambda _: triggers.Stateless(),
                instance=instance,
                records_max=triggers.RECORDS_MAX,
                fetch_bytes=triggers.FETCH_BYTES,
                backlog=backlog,
            )

    def _admission_source(self, app: faust.App, instance: str) -> TransactionalSource:
        channel = batch_channel(app)
        app.agent(channel, name=admissions.AGENT)(admissions.admission_agent(self._registry))
        return TransactionalSource(
            self._settings,
            agent=admissions.AGENT,
            topic_name=topics.ADMISSIONS.named(self._settings.topic_prefix),
            hand_over=lambda batch: put(channel, batch),
            open_state=lambda partition: PartitionAdmissions(
                self._settings, partition, self._registry
            ),
            instance=instance,
        )

    def _execution_source(self, app: faust.App, instance: str) -> TransactionalSource:
        channel = batch_channel(app)
        app.agent(channel, name=executions.AGENT)(
            executions.execution_agent(self._registry, self._actions)
        )
        return TransactionalSource(
            self._settings,
            agent=executions.AGENT,
            topic_name=topics.EXECUTION_COMMANDS.named(self._settings.topic_prefix),
            hand_over=lambda batch: put(channel, batch),
            open_state=lambda partition: PartitionExecutions(self._settings, partition),
            instance=instance,
        )

    async def on_shutdown(self) -> None:
        """Give the worker's name back once everything under it has stopped."""
        self._instance.release()
