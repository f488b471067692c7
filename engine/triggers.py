"""Which playbooks an event triggers, under which identity, and what counts when it does.

Called by the trigger agent for every finding, so the cost of a finding must not grow with
the playbooks that cannot match it: each trigger is filed under values that one of its
fields must have, and only those filed under the event's own values are decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import orjson

from engine import durations
from engine.admissions import dropped
from engine.clauses import All
from engine.conditions import compiled
from engine.contexts import Context
from engine.filing import Filing
from engine.identities import caused_command_id
from engine.schedules import Firing
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from schemas.admissions import AdmitExecution, DedupeKey, ThrottleKey
from schemas.commands import Rejection, StartExecution
from schemas.findings import Finding
from schemas.playbooks import PlaybookPublished, Trigger

_EXECUTIONS = UUID("7f1c1b52-0c3f-4b5e-9a55-3f6d0f3e8a14")

_KEY_LENGTH_MAX = 200
"""Of a rendered key: what is longer, or has been made so by a finding, is kept as its hash."""

TriggerKey = tuple[str, str]
"""What a trigger is known by: playbook id and revision. Anything hashable would do."""


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    conditions: All


class TriggerIndex:
    """The triggers of many playbooks, ready to be matched against events. Never changed.

    ``add`` and ``remove`` return a new index that shares everything it can with this one;
    what an event kind is filed under is put together when the first such event comes.
    Raises ConditionsError for conditions that ``conditions.problems`` would have refused.
    """

    def __init__(self, triggers: Iterable[tuple[TriggerKey, Trigger]] = ()) -> None:
        self._entries = {key: _entry(trigger) for key, trigger in triggers}
        self._filings: dict[str, Filing[TriggerKey]] = {}

    def __len__(self) -> int:
        """Return the number of triggers."""
        return len(self._entries)

    def add(self, key: TriggerKey, trigger: Trigger) -> "TriggerIndex":
        """Return the index with ``trigger`` as well, in place of one of the same key."""
        without = self.remove(key)
        entry = _entry(trigger)
        return without._with_entries({**without._entries, key: entry}, entry.kind)

    def remove(self, key: TriggerKey) -> "TriggerIndex":
        """Return the index without the trigger of ``key``; the same one if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return self
        entries = {k: each for k, each in self._entries.items() if k != key}
        return self._with_entries(entries, entry.kind)

    def matches(self, kind: str, context: Context) -> list[TriggerKey]:
        """Return the keys of all triggers on events of ``kind`` whose conditions hold.

        In the order in which the triggers were given.
        """
        filing = self._filings.get(kind)
        if filing is None:
            filing = self._filings[kind] = Filing(
                (key, entry.conditions)
                for key, entry in self._entries.items()
                if entry.kind == kind
            )
        return filing.matches(context)

    def _with_entries(self, entries: dict[TriggerKey, _Entry], kind: str) -> "TriggerIndex":
        index = TriggerIndex()
        index._entries = entries
        index._filings = {k: each for k, each in self._filings.items() if k != kind}
        return index


def identity(finding: Finding, topic: str, partition: int, offset: int) -> str:
    """Return what tells an event from every other, so that a repetition is recognised.

    Its source and id if it names a source (CloudEvents), else its id, else where it stands.
    No two of these forms ever spell the same, whatever a detector writes into its id.
    """
    here = f"{topic}:{partition}:{offset}"
    parts: list[Any]
    # The reader puts the position in place of a missing id: seen here, it is the position.
    if finding.id is None or finding.id == here:
        parts = [topic, partition, offset]
    elif finding.source is not None:
        parts = [finding.source, finding.id]
    else:
        parts = [finding.id]
    return orjson.dumps(parts).decode()


def execution_id(playbook_id: str, identity: str) -> str:
    """Return the id of the execution of a playbook that the event of ``identity`` starts."""
    return f"pexec-{uuid5(_EXECUTIONS, f'{playbook_id}/{identity}')}"


def is_counted(trigger: Trigger) -> bool:
    """Tell whether something counts across the executions that the trigger starts."""
    return any(said is not None for said in (trigger.dedupe, trigger.throttle, trigger.max_running))


def admission(
    start: StartExecution, trigger: Trigger, context: Context, at: datetime
) -> AdmitExecution | Rejection:
    """Return what is asked before ``start``, or why nobody could count it: a key is missing.

    context: of the event that has triggered it, in which the keys are rendered.
    """
    dedupe, throttle = trigger.dedupe, trigger.throttle
    asked = AdmitExecution(id=start.id, playbook_id=start.playbook_id, at=at, start=start)
    try:
        if dedupe is not None:
            key = _key("dedupe", dedupe.key, context)
            window = durations.seconds(dedupe.window)
            asked = asked.model_copy(update={"dedupe": DedupeKey(key=key, window_seconds=window)})
        if throttle is not None:
            key = "" if throttle.key is None else _key("throttle", throttle.key, context)
            per = durations.seconds(throttle.per)
            limit = ThrottleKey(key=key, limit=throttle.limit, per_seconds=per)
            asked = asked.model_copy(update={"throttle": limit})
    except TemplateError as error:
        return dropped(start, error.code, f"/trigger{error}", at)
    return asked


def scheduled(playbook: PlaybookPublished, firing: Firing, at: datetime) -> StartExecution:
    """Return what starts the execution of one firing: the same one, however often it is asked.

    Its event is the firing itself, so that keys and templates can name it.
    """
    due_at = firing.due_at.isoformat().replace("+00:00", "Z")
    named = execution_id(playbook.playbook_id, orjson.dumps({"due_at": due_at}).decode())
    return StartExecution(
        id=caused_command_id(named, "schedule"),
        execution_id=named,
        at=at,
        playbook_id=playbook.playbook_id,
        playbook_revision=playbook.revision,
        trigger="schedule",
        event={
            "id": f"schedule:{due_at}",
            "event": "schedule",
            "timestamp": due_at,
            "data": {"due_at": due_at, "missed": firing.missed},
        },
    )


def _key(of: str, template: str, context: Context) -> str:
    """Return a key as text: two values that look the same to a reader are the same key."""
    value = render({of: {"key": template}}, context).value[of]["key"]
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if len(text) <= _KEY_LENGTH_MAX:
        return text
    return f"{text[:100]}… sha256:{sha256(text.encode(errors='replace')).hexdigest()}"


def _entry(trigger: Trigger) -> _Entry:
    return _Entry(trigger.event, compiled(trigger.conditions))
