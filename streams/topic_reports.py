"""How topics are on a cluster, compared with how they should be. For ``streams/topics.py``.

All of it works on answers that have arrived; nothing here talks to a broker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger(__name__)

Places = list[dict[str, Any]]
"""The partitions of a topic, as in Kafka's answer: ``partition``, ``leader``, ``replicas`` …"""


@dataclass(frozen=True)
class TopicReport:
    """How one topic is on the cluster.

    name: the full one. partitions, replication_factor: 0 when it does not exist.
    differences: by setting, how it should be and how it is; they may be meant.
    problems: sentences about what will go wrong and what to do.
    """

    name: str
    exists: bool
    partitions: int = 0
    replication_factor: int = 0
    differences: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def missing(name: str) -> TopicReport:
    """Return the report of a topic that does not exist."""
    problem = f"{name} does not exist: run `playbooks topics create`"
    return TopicReport(name, exists=False, problems=[problem])


def found(
    name: str,
    places: Places,
    asked: tuple[int, int],
    wanted: Mapping[str, str],
    config: Mapping[str, str],
    problems: list[str],
) -> TopicReport:
    """Return the report of a topic that exists.

    asked: how many partitions and replicas the settings ask for. wanted, config: the
    configuration as it should be, and as it is. problems: those known already.
    """
    is_ = {"partitions": str(len(places)), "replication.factor": str(replicas(places))}
    should_be = dict(zip(is_, map(str, asked), strict=True))
    different = _differences({**should_be, **wanted}, {**is_, **config})
    return TopicReport(
        name,
        exists=True,
        partitions=len(places),
        replication_factor=replicas(places),
        differences=different,
        problems=problems + _leader_problems(name, places) + _config_problems(name, different),
    )


def replicas(places: Places) -> int:
    """Return how many replicas every partition has at least."""
    return min((len(place["replicas"]) for place in places), default=0)


def count_problems(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Return, by name, what is wrong where topics that must have as many partitions do not.

    The first is the measure of the others.
    """
    measure = next(iter(counts), "")
    return {
        name: [
            f"{name} has {count} partitions but {measure} has {counts[measure]}: a record and "
            "what follows from it would part. Give the deployment another PLAYBOOKS_TOPIC_PREFIX, "
            "or delete these topics and run `playbooks topics create`"
        ]
        for name, count in counts.items()
        if count != counts[measure]
    }


def log_differences(report: TopicReport) -> None:
    """Log what is wrong with a topic as errors, what is merely different as information."""
    for problem in report.problems:
        log.error("topic is not as it must be", topic=report.name, problem=problem)
    for setting, (wanted, is_) in report.differences.items():
        log.info("topic differs", topic=report.name, setting=setting, wanted=wanted, found=is_)


def _differences(wanted: Mapping[str, str], is_: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        setting: (value, is_.get(setting, "unknown"))
        for setting, value in wanted.items()
        if is_.get(setting) != value
    }


def _leader_problems(name: str, places: Places) -> list[str]:
    headless = ", ".join(str(place["partition"]) for place in places if place["leader"] < 0)
    if not headless:
        return []
    return [f"{name} has no leader for partition {headless}: check the brokers"]


def _config_problems(name: str, different: Mapping[str, tuple[str, str]]) -> list[str]:
    problems = []
    if "cleanup.policy" in different:
        wanted, is_ = different["cleanup.policy"]
        loses = "state" if wanted == "compact" else "history"
        problems.append(
            f"{name} has cleanup.policy={is_} and so loses its {loses}: set it to {wanted}"
        )
    wanted, is_ = different.get("max.message.bytes", ("0", "0"))
    if is_.isdecimal() and int(is_) < int(wanted):
        problems.append(
            f"{name} refuses records over {is_} bytes, which do occur: "
            f"raise max.message.bytes to {wanted}"
        )
    return problems
