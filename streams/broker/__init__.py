"""The embedded broker: a real single-node Apache Kafka, as a child process.

broker         EmbeddedBroker: start, stop, restart when it dies
process        one Kafka process, from its start until it serves, to its end
launch         what binds it to the life of this process
storage        the data directory: formatting, the lock, where a running broker is found
configuration  what Kafka is told
jars           Kafka itself, downloaded once
"""
