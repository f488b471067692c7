"""The trigger agent: findings in, ``StartExecution`` commands out.

A finding names its executions: the same finding delivered again names the same ones,
and the execution agent refuses the second start. A finding that matches nothing leaves
no trace but its offset. Where something counts across findings (``dedupe``, ``throttle``,
``max_running``) the start goes by way of ``admissions``, whose agent sees all of a playbook's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import faust
import orjson
import structlog
from aiokafka.structs import ConsumerRecord

from engine import completions, conditions, contexts, triggers
from engine.contexts import Context
from engine.triggers import TriggerIndex, TriggerKey
from schemas import playbooks
from schemas.commands import Rejection, StartExecution
from schemas.findings import Finding
from schemas.playbooks import PlaybookPublished
from streams import codecs, metrics, topics, traces
from streams.batches import Batch
from streams.dead_letters import dead_letter
from streams.findings import decode_findings, glimpse
from streams.playbooks import PlaybookRegistry

log = structlog.get_logger(__name__)

AGENT = "triggers"

RECORDS_MAX = 10_000
"""Of a batch: about as many as one fetch of a partition brings. Most findings trigger nothing, so
that a transaction for each thousand would cost more than to match them."""

FETCH_BYTES = 8 << 20
"""What a fetch of a partition brings at most: it bounds a batch by its size."""

_TURN = 1_000
"""After so many findings the other agents of the process have their turn."""

Trigger = Callable[["faust.StreamT[Batch[None]]"], Awaitable[None]]
Counted = Mapping[TriggerKey, playbooks.Trigger]


class Stateless:
    """The state of an agent that keeps none."""

    async def restore(self) -> None:
        """Read nothing."""

    def due_at(self) -> datetime | None:
        """Ask for no batch without records."""
        return None

    def close(self) -> None:
        """Hold nothing."""


class Triggers:
    """The triggers of all enabled playbooks, indexed anew whenever a playbook changes."""

    def __init__(self, registry: PlaybookRegistry) -> None:
        self._registry = registry
        self._index: TriggerIndex | None = None
        self._counted: Counted = {}
        registry.changed.append(self._forget)

    def _forget(self) -> None:
        self._index = None

    async def catch_up(self) -> None:
        """See every playbook that has been published by now. Raises KafkaError."""
        await self._registry.catch_up()

    @property
    def index(self) -> TriggerIndex:
        """The index over what the registry holds now."""
        if self._index is None:
            currents = self._registry.currents()
            self._index = _index(currents)
            self._counted = {
                (published.playbook_id, published.revision): published.definition.trigger
                for published in currents
                if triggers.is_counted(published.definition.trigger)
            }
        return self._index

    @property
    def counted(self) -> Counted:
        """Those of the index whose executions must be admitted first."""
        return self._counted if self.index is not None else {}


def _index(currents: Iterable[PlaybookPublished]) -> TriggerIndex:
    """Return the index over the enabled ones. One that cannot be read must not stop the others."""
    index: list[tuple[TriggerKey, playbooks.Trigger]] = []
    for published in currents:
        key = published.playbook_id, published.revision
        trigger = published.definition.trigger
        if not published.definition.enabled:
            continue
        if wrong := conditions.problems(trigger.conditions, ""):
            log.error("playbook starts nothing: its conditions mean nothing", key=key, wrong=wrong)
            continue
        index.append((key, trigger))
    return TriggerIndex(index)


def trigger_agent(known: Triggers, formats: Mapping[str, str]) -> Trigger:
    """Return the agent that starts the executions which ``known`` triggers ask for.

    formats: of the topics on which findings stand as their scanner wrote them.
    """

    async def trigger(batches: "faust.StreamT[Batch[None]]") -> None:
        """Start every execution that the findings of a batch ask for."""
        async for batch in batches:
            try:
                # Who sends a finding may have been told a moment ago that its playbook stands.
                await known.catch_up()
                for first in range(0, len(batch.records), _TURN):
                    await asyncio.sleep(0)
                    trigger_all(batch, batch.records[first : first + _TURN], known, formats)
                batch.done()
            except Exception as error:
                # Not one record but the batch: it must come again, as a whole.
                batch.give_up(error)

    return trigger


def trigger_all(
    batch: Batch[Any],
    records: Sequence[ConsumerRecord[Any, Any]],
    known: Triggers,
    formats: Mapping[str, str],
) -> None:
    """Start every execution that some records of a batch ask for."""
    index, counted = known.index, known.counted
    telling = [r for r in records if r.topic in formats or not is_idle(index, r)]
    seen = len(records) - len(telling)
    for record in telling:
        with dead_letter(batch, record, AGENT):
            for finding in decode_findings(record, formats):
                trigger_playbooks(batch, index, finding, record, counted)
                seen += 1
    batch.measure(partial(metrics.FINDINGS_SEEN.inc, seen))


def is_idle(index: TriggerIndex, record: ConsumerRecord[Any, Any]) -> bool:
    """Tell whether a record is surely a finding that triggers nothing, as most are.

    Any other is read as a whole, which tells what it is and what is wrong with it.
    """
    try:
        seen = glimpse(record)
        return seen is not None and not index.matches(seen.kind, seen)
    except Exception:
        return False


def trigger_playbooks(
    batch: Batch[Any],
    index: TriggerIndex,
    finding: Finding,
    record: ConsumerRecord[Any, Any],
    counted: Counted,
) -> None:
    """Start, or ask to start, one execution for each playbook that the finding triggers."""
    context = contexts.of_finding(finding)
    matched = index.matches(finding.event, context)
    if not matched:
        return
    batch.measure(partial(metrics.matched, [playbook_id for playbook_id, _ in matched]))
    # By way of JSON as everybody writes it: a number that needs more than 64 bits becomes a
    # float here, before it stands in a state that no snapshot could hold.
    event = orjson.loads(codecs.encode(finding))
    identity = triggers.identity(finding, record.topic, record.partition, record.offset)
    came_with = _traceparent(record)
    for playbook_id, revision in matched:
        execution_id = triggers.execution_id(playbook_id, identity)
        span = traces.begin(
            "trigger", came_with, "consumer", playbook_id=playbook_id, execution_id=execution_id
        )
        batch.measure(span.end)
        start = StartExecution(
            id=str(uuid4()),
            execution_id=execution_id,
            at=batch.at,
            playbook_id=playbook_id,
            playbook_revision=revision,
            trigger=finding.event,
            event=event,
            traceparent=span.traceparent,
            depth=completions.depth(finding),
        )
        trigger = counted.get((playbook_id, revision))
        if trigger is None:
            batch.emit(topics.EXECUTION_COMMANDS, start.execution_id, start)
        else:
            ask(batch, start, trigger, context)


def ask(
    batch: Batch[Any], start: StartExecution, trigger: playbooks.Trigger, context: Context
) -> None:
    """Ask for an execution to be admitted; without a key nobody could count it."""
    asked = triggers.admission(start, trigger, context, batch.at)
    if isinstance(asked, Rejection):
        batch.emit(topics.REJECTIONS, asked.execution_id, asked)
        batch.measure(partial(metrics.dropped, asked.code))
    else:
        batch.emit(topics.ADMISSIONS, asked.playbook_id, asked)


def _traceparent(record: ConsumerRecord[Any, Any]) -> str | None:
    for name, value in record.headers:
        if name == "traceparent" and value is not None and len(value) <= 64:
            return str(value.decode("ascii", "ignore"))
    return None
