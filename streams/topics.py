"""The map of topics: what each is for, who writes and who reads it, how Kafka keeps it.

``create`` makes what is missing and leaves alone what is there; ``describe`` tells how what is
there differs from this map. Topics exist before anybody uses them: no name is ever left to a
broker that would make it up with settings of its own.
"""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams import clients, topic_policies, topic_reports, topic_requests
from streams.settings import Settings
from streams.topic_reports import Places, TopicReport

_MIB = 1 << 20

EXECUTION_ID = "execution id"
PLAYBOOK_ID = "playbook id"
_TOGETHER = (EXECUTION_ID, PLAYBOOK_ID)
"""Keys whose topics have the same number of partitions: what follows from a record, and the state
that is kept of it, stand in the partition of the same number."""


@dataclass(frozen=True)
class Topic:
    """A topic: its name without prefix, and everything a reader of this map wants to know.

    retention_days: how long a record is kept; None: compacted, the latest of each key is kept.
    partitions: None leaves it to the settings. record_bytes_max: the largest record.
    outsiders_write: its records bear the time at which they arrived, not their writer's.
    """

    name: str
    key: str
    writers: str
    readers: str
    retention_days: int | None
    record_bytes_max: int = 4 * _MIB
    partitions: int | None = None
    outsiders_write: bool = False

    def named(self, prefix: str) -> str:
        """Return the full name on the cluster."""
        return prefix + self.name

    def config(self, replication_factor: int) -> dict[str, str]:
        """Return the configuration with which it is created."""
        days = self.retention_days
        config = topic_policies.compacted() if days is None else topic_policies.deleted(days)
        if self.outsiders_write:
            config |= topic_policies.ARRIVAL_TIME
        return config | topic_policies.durable(replication_factor, self.record_bytes_max)


FINDINGS = Topic(
    "findings",
    key="asset id, else finding id",
    writers="scanners, POST /api/findings, execution agent (action.completed)",
    readers="trigger agent",
    retention_days=7,
    record_bytes_max=2 * _MIB,
    outsiders_write=True,
)
PLAYBOOKS = Topic(
    "playbooks",
    key="playbook id @ revision",
    writers="API, command line",
    readers="every process (registry)",
    retention_days=None,
    record_bytes_max=2 * _MIB,
    # The registry's writers shut each other out by the one place they all write to.
    partitions=1,
)
ADMISSIONS = Topic(
    "admissions",
    key=PLAYBOOK_ID,
    writers="trigger agent, execution agent, API",
    readers="admission agent",
    retention_days=1,
)
ADMISSION_SNAPSHOTS = Topic(
    "admission-snapshots",
    key=PLAYBOOK_ID,
    writers="admission agent",
    readers="admission agent, when it takes a partition",
    retention_days=None,
    # What starts an execution, kept while that waits.
    record_bytes_max=clients.RECORD_BYTES_MAX,
)
EXECUTION_COMMANDS = Topic(
    "execution-commands",
    key=EXECUTION_ID,
    writers="trigger agent, admission agent, API, step agent",
    readers="execution agent",
    retention_days=1,
)
EXECUTION_EVENTS = Topic(
    "execution-events",
    key=EXECUTION_ID,
    writers="execution agent",
    readers="the table, consumers of the product",
    retention_days=30,
)
EXECUTION_SNAPSHOTS = Topic(
    "execution-snapshots",
    key=EXECUTION_ID,
    writers="execution agent",
    readers="execution agent, when it takes a partition",
    retention_days=None,
    # An execution with its finding and the outputs of all its steps.
    record_bytes_max=clients.RECORD_BYTES_MAX,
)
ACTION_REQUESTS = Topic(
    "action-requests",
    key=EXECUTION_ID,
    writers="execution agent",
    readers="step agent",
    retention_days=1,
)
REJECTIONS = Topic(
    "rejections",
    key=EXECUTION_ID,
    writers="trigger agent, admission agent, execution agent",
    readers="the table, operators",
    retention_days=7,
)
DEAD_LETTERS = Topic(
    "dead-letters",
    key="the original key",
    writers="every agent",
    readers="operators",
    retention_days=30,
    # Any record of the others, a third larger in base64.
    record_bytes_max=clients.RECORD_BYTES_MAX,
)

TOPICS = (
    FINDINGS,
    PLAYBOOKS,
    ADMISSIONS,
    ADMISSION_SNAPSHOTS,
    EXECUTION_COMMANDS,
    EXECUTION_EVENTS,
    EXECUTION_SNAPSHOTS,
    ACTION_REQUESTS,
    REJECTIONS,
    DEAD_LETTERS,
)


async def create(settings: Settings) -> list[str]:
    """Create the topics that are missing; return their full names.

    What is there is not touched; where it differs from the map, that is logged. Any number of
    processes may do this at once. Returns when every topic can be used. Raises TopicError,
    KafkaError when the cluster cannot be reached, and what ``clients.admin`` raises.
    """
    replicas = settings.replication_factor
    async with topic_requests.admin(settings) as admin:
        found = await _found(admin, settings)
        # Where some exist already, the new ones must have as many partitions as they.
        counts: dict[str, int] = {}
        for topic, places in found.items():
            if topic.key in _TOGETHER:
                counts.setdefault(topic.key, len(places))
        new = [
            NewTopic(
                topic.named(settings.topic_prefix),
                topic.partitions or counts.get(topic.key, settings.partitions),
                replicas,
                topic_configs=topic.config(replicas),
            )
            for topic in TOPICS
            if topic not in found
        ]
        created = await topic_requests.create(admin, new)
    for report in await describe(settings) if found else ():
        topic_reports.log_differences(report)
    return created


async def describe(settings: Settings) -> list[TopicReport]:
    """Tell how each topic is on the cluster, in the order of ``TOPICS``.

    Raises KafkaError when the cluster cannot be reached, and what ``clients.admin`` raises.
    """
    async with topic_requests.admin(settings) as admin:
        found = await _found(admin, settings)
        names = {topic: topic.named(settings.topic_prefix) for topic in TOPICS}
        configs = await topic_requests.configs(admin, [names[topic] for topic in found])
    counts: dict[str, list[str]] = {}
    for key in _TOGETHER:
        alike = {names[topic]: len(found[topic]) for topic in found if topic.key == key}
        counts |= topic_reports.count_problems(alike)
    return [
        topic_reports.found(
            names[topic],
            found[topic],
            (topic.partitions or settings.partitions, settings.replication_factor),
            topic.config(topic_reports.replicas(found[topic])),
            configs[names[topic]],
            counts.get(names[topic], []) + _fixed_problems(topic, names[topic], len(found[topic])),
        )
        if topic in found
        else topic_reports.missing(names[topic])
        for topic in TOPICS
    ]


async def partitions(settings: Settings, topic: Topic) -> int:
    """Return how many partitions a topic has. Raises KafkaError when nobody can be asked."""
    async with topic_requests.admin(settings) as admin:
        return len((await _found(admin, settings)).get(topic, []))


def _fixed_problems(topic: Topic, name: str, partitions: int) -> list[str]:
    if topic.partitions in (None, partitions):
        return []
    return [
        f"{name} has {partitions} partitions but must have {topic.partitions}: "
        "delete it and run `playbooks topics create`"
    ]


async def _found(admin: AIOKafkaAdminClient, settings: Settings) -> dict[Topic, Places]:
    there = await topic_requests.partitions(admin)
    named = {topic: topic.named(settings.topic_prefix) for topic in TOPICS}
    return {topic: there[name] for topic, name in named.items() if name in there}
