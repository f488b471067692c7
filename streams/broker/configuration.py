"""What Kafka is told: a single node on the loopback interface, quick to start and to come back.

Paths are relative to the directory that Kafka is started in, so that any character may occur
in the name of the data directory.
"""

DATA = "data"
LOG = "../broker.log"
TEMPORARY = "tmp"


def server_properties(port: int, controller_port: int, log_dirs: str = DATA) -> str:
    """Return the text of ``server.properties``."""
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log_dirs}

# There is one node only.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# It is small: a few groups, a few producers, two cores.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
log.index.size.max.bytes=1048576

# Topics come from the map of topics only.
auto.create.topics.enable=false

# A group starts to work at once.
group.initial.rebalance.delay.ms=0
# After a kill the node waits for the session of its former self to end; the default is 9 s.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# What a killed worker had begun holds up the readers of committed records until it is aborted.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# Offsets are kept however long the product stands still: without them it would begin anew.
offsets.retention.minutes=5256000
"""


def log4j_properties() -> str:
    """Return the text of ``log4j2.properties``: warnings and errors, in a file of bounded size."""
    return f"""\
status=error
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName={LOG}
appender.file.filePattern={LOG}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}} %-5p %m (%c{{1}})%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=1
rootLogger.level=warn
rootLogger.appenderRef.file.ref=file
logger.version.name=org.apache.kafka.common.utils.AppInfoParser
logger.version.level=info
"""
