"""The topics, and who may do what with them, as resources of Strimzi's operator for Kubernetes.

For clusters on which an operator makes topics and users, and nobody else may. Users log in with
certificates; what each may do is what SECURITY.md says of it. One of a name of yours is made by
copying one of these.
"""

import re
from collections.abc import Iterable
from typing import Any

from streams import topics
from streams.settings import Settings
from streams.topics import Topic

Resource = dict[str, Any]

_API = "kafka.strimzi.io/v1beta2"
_NO_NAME = re.compile(r"[^a-z0-9.-]+")

_READ = ["Read", "Describe", "DescribeConfigs"]
_WRITE = ["Write", "Describe"]
_WRITTEN_BY_API = (topics.FINDINGS, topics.PLAYBOOKS, topics.ADMISSIONS, topics.EXECUTION_COMMANDS)


def resources(settings: Settings, cluster: str) -> list[Resource]:
    """Return everything: a KafkaTopic for each topic, and the users. cluster: its name."""
    made = [_topic(topic, settings) for topic in topics.TOPICS]
    made += _users(settings)
    for resource in made:
        resource["metadata"]["labels"] = {"strimzi.io/cluster": cluster}
    return made


def _topic(topic: Topic, settings: Settings) -> Resource:
    name = topic.named(settings.topic_prefix)
    replicas = settings.replication_factor
    return {
        "apiVersion": _API,
        "kind": "KafkaTopic",
        "metadata": {"name": _resource_name(name)},
        "spec": {
            "topicName": name,
            "partitions": topic.partitions or settings.partitions,
            "replicas": replicas,
            "config": topic.config(replicas),
        },
    }


def _users(settings: Settings) -> list[Resource]:
    prefix = settings.topic_prefix
    ours = f"{prefix}playbooks-"
    writes = [_acl("transactionalId", ours, _WRITE, "prefix")]
    read_all = [_acl("topic", name, _READ) for name in _names(topics.TOPICS, prefix)]
    worker = [
        *(_acl("topic", name, [*_READ, "Write"]) for name in _names(topics.TOPICS, prefix)),
        *(_acl("topic", name, _READ) for name, _ in settings.finding_topics),
        _acl("group", ours, ["Read", "Describe"], "prefix"),
        *writes,
    ]
    written = _names(_WRITTEN_BY_API, prefix)
    api = [*read_all, *(_acl("topic", name, ["Write"]) for name in written), *writes]
    scanner = [_acl("topic", topics.FINDINGS.named(prefix), _WRITE)]
    return [
        _user(f"{ours}worker", worker),
        _user(f"{ours}api", api),
        _user(f"{ours}scanner", scanner),
    ]


def _user(name: str, acls: list[Resource]) -> Resource:
    return {
        "apiVersion": _API,
        "kind": "KafkaUser",
        "metadata": {"name": _resource_name(name)},
        "spec": {
            "authentication": {"type": "tls"},
            "authorization": {"type": "simple", "acls": acls},
        },
    }


def _acl(kind: str, name: str, operations: list[str], pattern: str = "literal") -> Resource:
    resource = {"type": kind, "name": name, "patternType": pattern}
    # A list of its own: one that stands in several places would be written as an anchor.
    return {"resource": resource, "operations": [*operations]}


def _names(of: Iterable[Topic], prefix: str) -> list[str]:
    return [topic.named(prefix) for topic in of]


def _resource_name(name: str) -> str:
    """Return ``name`` as Kubernetes takes it: topics may be called what resources may not."""
    return _NO_NAME.sub("-", name.lower()).strip(".-")
