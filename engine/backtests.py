"""Backtests: what a draft trigger would have started, had it been there.

Fed with the findings of the past, in any order; ``outcome`` then counts as the agents would
have: the same matching, and for ``dedupe`` and ``throttle`` the same rules in the order of time.
Not so ``max_running``: how long executions would have run nobody knows.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from heapq import heappush, heappushpop
from typing import Any, Final

from engine import admissions
from engine.contexts import Context, of_finding
from engine.explanations import TEXT_MAX, cut_text
from engine.tickets import Tickets
from engine.triggers import TriggerIndex, TriggerKey, admission, execution_id
from schemas.admissions import AdmitExecution, DedupeKey, ThrottleKey
from schemas.commands import Rejection, StartExecution
from schemas.findings import Finding
from schemas.playbooks import Trigger

MATCHES_MAX: Final = 100_000
"""So many matches are kept to be counted; a trigger that has more is answered well enough."""

_DRAFT: Final[TriggerKey] = ("draft", "draft")


@dataclass(frozen=True, slots=True)
class Example:
    """A finding that matches. at: when it arrived; texts are cut to what can be shown."""

    event_id: str
    event: str
    at: datetime
    finding_id: str | None
    title: str | None
    severity: str | None
    asset_id: str | None
    asset_name: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """The findings of one day, in UTC."""

    day: date
    scanned: int
    matched: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out.

    scanned: findings that were looked at; malformed: records that hold none. matched: of the
    findings, and of these repeated: the same event once more; deduplicated and throttled: by
    the trigger's own limits; unkeyed: the limits could not be asked, a key was missing.
    started: executions, which is what is left. examples: the latest, newest first.
    """

    scanned: int
    malformed: int
    matched: int
    repeated: int
    deduplicated: int
    throttled: int
    unkeyed: int
    started: int
    per_day: list[Day]
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class _Match:
    at: datetime
    execution_id: str
    dedupe: DedupeKey | None
    throttle: ThrottleKey | None


class Backtest:
    """One backtest, under way. Conditions of the trigger have no ``conditions.problems``."""

    def __init__(self, trigger: Trigger, examples_max: int) -> None:
        # Places are nobody's to give here.
        self._trigger = trigger.model_copy(update={"max_running": None})
        self._index = TriggerIndex([(_DRAFT, trigger)])
        self._examples_max = examples_max
        self._examples: list[tuple[datetime, int, Example]] = []
        self._matches: list[_Match] = []
        self._scanned: Counter[date] = Counter()
        self._matched: Counter[date] = Counter()
        self._unkeyed = 0
        self.malformed = 0

    @property
    def is_full(self) -> bool:
        """Whether it has as many matches as it can keep."""
        return len(self._matches) >= MATCHES_MAX

    def take(self, finding: Finding, identity: str, at: datetime) -> None:
        """Look at a finding of that ``triggers.identity``, which arrived at ``at``."""
        self._scanned[at.date()] += 1
        context = of_finding(finding)
        if not self._index.matches(finding.event, context):
            return
        self._matched[at.date()] += 1
        self._keep(_example(finding, at))
        self._count(finding, identity, at, context)

    def outcome(self) -> Outcome:
        """Return what came out so far."""
        codes = self._refused()
        days = sorted(self._scanned)
        return Outcome(
            scanned=self._scanned.total(),
            malformed=self.malformed,
            matched=self._matched.total(),
            repeated=codes["already_started"],
            deduplicated=codes["deduplicated"],
            throttled=codes["throttled"],
            unkeyed=self._unkeyed,
            started=len(self._matches) - codes.total(),
            per_day=[Day(day, self._scanned[day], self._matched[day]) for day in days],
            examples=[example for _, _, example in sorted(self._examples, reverse=True)],
        )

    def _keep(self, example: Example) -> None:
        if len(self._examples) < self._examples_max:
            # The number tells apart what arrived in the same moment.
            heappush(self._examples, (example.at, self._matched.total(), example))
        elif self._examples_max:
            heappushpop(self._examples, (example.at, self._matched.total(), example))

    def _count(self, finding: Finding, identity: str, at: datetime, context: Context) -> None:
        start = _start(execution_id(_DRAFT[0], identity), finding.event, at)
        asked = admission(start, self._trigger, context, at)
        if isinstance(asked, Rejection):
            self._unkeyed += 1
        else:
            self._matches.append(_Match(at, start.execution_id, asked.dedupe, asked.throttle))

    def _refused(self) -> Counter[str]:
        """Return how many matches start nothing, by the code of the rule."""
        tickets = Tickets()
        codes: Counter[str] = Counter()
        for match in sorted(self._matches, key=lambda each: each.at):
            start = _start(match.execution_id, self._trigger.event, match.at)
            asked = AdmitExecution(
                id=start.id,
                playbook_id=start.playbook_id,
                at=match.at,
                start=start,
                dedupe=match.dedupe,
                throttle=match.throttle,
            )
            decision = admissions.decide(tickets, asked, self._trigger, match.at)
            if isinstance(decision, Rejection):
                codes[decision.code] += 1
                continue
            for event in decision:
                admissions.evolve(tickets, event)
        return codes


def _start(named: str, event: str, at: datetime) -> StartExecution:
    return StartExecution(
        id=named,
        execution_id=named,
        at=at,
        playbook_id=_DRAFT[0],
        playbook_revision=_DRAFT[1],
        trigger=event,
    )


def _example(finding: Finding, at: datetime) -> Example:
    asset = finding.data.get("asset")
    asset = asset if isinstance(asset, dict) else {}
    return Example(
        event_id=cut_text(finding.id or "", TEXT_MAX),
        event=finding.event,
        at=at,
        finding_id=_text(finding.data.get("finding_id")),
        title=_text(finding.data.get("title")),
        severity=_text(finding.data.get("severity")),
        asset_id=_text(asset.get("id", finding.data.get("asset_id"))),
        asset_name=_text(asset.get("name", finding.data.get("asset_name"))),
    )


def _text(value: Any) -> str | None:
    if isinstance(value, dict | list) or value is None:
        return None
    return cut_text(value if isinstance(value, str) else str(value), TEXT_MAX)
