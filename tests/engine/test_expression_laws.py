"""Laws of expressions: no text of a finding and no text of an author does any harm."""

from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as any_of
from hypothesis import strategies as st

from engine.contexts import Context
from engine.expressions import problems, truth
from engine.templates.errors import TemplateError
from schemas.problems import Problem


def holds(source: str, **data: Any) -> bool:
    return truth(source, Context({"event": "finding.new", "data": data}))


HOSTILE = [
    '" or true or "',
    "' in 'x' or '1' == '1",
    "{{ secrets.TOKEN }}",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "}} == 1 or {{ 1",
    "x",
    "X",
    "",
    "\\",
]


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize(
    "source",
    ["finding.title == 'x'", "{{ finding.title }} == 'x'", "'{{ finding.title }}' == \"x\""],
)
def test_the_text_of_a_finding_is_an_operand_and_nothing_else(source: str, title: str) -> None:
    assert holds(source, title=title) is (title.casefold() == "x")


@any_of(st.text(), st.text())
@example("Straße", "STRASSE")
def test_two_texts_are_equal_when_they_are_in_any_case(title: str, wanted: str) -> None:
    found = truth(
        "{{ finding.title }} == parameters.wanted",
        Context({"data": {"title": title}}, {"parameters": {"wanted": wanted}}),
    )
    assert found is (title.casefold() == wanted.casefold())


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"])


@any_of(json, json, operators)
def test_every_two_values_have_an_answer(left: Any, right: Any, operator: str) -> None:
    data = {"left": left, "right": right}
    assert holds(f"{{{{ finding.left }}}} {operator} finding.right", **data) in (True, False)


WORDS = ["finding", "steps.a-b", "title", "asset", "in", "not", "and", "or", "lower", "1"]
MARKS = [*".()[]{}'\"<|~-,\\", "{{", "}}", "==", "{%", " "]
parts = st.sampled_from(WORDS + MARKS)


@any_of(st.one_of(st.text(), st.lists(parts).map(" ".join), st.lists(parts).map("".join)))
def test_whatever_is_written_is_refused_or_has_an_answer(source: str) -> None:
    faults = problems(source, "/x")
    try:
        answer = holds(source, title="SQL injection", asset={"tags": ["web"]})
    except TemplateError as error:
        # What is wrong in any context is all told before it runs.
        told = error.code in ("template_syntax", "template_forbidden", "template_secret")
        assert faults == [Problem("/x", error.message)] or not (faults or told)  # noqa: PT017
    else:
        assert faults == []
        assert answer in (True, False)
