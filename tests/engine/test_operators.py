"""What each operator of a condition means, case by case."""

from typing import Any

import pytest

from engine.conditions import compiled
from engine.contexts import of_finding

SEVERE = {"$gte": "high"}
MORNING, NOON = "2026-03-01T08:00:00Z", "2026-03-01T12:00:00+00:00"


def holds(conditions: dict[str, Any], **data: Any) -> bool:
    event = {"id": "e-1", "event": "finding.new", "data": data}
    return compiled(conditions).holds(of_finding(event))


HOLDS: list[tuple[str, Any, Any]] = [
    ("a literal equals", "web", "web"),
    ("texts ignore case", "WEB", "wEb"),
    ("case is folded as Unicode says", "STRASSE", "straße"),
    ("an integer equals its float", 9, 9.0),
    ("null equals null", None, None),
    ("a literal is a member of a list", "web", ["db", "Web"]),
    ("a number is a member of a list", 7, [1, 7]),
    ("a list equals a list as a whole", ["a", "b"], ["A", "B"]),
    ("a list is an element of a list", {"$eq": ["a"]}, [["a"], "b"]),
    ("an object equals whatever its order", {"$eq": {"a": 1, "b": 2}}, {"b": 2, "a": 1}),
    ("$eq says it aloud", {"$eq": "web"}, "web"),
    ("$ne of another value", {"$ne": "web"}, "db"),
    ("$ne of a list without it", {"$ne": "web"}, ["db"]),
    ("$in has it", {"$in": ["a", "B"]}, "b"),
    ("$in shares an element with a list", {"$in": ["a", "b"]}, ["x", "A"]),
    ("$in of mixed types", {"$in": [1, None, "a"]}, None),
    ("$nin has it not", {"$nin": ["a", "b"]}, "c"),
    ("$gt of a number", {"$gt": 9}, 9.1),
    ("$gte at the limit", {"$gte": 9}, 9),
    ("$lt of a number", {"$lt": 9}, -1),
    ("$lte at the limit", {"$lte": 9.0}, 9),
    ("an order looks at any element of a list", {"$gt": 9}, [1, 10, "x"]),
    ("times are ordered", {"$gt": MORNING}, NOON),
    ("times are compared as moments", {"$gte": NOON}, "2026-03-01T14:00:00+02:00"),
    ("two operators must both hold", {"$gte": 1, "$lt": 5}, 3),
    ("$exists", {"$exists": True}, None),
    ("$exists of what is false", {"$exists": True}, False),
    ("$contains in a text", {"$contains": "SQL"}, "a sql injection"),
    ("$contains in a list is membership", {"$contains": "web"}, ["Web"]),
    ("$contains of a number in a list", {"$contains": 443}, [80, 443]),
    ("$startswith", {"$startswith": "app."}, "APP.example.com"),
    ("$startswith of any element", {"$startswith": "a"}, ["b", "ab"]),
    ("$endswith", {"$endswith": ".COM"}, "app.example.com"),
    ("$regex searches anywhere", {"$regex": "cve-\\d{4}"}, "see CVE-2026-1"),
    ("$regex of any element", {"$regex": "^b$"}, ["a", 1, "B"]),
    ("$regex with an anchor", {"$regex": "^x.*y$"}, "x and Y"),
    ("$cidr of an address", {"$cidr": "10.0.0.0/8"}, "10.1.2.3"),
    ("$cidr of a network", {"$cidr": "10.0.0.0/8"}, "10.1.0.0/16"),
    ("$cidr of several", {"$cidr": ["192.168.0.0/16", "10.0.0.0/8"]}, "10.1.2.3"),
    ("$cidr of any element", {"$cidr": "10.0.0.0/8"}, ["x", "10.1.2.3"]),
    ("$cidr of IPv6", {"$cidr": "2001:db8::/32"}, "2001:DB8::1"),
    ("$cidr of a mapped address", {"$cidr": "10.0.0.0/8"}, "::ffff:10.1.2.3"),
    ("$cidr that is mapped", {"$cidr": "::ffff:10.0.0.0/104"}, "10.1.2.3"),
    ("$cidr of one address", {"$cidr": "10.1.2.3"}, "10.1.2.3"),
    ("$cidr of a link-local address with its zone", {"$cidr": "fe80::/10"}, "fe80::1%eth0"),
    ("$and below a field", {"$and": [{"$gt": 1}, {"$lt": 5}]}, 3),
    ("$or below a field", {"$or": ["a", {"$startswith": "b"}]}, "bc"),
    ("$not below a field", {"$not": {"$contains": "test"}}, "production"),
    ("$not of a literal", {"$not": "a"}, "b"),
]


@pytest.mark.parametrize(("condition", "value"), [c[1:] for c in HOLDS], ids=[c[0] for c in HOLDS])
def test_it_holds(condition: Any, value: Any) -> None:
    assert holds({"field": condition}, field=value)


FAILS: list[tuple[str, Any, Any]] = [
    ("another text", "web", "webs"),
    ("a text is no number", 1, "1"),
    ("true is not 1", 1, True),
    ("false is not 0", False, 0),
    ("null is not false", None, False),
    ("null is not the empty text", None, ""),
    ("no element of the list", "web", ["webs", ["web"]]),
    ("a list in another order", {"$eq": ["a", "b"]}, ["b", "a"]),
    ("a list is no element", {"$eq": ["a"]}, "a"),
    ("an object with more in it", {"$eq": {"a": 1}}, {"a": 1, "b": 2}),
    ("$ne of the value", {"$ne": "web"}, "WEB"),
    ("$ne of a list with it", {"$ne": "web"}, ["db", "web"]),
    ("$in has it not", {"$in": ["a", "b"]}, "c"),
    ("$nin has it", {"$nin": ["a", "b"]}, "A"),
    ("$nin of a list with one of them", {"$nin": ["a"]}, ["x", "a"]),
    ("$gt at the limit", {"$gt": 9}, 9),
    ("$lt at the limit", {"$lt": 9}, 9),
    ("a number as text has no order", {"$gt": 9}, "10"),
    ("true has no order", {"$gt": 0}, True),
    ("null has no order", {"$lt": 9}, None),
    ("an object has no order", {"$gt": 0}, {"a": 1}),
    ("a time is no number", {"$gt": 9}, NOON),
    ("a text that is no time", {"$gt": MORNING}, "yesterday"),
    ("a time that does not exist", {"$gt": MORNING}, "2026-13-41T99:00:00Z"),
    ("a time without an offset", {"$gt": MORNING}, "2026-03-01T12:00:00"),
    ("$exists: false of what is there", {"$exists": False}, None),
    ("$contains of a number in a text", {"$contains": 1}, "1"),
    ("$contains in a number", {"$contains": "1"}, 1),
    ("$contains in a list is not of parts", {"$contains": "web"}, ["webs"]),
    ("$startswith elsewhere", {"$startswith": "app"}, "my app"),
    ("$startswith of a number", {"$startswith": "1"}, 10),
    ("$endswith elsewhere", {"$endswith": "com"}, "com.example"),
    ("$regex nowhere", {"$regex": "^cve"}, "a cve"),
    ("$regex of a number", {"$regex": "1"}, 1),
    ("$cidr outside", {"$cidr": "10.0.0.0/8"}, "11.0.0.1"),
    ("$cidr of a network that is larger", {"$cidr": "10.0.0.0/8"}, "10.0.0.0/7"),
    ("$cidr of the other family", {"$cidr": "::/0"}, "10.0.0.1"),
    ("$cidr of no address", {"$cidr": "10.0.0.0/8"}, "10.0.0"),
    ("$cidr of a number", {"$cidr": "0.0.0.0/0"}, 167772161),
    ("$and of which one fails", {"$and": [{"$gt": 1}, {"$lt": 2}]}, 3),
    ("$or of none", {"$or": ["a", "b"]}, "c"),
    ("$not of what holds", {"$not": {"$contains": "test"}}, "a test"),
]


@pytest.mark.parametrize(("condition", "value"), [c[1:] for c in FAILS], ids=[c[0] for c in FAILS])
def test_it_does_not_hold(condition: Any, value: Any) -> None:
    assert not holds({"field": condition}, field=value)


WITHOUT: list[tuple[Any, bool]] = [
    ("a", False),
    (None, False),
    ({"$eq": 1}, False),
    ({"$in": [1, None]}, False),
    ({"$gt": 1}, False),
    ({"$gte": 1}, False),
    ({"$lt": 1}, False),
    ({"$lte": 1}, False),
    ({"$contains": "a"}, False),
    ({"$startswith": "a"}, False),
    ({"$endswith": "a"}, False),
    ({"$regex": ".*"}, False),
    ({"$cidr": "0.0.0.0/0"}, False),
    ({"$exists": True}, False),
    ({"$exists": False}, True),
    ({"$ne": 1}, True),
    ({"$nin": [1]}, True),
    ({"$not": "a"}, True),
]


@pytest.mark.parametrize(("condition", "expected"), WITHOUT, ids=str)
def test_a_missing_field_makes_every_comparison_false(condition: Any, expected: bool) -> None:
    assert holds({"field": condition}, other=1) is expected


SEVERITIES: list[tuple[str, str, bool]] = [
    ("$gte", "high", True),
    ("$gte", "CRITICAL", True),
    ("$gte", "medium", False),
    ("$gt", "high", False),
    ("$lt", "medium", True),
    ("$lt", "high", False),
    ("$lte", "High", True),
    ("$lte", "critical", False),
    ("$gte", "urgent", False),
    ("$lte", "urgent", False),
]


@pytest.mark.parametrize(("operator", "severity", "expected"), SEVERITIES, ids=str)
def test_severities_are_ordered(operator: str, severity: str, expected: bool) -> None:
    assert holds({"severity": {operator: "high"}}, severity=severity) is expected


def test_any_field_that_ends_in_severity_is_ordered_so() -> None:
    assert holds({"finding.vendor.max_severity": SEVERE}, vendor={"max_severity": "critical"})


def test_a_severity_may_be_a_number() -> None:
    assert holds({"severity": {"$gte": 7}}, severity=9)


def test_a_pattern_that_backtracks_elsewhere_ends() -> None:
    assert not holds({"field": {"$regex": "^(a|aa|a?)+$"}}, field="a" * 60_000 + "!")


def test_a_regex_looks_at_the_first_64_kib_only() -> None:
    assert not holds({"field": {"$regex": "needle"}}, field="ж" * 40_000 + "needle")


def test_what_nests_too_deep_equals_nothing() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert not holds({"field": [1]}, field=deep)
    assert holds({"field": {"$ne": [1]}}, field=deep)
