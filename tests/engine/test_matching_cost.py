"""What an event costs does not grow with the playbooks that it cannot match.

By counts, which are the same on every machine; ``python -m tests.benchmarks matching`` takes
the times.
"""

import pytest

from engine.clauses import Clause
from engine.contexts import Context
from engine.triggers import TriggerIndex
from schemas.playbooks import Trigger
from tests.triggers import MATCHING, finding, triggers


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[Clause]:
    """Every clause that was decided, in order."""
    asked: list[Clause] = []
    holds = Clause.holds

    def spied(self: Clause, context: Context) -> bool:
        asked.append(self)
        return holds(self, context)

    monkeypatch.setattr(Clause, "holds", spied)
    return asked


def test_ten_thousand_playbooks_cost_no_more_clauses_than_fifty(decided: list[Clause]) -> None:
    costs = {}
    for count in (50, 10_000):
        index = TriggerIndex(triggers(count))
        index.matches("finding.new", finding())
        decided.clear()
        matched = index.matches("finding.new", finding())
        assert [key for key, _ in matched] == [f"pb-{n}" for n in range(MATCHING)]
        costs[count] = len(decided)
    assert costs[50] >= MATCHING
    assert costs[10_000] <= 1.5 * costs[50], costs


@pytest.mark.parametrize(
    "conditions",
    [{"cvss": {"$gt": 9.9}}, {"cvss": {"$gte": 9.9}}, {"cvss": {"$lt": 9}}, {"cvss": {"$lte": 9}}],
    ids=str,
)
def test_triggers_that_ask_for_more_or_less_than_there_is_are_not_decided(
    conditions: dict[str, object], decided: list[Clause]
) -> None:
    each = Trigger(event="finding.new", conditions=conditions)
    index = TriggerIndex((((f"pb-{n}", "r"), each)) for n in range(100))
    assert index.matches("finding.new", finding()) == []
    assert decided == []
