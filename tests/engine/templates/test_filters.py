"""Every filter that templates have, each by an example."""

from typing import Any

import pytest

from engine.templates.filters import FILTERS, TESTS
from tests.engine.templates.rendered import given, refused

EXAMPLES: dict[str, tuple[str, Any]] = {
    "abs": ("{{ -3 | abs }}", 3),
    "capitalize": ("{{ 'aB' | capitalize }}", "Ab"),
    "count": ("{{ [1, 2] | count }}", 2),
    "d": ("{{ finding.x | d('y') }}", "y"),
    "default": ("{{ finding.owner | default(default_value='y', boolean=true) }}", "y"),
    "dictsort": ("{{ {'b': 1, 'A': 2} | dictsort }}", [["A", 2], ["b", 1]]),
    "e": ("{{ '<a>' | e ~ '<b>' }}", "&lt;a&gt;<b>"),
    "escape": ("{{ '<a>&\"\\'' | escape }}", "&lt;a&gt;&amp;&#34;&#39;"),
    "first": ("{{ finding.asset.tags | first }}", "web"),
    "float": ("{{ '1.5' | float }}", 1.5),
    "int": ("{{ '42' | int }}", 42),
    "items": ("{{ {'a': 1} | items }}", [["a", 1]]),
    "join": ("{{ finding.asset.tags | join(', ') }}", "web, production"),
    "last": ("{{ finding.asset.tags | last }}", "production"),
    "length": ("{{ finding.asset.tags | length }}", 2),
    "list": ("{{ 'ab' | list }}", ["a", "b"]),
    "lower": ("{{ finding.severity | lower }}", "high"),
    "map": ("{{ finding.ports | map(attribute='number') | list }}", [443, 80]),
    "max": ("{{ [1, 3, 2] | max }}", 3),
    "min": ("{{ finding.ports | map(attribute='number') | min }}", 80),
    "reject": ("{{ [1, 2] | reject('even') }}", [1]),
    "rejectattr": ("{{ finding.ports | rejectattr('tls') | map(attribute='number') }}", [80]),
    "replace": ("{{ 'a.b' | replace('.', '-') }}", "a-b"),
    "reverse": ("{{ [1, 2] | reverse }}", [2, 1]),
    "round": ("{{ 2.675 | round(2) }}", 2.68),
    "select": ("{{ finding.asset.tags | select('eq', 'WEB') }}", ["web"]),
    "selectattr": (
        "{{ finding.ports | selectattr('number', 'gt', 100) | map(attribute='tls') | first }}",
        True,
    ),
    "sort": ("{{ ['b', 'A', 'c'] | sort }}", ["A", "b", "c"]),
    "string": ("{{ {'a': 1} | string }}", '{"a":1}'),
    "sum": ("{{ finding.ports | sum(attribute='number') }}", 523),
    "title": ("{{ 'sql injection' | title }}", "Sql Injection"),
    "tojson": ("{{ finding.asset.tags | tojson }}", '["web","production"]'),
    "trim": ("{{ ' a ' | trim }}", "a"),
    "truncate": ("{{ finding.title | truncate(6, true, '…', 0) }}", "SQL i…"),
    "unique": ("{{ ['a', 'A', 'b'] | unique }}", ["a", "b"]),
    "upper": ("{{ finding.severity | upper }}", "HIGH"),
    "urlencode": ("{{ 'a b/c?' | urlencode }}", "a%20b/c%3F"),
    "wordcount": ("{{ 'two words' | wordcount }}", 2),
}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_gives_what_its_example_says(name: str) -> None:
    source, value = EXAMPLES[name]
    found = given(source)
    assert (found, type(found)) == (value, type(value))


MORE: list[tuple[str, Any]] = [
    ("{{ 'x' | int }}", 0),
    ("{{ 'x' | int(7) }}", 7),
    ("{{ 'nan' | float(1.0) }}", 1.0),
    ("{{ [] | sum }}", 0),
    (["{{ 2.5 | round(0, 'floor') }}", " 2.1 | round(method) }}"][0], 2.0),
    ("{{ 2.1 | round(0, 'ceil') }}", 3.0),
    ("{{ [1, [2]] | join('-') }}", "1-[2]"),
    ("{{ finding.ports | join(',', attribute='number') }}", "443,80"),
    ("{{ finding.empty | first | default('none') }}", "none"),
    ("{{ {'a b': 1, 'c': ['d']} | urlencode }}", "a+b=1&c=%5B%22d%22%5D"),
    ("{{ finding.asset.tags | map('upper') | join(' ') }}", "WEB PRODUCTION"),
    ("{{ finding.ports | sort(attribute='number') | map(attribute='number') }}", [80, 443]),
    ("{{ finding.ports | map(attribute='name', default='?') | join }}", "??"),
    ("{{ {'a': 1} | tojson(indent=2) }}", '{\n  "a": 1\n}'),
    ("{{ none | upper }}", "NULL"),
    ("{{ [1] | upper }}", "[1]"),
    ("{{ finding.title | truncate(100) }}", "SQL injection"),
]


@pytest.mark.parametrize(("source", "value"), MORE, ids=[case[0] for case in MORE])
def test_more_of_filters(source: str, value: Any) -> None:
    assert given(source) == value


WRONG: list[tuple[str, str]] = [
    ("{{ 'a' | round }}", "round takes a number"),
    ("{{ 1.5 | round(99) }}", "a precision from 0 to 15"),
    ("{{ 1.5 | round(1, 'up') }}", "common, ceil or floor"),
    ("{{ ['a'] | sum }}", "sum takes a list of numbers"),
    ("{{ [{}] | sum(attribute='n') }}", "an element of the list has no n"),
    ("{{ 5 | length }}", "TypeError"),
    ("{{ [1, 'a'] | sort }}", "TypeError"),
    ("{{ 'a' | map }}", "map requires a filter argument"),
    ("{{ [1] | map('center') }}", "center"),
    ("{{ [1] | select('callable') }}", "callable"),
    ("{{ 'a' | upper(1) }}", "TypeError"),
]


@pytest.mark.parametrize(("source", "message"), WRONG, ids=[case[0] for case in WRONG])
def test_a_filter_that_is_used_wrongly_fails_with_its_reason(source: str, message: str) -> None:
    error = refused(source)
    assert error.code == "template_failed"
    assert message in error.message


TRUE = [
    "1 is defined", "finding.x is undefined", "none is none", "true is true", "false is false",
    "true is boolean", "1 is integer", "1.5 is float", "1.5 is number", "'a' is string",
    "{} is mapping", "[] is sequence", "2 is even", "1 is odd", "4 is divisibleby(2)",
    "1 is eq(1)", "1 is equalto(1)", "1 is ne(2)", "1 is lt(2)", "1 is lessthan(2)", "1 is le(1)",
    "2 is gt(1)", "2 is greaterthan(1)", "1 is ge(1)", "1 is in([1])",
]  # fmt: skip


@pytest.mark.parametrize("source", TRUE)
def test_a_test_holds(source: str) -> None:
    assert given(f"{{{{ {source} }}}}") is True


def test_every_test_that_has_a_name_is_tried_here() -> None:
    tried = {source.split(" is ")[1].split("(")[0] for source in TRUE}
    assert {name for name in TESTS if name.isidentifier()} == tried


FALSE = ["true is integer", "true is number", "'1' is number", "none is false", "3 is even",
         "'a' is sequence", "[] is mapping", "1 is in([2])"]  # fmt: skip


@pytest.mark.parametrize("source", FALSE)
def test_a_test_does_not_hold(source: str) -> None:
    assert given(f"{{{{ {source} }}}}") is False
