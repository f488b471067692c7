"""Conditions as a whole: groups, paths, the reason of a refusal, and every mistake."""

from typing import Any

import pytest

from engine.conditions import ConditionsError, compiled, problems
from engine.contexts import Context, of_finding

DATA: dict[str, Any] = {
    "finding_id": "f-1",
    "title": "SQL injection",
    "severity": "high",
    "cvss": 8.1,
    "asset": {"id": "a-1", "name": "app", "type": "domain", "tags": ["web", "production"]},
    "scan_id": "s-1",
    "ports": [{"number": 80, "banners": ["nginx"]}, {"number": 443}],
}


def event(**data: Any) -> Context:
    return of_finding({"id": "e-1", "event": "finding.new", "source": "scanner", "data": data})


MATCHING: list[dict[str, Any]] = [
    {},
    {"severity": "high", "cvss": {"$gt": 8}},
    {"$or": [{"severity": "low"}, {"asset_tags": "production"}]},
    {"$and": [{"severity": "high"}, {"cvss": 8.1}]},
    {"$not": {"severity": "low"}},
    {"$or": [{"$and": [{"severity": "high"}, {"$not": {"title": "x"}}]}]},
    {"severity": {"$not": {"$in": ["low", "info"]}}},
    {"finding.severity": "high"},
    {"event.data.severity": "high"},
    {"event.source": "scanner"},
    {"event.event": "finding.new"},
    {"finding.id": "f-1"},
    {"finding_id": "f-1"},
    {"asset.id": "a-1", "asset_id": "a-1", "finding.asset.id": "a-1"},
    {"asset_name": "app", "asset.name": "app"},
    {"asset_type": "domain"},
    {"asset_tags": "web", "asset.tags": {"$in": ["web"]}},
    {"scan.id": "s-1"},
    {"ports.number": 443},
    {"ports.0.number": 80},
    {"ports.number": {"$in": [22, 80]}},
    {"ports.banners": "nginx"},
    {"ports.number": {"$gt": 400}},
    {"asset": {"$exists": True}},
]


@pytest.mark.parametrize("conditions", MATCHING, ids=str)
def test_the_event_matches(conditions: dict[str, Any]) -> None:
    assert compiled(conditions).first_failing(event(**DATA)) is None


FAILING: list[tuple[dict[str, Any], str, str]] = [
    ({"severity": "low"}, "/severity", 'severity is "high", expected $eq "low"'),
    ({"severity": "high", "cvss": {"$gt": 9}}, "/cvss/$gt", "cvss is 8.1, expected $gt 9"),
    ({"finding.owner": "me"}, "/finding.owner", 'finding.owner is missing, expected $eq "me"'),
    ({"ports.1.banners": "x"}, "/ports.1.banners", "ports.1.banners is missing"),
    ({"ports.2.number": 1}, "/ports.2.number", "ports.2.number is missing"),
    ({"title.x": 1}, "/title.x", "title.x is missing"),
    (
        {"$or": [{"severity": "low"}, {"cvss": 1}]},
        "/$or",
        'none of 2 alternatives holds: severity is "high", expected $eq "low"; '
        "cvss is 8.1, expected $eq 1",
    ),
    ({"$and": [{"severity": "low"}]}, "/$and/0/severity", 'severity is "high"'),
    (
        {"$not": {"severity": "high"}},
        "/$not",
        'the event is what it must not be: {"severity":"high"}',
    ),
    (
        {"severity": {"$not": "high"}},
        "/severity/$not",
        'severity is what it must not be: "high"',
    ),
    ({"severity": {"$or": ["low", "info"]}}, "/severity/$or", "none of 2 alternatives holds"),
    ({"a/b": 1}, "/a~1b", "a/b is missing"),
]


@pytest.mark.parametrize(
    ("conditions", "pointer", "reason"), FAILING, ids=[str(case[0]) for case in FAILING]
)
def test_the_first_that_fails_says_why(
    conditions: dict[str, Any], pointer: str, reason: str
) -> None:
    failing = compiled(conditions).first_failing(event(**DATA))
    assert failing is not None
    assert failing.pointer == pointer
    assert failing.reason(event(**DATA)).startswith(reason)


def test_a_long_value_is_shown_cut() -> None:
    failing = compiled({"title": "x" * 1_000}).first_failing(event(title="y" * 1_000))
    assert failing is not None
    assert len(failing.reason(event(title="y" * 1_000))) < 500


@pytest.mark.parametrize(("length", "shown"), [(198, 200), (199, 200), (1_000, 200)])
def test_what_is_shown_has_two_hundred_characters_at_most(length: int, shown: int) -> None:
    failing = compiled({"title": {"$exists": False}}).first_failing(event(title="y" * length))
    assert failing is not None
    text = failing.reason(event(title="y" * length)).removeprefix("title is ").split(", ")[0]
    assert len(text) == shown
    assert text.endswith('"' if length == 198 else "y…")


def test_a_number_that_no_json_writer_takes_is_shown_by_its_type() -> None:
    failing = compiled({"n": 1}).first_failing(event(n=10**30))
    assert failing is not None
    assert failing.reason(event(n=10**30)).startswith("n is 'int', expected")


def test_a_bare_name_is_a_field_of_the_data_before_it_is_an_alias() -> None:
    assert compiled({"asset_id": "mine"}).holds(event(asset_id="mine", asset={"id": "other"}))


def test_an_asset_is_known_by_the_id_beside_it() -> None:
    assert compiled({"asset.id": "a-1"}).holds(event(asset_id="a-1"))
    assert compiled({"asset.id": "a-1"}).holds(event(asset_id="a-1", asset={"name": "app"}))
    assert compiled({"asset.id": "a-1"}).holds(event(asset_id="a-2", asset={"id": "a-1"}))


def test_a_key_with_a_dot_in_it_is_no_path() -> None:
    assert not compiled({"a.b": 1}).holds(event(**{"a.b": 1}))


WRONG: list[tuple[Any, str, str]] = [
    (5, "", "conditions are an object"),
    ({"a": {"$near": 1}}, "/a/$near", "unknown operator $near; did you mean $ne"),
    ({"a": {"$GTE": 1}}, "/a/$GTE", "did you mean $gte"),
    ({"a": {"$similar": 1}}, "/a/$similar", "known are $eq, $ne"),
    ({"a": {"gte": 1}}, "/a/gte", "operators start with $; did you mean $gte"),
    ({"a": {"not": 1}}, "/a/not", "did you mean $not"),
    ({"a": {}}, "/a", "no operator is given"),
    ({"a": {"$gt": 1, "b": 2}}, "/a/b", "a field that says operators says nothing else"),
    ({"$gte": 1}, "/$gte", "$gte belongs under a field"),
    ({"$no": {}}, "/$no", "unknown operator $no; did you mean $not"),
    ({"a..b": 1}, "/a..b", "names joined by single dots"),
    ({"": 1}, "/", "a field is a name"),
    ({"steps.a.status": 1}, "/steps.a.status", "steps is not known before an execution starts"),
    ({"secrets.A": 1}, "/secrets.A", "secrets is not known"),
    ({"a": {"$in": "x"}}, "/a/$in", "$in takes a list of at least one value"),
    ({"a": {"$nin": []}}, "/a/$nin", "$nin takes a list of at least one value"),
    ({"a": {"$gt": "x"}}, "/a/$gt", "$gt takes a number or an RFC 3339 time"),
    ({"a": {"$lt": True}}, "/a/$lt", "$lt takes a number"),
    ({"a": {"$lte": None}}, "/a/$lte", "$lte takes a number"),
    ({"severity": {"$gte": "urgent"}}, "/severity/$gte", "takes one of info, low, medium"),
    ({"a": {"$exists": 1}}, "/a/$exists", "$exists takes true or false"),
    ({"a": {"$contains": ""}}, "/a/$contains", "takes one value that is not empty"),
    ({"a": {"$contains": ["x"]}}, "/a/$contains", "for several, write $in or $and"),
    ({"a": {"$startswith": 1}}, "/a/$startswith", "takes a text that is not empty"),
    ({"a": {"$endswith": ""}}, "/a/$endswith", "takes a text that is not empty"),
    ({"a": {"$regex": "("}}, "/a/$regex", "missing )"),
    ({"a": {"$regex": "(?=a)"}}, "/a/$regex", "without look-around"),
    ({"a": {"$regex": "\\1"}}, "/a/$regex", "back references"),
    ({"a": {"$regex": 1}}, "/a/$regex", "1 to 1000 characters"),
    ({"a": {"$regex": "a" * 1_001}}, "/a/$regex", "1 to 1000 characters"),
    ({"a": {"$regex": "((ab){9}){99}"}}, "/a/$regex", "a smaller regular expression"),
    ({"a": {"$cidr": "10.0.0.1/8"}}, "/a/$cidr", "did you mean 10.0.0.0/8"),
    ({"a": {"$cidr": "everywhere"}}, "/a/$cidr", "a network such as 10.0.0.0/8"),
    ({"a": {"$cidr": []}}, "/a/$cidr", "or a list of them"),
    ({"$or": []}, "/$or", "$or takes a list of at least one condition"),
    ({"$and": {"a": 1}}, "/$and", "$and takes a list"),
    ({"a": {"$or": "x"}}, "/a/$or", "$or takes a list"),
    ({"$not": 5}, "/$not", "conditions are an object"),
    ({"$or": [{"a": 1}, 5]}, "/$or/1", "conditions are an object"),
    ({"a": {"$and": [{"$gt": 1}, {"$no": 1}]}}, "/a/$and/1/$no", "unknown operator"),
    ({"a/b~": {"$x": 1}}, "/a~1b~0/$x", "unknown operator"),
    ({"a": {"$eq": [[[[[[[[[1]]]]]]]]]}}, "/a/$eq", "nests at most 8 deep"),
]


@pytest.mark.parametrize(
    ("conditions", "pointer", "message"), WRONG, ids=[str(c[0]) for c in WRONG]
)
def test_a_mistake_is_told_where_it_stands(conditions: Any, pointer: str, message: str) -> None:
    (problem,) = problems(conditions, "/trigger/conditions")
    assert problem.pointer == f"/trigger/conditions{pointer}"
    assert message in problem.message


@pytest.mark.parametrize("field", [[], ["a"]], ids=["top", "below a field"])
def test_groups_nest_at_most_8_deep(field: list[str]) -> None:
    def nested(depth: int) -> dict[str, Any]:
        conditions: Any = {"$eq": 1} if field else {"a": 1}
        for _ in range(depth):
            conditions = {"$not": conditions}
        return {"a": conditions} if field else conditions  # type: ignore[no-any-return]

    assert problems(nested(7), "") == []
    (problem,) = problems(nested(8), "")
    assert problem.message == "conditions nest at most 8 deep"


def test_all_mistakes_are_told_at_once() -> None:
    found = problems({"a": {"$in": 1, "$x": 2}, "$or": [{"b": {"$gt": "x"}}, {"": 1}]}, "")
    assert [p.pointer for p in found] == ["/a/$in", "/a/$x", "/$or/0/b/$gt", "/$or/1/"]


def test_what_means_nothing_is_not_compiled() -> None:
    with pytest.raises(ConditionsError, match=r"/a/\$in: \$in takes a list"):
        compiled({"a": {"$in": 1}})
