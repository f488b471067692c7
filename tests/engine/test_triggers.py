"""The trigger index finds what asking every trigger would find, and asks far fewer."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clauses import All
from engine.conditions import compiled
from engine.contexts import Context, of_finding
from engine.triggers import TriggerIndex, TriggerKey
from schemas.playbooks import Trigger

KINDS = ("finding.new", "scan.completed")
WORDS = ("a", "A", "b", "ab", "high", "critical", "Straße")
FIELDS = (
    "severity", "finding.severity", "event.data.severity", "tags", "asset.tags", "asset_tags",
    "asset_id", "asset.id", "finding_id", "finding.id", "ports.number", "ports.0.number",
    "event.id", "asset", "finding",
)  # fmt: skip

values = st.one_of(
    st.sampled_from(WORDS), st.integers(0, 3), st.booleans(), st.none(), st.just(1.0)
)
operators = st.one_of(
    values,
    st.builds(lambda v: {"$eq": v}, values | st.lists(values, max_size=2)),
    st.builds(lambda v: {"$in": v}, st.lists(values, min_size=1, max_size=3)),
    st.builds(lambda v: {"$ne": v}, values),
    st.builds(lambda v: {"$contains": v}, values),
    st.builds(lambda v: {"$startswith": v}, st.sampled_from(WORDS)),
    st.builds(lambda v: {"$endswith": v}, st.sampled_from(WORDS)),
    st.builds(lambda v: {"$exists": v}, st.booleans()),
    st.builds(lambda v: {"$not": {"$eq": v}}, values),
    st.builds(lambda v: {"$or": v}, st.lists(values, min_size=1, max_size=2)),
    st.builds(
        lambda o, v: {o: v}, st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), st.integers(0, 3)
    ),
)
fields = st.dictionaries(st.sampled_from(FIELDS), operators, max_size=2) | st.builds(
    lambda o, v: {"severity": {o: v}},
    st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
    st.sampled_from(["info", "high", "critical"]),
)
conditions = st.recursive(
    fields,
    lambda inner: st.builds(
        lambda name, parts: {name: parts[0] if name == "$not" else parts},
        st.sampled_from(["$or", "$and", "$not"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
triggers = st.builds(
    lambda kind, given: Trigger.model_validate({"event": kind, "conditions": given}),
    st.sampled_from(KINDS),
    conditions,
)
assets = st.fixed_dictionaries({}, optional={"id": values, "tags": values | st.lists(values)})
data = st.fixed_dictionaries(
    {},
    optional={
        "severity": values | st.lists(values),
        "tags": st.lists(values),
        "asset": assets | values,
        "asset_id": values,
        "asset_tags": st.lists(values),
        "finding_id": values,
        "ports": st.lists(st.fixed_dictionaries({}, optional={"number": values}), max_size=2),
    },
)


def context(given: dict[str, Any]) -> Context:
    return of_finding({"id": "a", "event": "finding.new", "data": given})


def keyed(given: list[Trigger]) -> list[tuple[TriggerKey, Trigger]]:
    return [((f"pb-{number}", "r1"), trigger) for number, trigger in enumerate(given)]


def naive(given: list[tuple[TriggerKey, Trigger]], kind: str, event: Context) -> list[TriggerKey]:
    return [
        key
        for key, trigger in given
        if trigger.event == kind and compiled(trigger.conditions).holds(event)
    ]


@given(st.lists(triggers, max_size=12), st.lists(data, min_size=1, max_size=4))
def test_the_index_finds_what_asking_every_trigger_finds(
    given: list[Trigger], events: list[dict[str, Any]]
) -> None:
    index = TriggerIndex(keyed(given))
    for each in events:
        for kind in KINDS:
            assert index.matches(kind, context(each)) == naive(keyed(given), kind, context(each))


@given(
    st.lists(st.tuples(st.integers(0, 4), triggers | st.none()), max_size=8),
    st.lists(data, min_size=1, max_size=3),
)
def test_an_index_that_was_changed_is_as_one_built_anew(
    changes: list[tuple[int, Trigger | None]], events: list[dict[str, Any]]
) -> None:
    index, kept = TriggerIndex(), dict[TriggerKey, Trigger]()
    for number, trigger in changes:
        key = (f"pb-{number}", "r1")
        index.matches("finding.new", context(events[0]))
        kept.pop(key, None)
        if trigger is None:
            index = index.remove(key)
        else:
            index, kept[key] = index.add(key, trigger), trigger
    rebuilt = TriggerIndex(kept.items())
    assert len(index) == len(kept)
    for each in events:
        for kind in KINDS:
            assert index.matches(kind, context(each)) == rebuilt.matches(kind, context(each))


def test_an_index_is_not_changed_by_adding_or_removing() -> None:
    trigger = Trigger(event="finding.new")
    one = TriggerIndex([(("pb-1", "r1"), trigger)])
    one.add(("pb-2", "r1"), trigger)
    one.remove(("pb-1", "r1"))
    assert one.matches("finding.new", context({})) == [("pb-1", "r1")]


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[All]:
    """The conditions that were decided, in order; groups of others do not count."""
    asked: list[All] = []
    holds = All.holds

    def spied(self: All, context: Context) -> bool:
        if self.pointer == "":
            asked.append(self)
        return holds(self, context)

    monkeypatch.setattr(All, "holds", spied)
    return asked


def hundred(**says: Any) -> list[tuple[TriggerKey, Trigger]]:
    """A hundred triggers, each on an asset of its own."""
    return [
        ((f"pb-{n}", "r1"), Trigger(event="finding.new", conditions={"asset_id": f"a-{n}"} | says))
        for n in range(100)
    ]


PINNED_ELSEWHERE: list[tuple[str, dict[str, Any]]] = [
    ("another asset", {}),
    ("a severity that all share", {"severity": "critical"}),
    ("an order that pins nothing", {"cvss": {"$gt": 0}}),
    ("a severity or worse", {"severity": {"$gte": "low"}}),
    ("a group", {"$or": [{"severity": "critical"}, {"cvss": {"$gt": 1}}]}),
]


@pytest.mark.parametrize(
    "says", [c[1] for c in PINNED_ELSEWHERE], ids=[c[0] for c in PINNED_ELSEWHERE]
)
def test_an_event_is_not_decided_against_triggers_pinned_elsewhere(
    says: dict[str, Any], decided: list[All]
) -> None:
    event = context({"asset": {"id": "a-1000"}, "severity": "critical", "cvss": 9})
    assert TriggerIndex(hundred(**says)).matches("finding.new", event) == []
    assert decided == []


def test_an_event_is_decided_against_the_triggers_of_its_own_values_only(
    decided: list[All],
) -> None:
    event = context({"asset": {"id": "a-7"}, "severity": "critical"})
    found = TriggerIndex(hundred(severity="critical")).matches("finding.new", event)
    assert found == [("pb-7", "r1")]
    assert len(decided) == 1


def test_alternatives_are_filed_under_each_of_them(decided: list[All]) -> None:
    either = Trigger(
        event="finding.new", conditions={"$or": [{"asset_id": "a-1"}, {"owner": "alice"}]}
    )
    index = TriggerIndex([(("pb", "r1"), either)])
    assert index.matches("finding.new", context({"owner": "bob"})) == []
    assert decided == []
    assert index.matches("finding.new", context({"owner": "Alice"})) == [("pb", "r1")]


def test_a_trigger_on_another_kind_of_event_is_not_decided(decided: list[All]) -> None:
    index = TriggerIndex([(("pb", "r1"), Trigger(event="scan.failed"))])
    assert index.matches("finding.new", context({})) == []
    assert decided == []


@pytest.mark.parametrize("playbooks", [50, 10_000])
def test_how_fast_events_are_matched(playbooks: int) -> None:
    index = TriggerIndex(
        ((f"pb-{n}", "r1"), Trigger(event="finding.new", conditions=said))
        for n in range(playbooks)
        for said in [{"severity": "critical", "asset_id": f"a-{n}", "cvss": {"$gte": 7}}]
    )
    events = [
        context({"severity": "critical", "cvss": 9.8, "asset": {"id": f"a-{n % 100}", "tags": []}})
        for n in range(2_000)
    ]
    index.matches("finding.new", events[0])
    begun = time.perf_counter()
    found = sum(len(index.matches("finding.new", event)) for event in events)
    print(f"{playbooks} playbooks: {len(events) / (time.perf_counter() - begun):,.0f} findings/s")
    assert found == sum(n % 100 < playbooks for n in range(len(events)))
