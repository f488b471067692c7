"""Patterns that mean nothing, or need more than a condition has: told with their place."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.paths import MISSING
from engine.patterns.errors import PatternError
from engine.patterns.patterns import compiled, problems
from engine.patterns.tokens import LENGTH_MAX
from tests.engine.patterns.found import lookup

PLAYBOOKS = Path(__file__).parents[4] / "shared" / "data" / "cacao-playbooks"


@pytest.mark.parametrize(
    ("pattern", "said", "position"),
    [
        ("", "it is empty", 1),
        ("  ", "it is empty", 1),
        ("[a:b = 1] FOLLOWEDBY [a:b = 2]", "FOLLOWEDBY needs a series of observations", 11),
        ("[a:b = 1] WITHIN 5 SECONDS", "WITHIN needs a series", 11),
        ("([a:b = 1] REPEATS 5 TIMES)", "REPEATS needs a series", 12),
        ("[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", "a series", 11),
        ("[[a:b = 1]]", "brackets do not nest", 2),
        ("[a:b = 1", "] is missing", 9),
        ("(a:b = 1", ") is missing", 9),
        ("a:b = 1)", "unexpected )", 8),
        ("[a:b = 1)", "unexpected )", 9),
        ("a:b = 1 a:c = 2", "unexpected a", 9),
        ("a:b = 1 &", "'&' means nothing", 9),
        ("a:b =", "a value belongs here", 6),
        ("a:b = =", "a value belongs here, not =", 7),
        ("a:b = malicious", "a text is quoted; write 'malicious'", 7),
        ("a:b NOT", "unexpected the end", 8),
        ("a:b LIKES 'x'", "unexpected LIKES", 5),
        ("= 'x'", "a path belongs here, not =", 1),
        ("'x' = a:b", "a path belongs here", 1),
        ("a: = 1", "the name of a property belongs here", 4),
        ("a:b[-1] = 1", "a position in a list is a number from 0", 5),
        ("a:b[1.5] = 1", "a position in a list", 5),
        ("a:b[0 = 1", "] is missing", 7),
        ("__x__:name = 1", "write __x__:value", 12),
        ("a.b = 1", "unexpected .", 2),
        ("a:b IN 'x'", "( is missing", 8),
        ("a:b IN ()", "a value belongs here", 9),
        ("a:b IN ('x' 'y')", ") is missing", 13),
        ("a:b = 'x", "a text is not closed", 7),
        ("{{ finding.a }} = 1", "write __name__:value", 1),
        ("a:b = t'yesterday'", "a time is written t'2026-01-31T12:00:00Z'", 7),
        ("a:b = h'abc'", "h'…' holds hexadecimal digits", 7),
        ("a:b = b'?'", "b'…' holds base64", 7),
        ("a:b = 1e999", "larger than can be written", 7),
        ("a:b = 5x", "means nothing", 7),
        ("a:b < true", "< takes a number, a text or a time", 7),
        ("a:b > h'ff'", "> takes a number", 7),
        ("a:b MATCHES 5", "MATCHES takes a text in quotes", 13),
        ("a:b MATCHES '('", "is no RE2 regular expression", 13),
        (r"a:b MATCHES '(a)\\1'", "is no RE2 regular expression", 13),
        ("a:b MATCHES '((a{100}){10}){10}'", "what MATCHES takes", 13),
        ("a:b LIKE '" + "x" * 1_000 + "'", "is longer than 1000", 10),
        ("a:b ISSUBSET 'example.org'", "does not appear to be an IPv4", 14),
        ("a:b ISSUBSET '10.0.0.1/8'", "did you mean 10.0.0.0/8", 14),
        ("a:b ISSUPERSET '10.0.0.1/8'", "did you mean 10.0.0.0/8", 16),
        ("(" * 33 + "a:b = 1" + ")" * 33, "nests at most 32 deep", 33),
        ("NOT " * 40 + "a:b = 1", "nests at most 32 deep", 129),
        ("a:b = '" + "x" * LENGTH_MAX + "'", "at most 4096 characters", 4_097),
    ],
)
def test_what_is_no_condition_is_a_problem_with_its_place(
    pattern: str, said: str, position: int
) -> None:
    [problem] = problems(pattern, "/workflow/x/condition")
    assert problem.pointer == "/workflow/x/condition"
    assert said in problem.message
    assert problem.message.endswith(f"(at character {position})")


def test_a_pattern_has_no_problems() -> None:
    assert problems("[ipv4-addr:value = '1.2.3.4']", "/condition") == []


def test_the_conditions_of_playbooks_by_others_are_read() -> None:
    if not PLAYBOOKS.is_dir():
        pytest.skip("the playbooks by others are not here")
    conditions = [
        json.loads(f'"{found}"')
        for file in sorted(PLAYBOOKS.rglob("*.json"))
        for found in re.findall(r'"condition": *"((?:[^"\\]|\\.)*)"', file.read_text())
    ]
    assert conditions
    assert {each: problems(each, "") for each in conditions if problems(each, "")} == {}


WORDS = "a:b __x__:value $$y$$ x = != <= > IN LIKE MATCHES ISSUBSET NOT AND OR EXISTS WITHIN true"
parts = st.sampled_from(
    [*WORDS.split(), *"()[].:,*'\"-5\\", "'text'", "t'2026-01-31T12:00:00Z'", "h'ff'", "b'/w=='"]
)
sources = st.one_of(st.text(), st.lists(parts).map(" ".join), st.lists(parts).map("".join))


@given(sources)
def test_whatever_is_written_is_a_pattern_or_a_problem(source: str) -> None:
    try:
        answer = compiled(source).holds(lookup)
    except PatternError as error:
        assert 1 <= error.position <= len(source) + 1  # noqa: PT017
    else:
        assert answer in (True, False)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(MISSING),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TIME = "t'2026-01-31T12:00:00Z'"
EQUALS = ["'x'", "5", "true", TIME, "h'ff'", "b'/w=='", "__y__"]
TESTS = ["LIKE '%x_'", "MATCHES '^.'", "ISSUBSET '10.0.0.0/8'", "ISSUPERSET '10.0.0.0/8'"]
operands = st.sampled_from(
    [
        *(f"= {operand}" for operand in EQUALS),
        *(
            f"{order} {operand}"
            for order in ("<", ">=")
            for operand in ("'x'", "5.5", TIME, "__y__")
        ),
        "IN (1, 'x', true)",
        *TESTS,
    ]
)


@given(values, values, operands, st.sampled_from(["x:y", "x:y[*]", "x:y[*].z", "__x__"]))
def test_every_value_has_an_answer_and_not_has_the_opposite(
    value: Any, other: Any, operand: str, path: str
) -> None:
    found = {"__y__": other}
    answers = [
        compiled(f"{negation}{path} {operand}").holds(lambda name, _: found.get(name, value))
        for negation in ("", "NOT ")
    ]
    assert sorted(answers) == [False, True]
