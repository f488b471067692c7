"""The trigger agent beside a bare loop that consumes and decodes: ``… tests.benchmarks triggers``.

Both read the same findings of the same topic in the same process, in turn. The agent matches
them, starts executions of those that match, and commits in transactions; the bare loop is
aiokafka and ``orjson.loads``, and nothing else.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from typing import Any

import orjson
from aiokafka import TopicPartition

from api.processes import loops
from streams import clients, executions, topics, triggers
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from streams.transactions import group_id
from tests.benchmarks import deployment
from tests.benchmarks.rows import Row, at_least, compared
from tests.e2e.findings import logging_playbook

FEW, MANY = 50, 10_000
MATCHING = 100
"""Of so many findings one matches, and it matches one playbook."""

_TEXT = (
    "The query parameter is reflected without encoding, so that a script of an attacker runs in "
    "the session of whoever follows a link. Update to the fixed version, or put a filter before it."
    "\n\n"
)


def measure(findings: int = 200_000, rounds: int = 3) -> Iterator[Row]:
    """Measure the agent with few and with many playbooks, and the bare loop, in turn."""
    sent = list(mixed(findings))
    mean_bytes = sum(len(orjson.dumps(each)) for each in sent[:1_000]) / len(sent[:1_000])
    few, many, bare = loops.run(_measured(sent, rounds))
    what = f"findings of {mean_bytes:,.0f} bytes, 1 in {MATCHING} matches, exactly once"
    reference = "aiokafka + orjson.loads"
    yield compared(f"{what}, {FEW} playbooks", "/s", few, reference, bare, at_least(0.5))
    yield compared(
        f"the same, {MANY:,} playbooks", "/s", many, f"{FEW} playbooks", few, at_least(0.67)
    )


def mixed(count: int) -> Iterator[dict[str, Any]]:
    """Yield findings as scanners write them: 0.5 to 3 KB, some of them urgent.

    One in ``MATCHING`` meets a playbook of ``playbooks``. Drawn, but the same in each run.
    """
    chance = random.Random(7)
    severities = ("info", "low", "medium", "high")
    for number in range(count):
        matches = number % MATCHING == 0
        paragraphs = chance.choice((0, 2, 5, 12))
        host = f"app-{number % FEW}.example.com"
        yield {
            "id": f"evt-{number}",
            "event": "finding.new",
            "timestamp": "2026-03-01T12:00:00Z",
            "data": {
                "finding_id": f"f-{number}",
                "title": f"CVE-2026-{number % 9_000:04} in component {number % 700}",
                "severity": "critical" if matches else chance.choice(severities),
                "cvss": 9.8 if matches else round(chance.uniform(0, 8.9), 1),
                "status": "open",
                "asset": {
                    "id": f"a-{number % FEW}",
                    "name": host,
                    "type": "domain",
                    "tags": ["web", "production", f"team-{number % 20}"],
                },
                "scan_id": f"sc-{number // 1_000}",
                "references": [f"https://example.com/advisories/{number % 9_000}"],
                "description": _TEXT * paragraphs,
                "raw": {"matched-at": f"https://{host}/login", "port": 443, "ip": "192.0.2.7"},
            },
        }


def playbooks(count: int) -> Iterator[dict[str, Any]]:
    """Yield playbooks of which an urgent finding meets one: that of its asset."""
    for number in range(count):
        conditions = {"severity": "critical", "asset_id": f"a-{number}", "cvss": {"$gte": 9}}
        yield logging_playbook(
            5,
            id=f"pb-{number}",
            name=f"Playbook {number}",
            trigger={"event": "finding.new", "conditions": conditions},
        )


async def _measured(
    sent: list[dict[str, Any]], rounds: int
) -> tuple[list[float], list[float], list[float]]:
    """Return findings a second: the agent with few playbooks, with many, and the bare loop."""
    few: list[float] = []
    many: list[float] = []
    bare: list[float] = []
    async with (
        deployment.broker() as address,
        deployment.deployment(address, "bench-few.") as (settings, some),
        deployment.deployment(address, "bench-many.") as (others, all_of_them),
    ):
        await deployment.publish(settings, some, playbooks(FEW))
        await deployment.publish(others, all_of_them, playbooks(MANY))
        for number in range(rounds + 1):
            await deployment.send_findings(settings, sent)
            await deployment.send_findings(others, sent)
            until = len(sent) * (number + 1)
            figures = (
                await bare_loop(settings, len(sent)),
                await _agent(settings, some, until),
                await _agent(others, all_of_them, until),
            )
            if number:  # The first round warms up broker, caches and page cache.
                for into, figure in zip((bare, few, many), figures, strict=True):
                    into.append(figure)
    return few, many, bare


async def bare_loop(settings: Settings, count: int) -> float:
    """Return the findings a second of a loop that consumes and decodes, and does nothing else."""
    name = topics.FINDINGS.named(settings.topic_prefix)
    async with clients.consumer(settings) as consumer:
        consumer.assign([TopicPartition(name, n) for n in range(settings.partitions)])
        await consumer.seek_to_beginning()
        began, seen = time.perf_counter(), 0
        while seen < count:
            for records in (await consumer.getmany(timeout_ms=500, max_records=1_000)).values():
                for record in records:
                    orjson.loads(record.value)
                seen += len(records)
        return seen / (time.perf_counter() - began)


async def _take_begun(settings: Settings) -> None:
    """Have all that has been begun taken, as if executions were carried out.

    Else the agent would wait for it: what a round begins is within what may wait.
    """
    group = group_id(settings, executions.AGENT)
    name = topics.EXECUTION_COMMANDS.named(settings.topic_prefix)
    async with clients.consumer(settings, group_id=group) as consumer:
        places = [TopicPartition(name, n) for n in range(settings.partitions)]
        consumer.assign(places)
        await consumer.commit(await consumer.end_offsets(places))


async def _agent(settings: Settings, registry: PlaybookRegistry, until: int) -> float:
    """Return the findings a second of the agent, after its first commit, to its last."""
    await _take_begun(settings)
    group = f"{settings.topic_prefix}playbooks-{triggers.AGENT}"
    name = topics.FINDINGS.named(settings.topic_prefix)
    places = [TopicPartition(name, n) for n in range(settings.partitions)]
    async with clients.consumer(settings, group_id=group) as consumer:

        async def committed(at_least: int) -> tuple[float, int]:
            """Return when so many were committed, and how many exactly."""
            while True:
                # A transaction leaves a mark in the topics that it writes, none where it reads.
                offsets = [await consumer.committed(place) or 0 for place in places]
                if sum(offsets) >= at_least:
                    return time.perf_counter(), sum(offsets)
                await asyncio.sleep(0.05)

        _, before = await committed(0)
        async with deployment.working(settings, registry, triggers.AGENT) as worker:
            began, _ = await committed(before + 1)
            # What has been taken by then is half done: it does not count.
            taking: Any = worker.sources[0]._consumer
            taken = sum([await taking.position(place) for place in taking.assignment()])
            ended, _ = await committed(until)
            return (until - taken) / (ended - began)
