"""Expressions: every form, what missing values decide, and what is refused."""

from typing import Any

import pytest

from engine.expressions import evaluate, problems, truth
from engine.templates.errors import TemplateError
from engine.templates.limits import SOURCE_BYTES_MAX
from tests.engine.templates.rendered import DATA, context

FINDING = DATA | {"severity": "Critical", "long": "x" * 100_000}


def holds(source: str, **data: Any) -> bool:
    return truth(source, context(FINDING | data))


def value(source: str, **data: Any) -> Any:
    return evaluate(source, context(FINDING | data))


def refused(source: str, **data: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        truth(source, context(FINDING | data))
    return caught.value


@pytest.mark.parametrize(
    "source",
    [
        "'production' in {{ finding.asset.tags }}",
        '{{finding.severity}} == "Critical"',
        'finding.severity == "CRITICAL"',
        '"{{ finding.severity }}" == "critical"',
        "' {{finding.severity}} ' == 'critical'",
        '{{steps.create-ticket.status}} == "completed"',
        "steps.create-ticket.output.key == 'SEC-1'",
        "steps.create-ticket.output.n - 1 == 6",
        "'SEC-{{ finding.count }}' == 'sec-3'",
        "{{ finding.cvss }} >= 9 and not {{ finding.owner }}",
        "{{- finding.cvss -}} > 9",
        "{{ finding.asset }}.tags[1] == 'production'",
        "{{ finding.severity }} in ['high', 'critical']",
        "finding.severity > 'high'",
        "9 < finding.cvss < 10",
        "finding.title.startswith('SQL') or finding.cvss > 11",
        "finding.ports | selectattr('number', 'gt', 100) | list | length == 1",
        "finding.count is odd",
        "{'a': {'b': 1}}.a.b == 1",
        "'{{' != finding.title",
        "finding.cvss\n> 9",
        "finding.long",
    ],
)
def test_it_holds(source: str) -> None:
    assert holds(source) is True


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("finding.severity", "Critical"),
        ("{{ finding.cvss }}", 9.8),
        ("finding.asset.tags", ["web", "production"]),
        ("steps.create-ticket.output.n + 1", 8),
        ("'SEC-{{ finding.count }}'", "SEC-3"),
        ("finding.cvss > 9", True),
        ("finding.owner", None),
        ("finding.nothing", None),
        ("steps.nowhere.output.kind", None),
    ],
)
def test_it_gives_a_value_of_its_own_type(source: str, expected: Any) -> None:
    assert value(source) == expected


@pytest.mark.parametrize("source", ["finding.empty", "0", "''", "none", "false", "finding.nothing"])
def test_what_is_empty_or_missing_is_false(source: str) -> None:
    assert holds(source) is False


@pytest.mark.parametrize("operator", ["==", "<", "<=", ">", ">=", "in"])
@pytest.mark.parametrize(
    "path", ["finding.nothing", "finding.nothing.at.all", "steps.nowhere.status"]
)
def test_a_comparison_with_a_missing_value_is_false(operator: str, path: str) -> None:
    assert holds(f"{path} {operator} 'x'") is False
    assert holds(f"'x' {operator} {path}") is False


@pytest.mark.parametrize("operator", ["!=", "not in"])
def test_a_missing_value_differs_from_every_value(operator: str) -> None:
    assert holds(f"finding.nothing {operator} 'x'") is True


def test_two_missing_values_are_not_equal() -> None:
    assert holds("finding.nothing == finding.neither") is False


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("not finding.nothing", True),
        ("finding.nothing and finding.open", False),
        ("finding.nothing or finding.open", True),
        ("finding.nothing is defined", False),
        ("finding.nothing is not defined", True),
        ("finding.nothing | default('x') == 'x'", True),
        ("(finding.nothing | default(false)) or finding.open", True),
        ("1 if finding.nothing else 0", False),
        ("finding.nothing is eq(1)", False),
        ("1 < finding.nothing < 3", False),
    ],
)
def test_a_missing_value_decides(source: str, expected: bool) -> None:
    assert holds(source) is expected


@pytest.mark.parametrize(
    "source",
    [
        "finding.nothing + 1 > 0",
        "-finding.nothing < 0",
        "finding.nothing | lower == 'x'",
        "finding.title | replace('a', finding.nothing)",
        "finding.nothing.upper() == 'X'",
        "'SEC-{{ finding.nothing }}' == 'x'",
        "'x' in [finding.nothing]",
        "finding.asset[finding.nothing]",
    ],
)
def test_any_other_use_of_a_missing_value_is_an_error_with_its_path(source: str) -> None:
    error = refused(source)
    assert (error.code, error.path) == ("missing_variable", "finding.nothing")


@pytest.mark.parametrize("source", ["'a' < 3", "finding.owner > 1", "finding.asset < 3", "1 in 3"])
def test_what_has_no_order_compares_as_false(source: str) -> None:
    assert holds(source) is False


def test_nothing_is_in_what_holds_nothing() -> None:
    assert holds("'production' not in finding.owner") is True


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "it is empty"),
        (" \n ", "it is empty"),
        ("finding.cvss = 9", "unexpected '='"),
        ("finding.open && finding.cvss", "unexpected char '&'"),
        ("finding.open AND finding.cvss", "unexpected 'AND'"),
        ("finding.open, finding.cvss", "unexpected ','"),
        ("{{ }} == 1", "unexpected 'end of template'"),
        ("{{ finding.a) or (finding.b }}", "unexpected ')'"),
        ("{{ finding.open", "{{ is not closed"),
        ("{% if finding.open %}", "unexpected '%'"),
        ("'open", "unexpected char"),
        ("severity == 'high'", "severity is not known here; a path starts with one of event, "),
        ("findings.open", "did you mean finding"),
        ("finding.owner == null", "write none"),
        ("finding.open | lowercase", "did you mean lower"),
        ("finding.title.format(1)", "is not allowed"),
        ("finding.__class__()", "is not allowed"),
        ("secrets.TOKEN == 'x'", "a secret cannot decide anything"),
        ("{{ secrets.TOKEN }}", "a secret cannot decide anything"),
        ("'{{ secrets.TOKEN }}' == 'x'", "a secret cannot decide anything"),
        ("(" * 3_000 + "1" + ")" * 3_000, "make it simpler"),
        ("1" + " + 1" * 200, "larger than"),
        ("'" + "x" * SOURCE_BYTES_MAX + "'", "an expression is larger than 8192 bytes"),
    ],
)
def test_what_means_nothing_is_a_problem_before_it_runs(source: str, said: str) -> None:
    [problem] = problems(source, "/steps/0/expression")
    assert problem.pointer == "/steps/0/expression"
    assert said in problem.message
    assert refused(source).message == problem.message


def test_what_may_be_missing_at_run_time_is_no_problem() -> None:
    assert problems("finding.nothing == 1 and loop.index < 3", "/x") == []
    assert problems("finding.nothing + 1", "/x") == []


@pytest.mark.parametrize("source", ["finding.cvss / 0 > 1", "10 ** 1000 > 1", "finding.cvss is eq"])
def test_what_cannot_be_evaluated_is_one_kind_of_error(source: str) -> None:
    assert refused(source).code in {"template_failed", "template_too_large"}


def test_the_work_of_an_expression_is_limited() -> None:
    found = refused("finding.many | map('upper') | list == finding.many", many=["x"] * 600_000)
    assert found.code in {"template_too_costly", "template_too_large"}


def test_a_value_is_limited_in_size_but_its_truth_is_not() -> None:
    with pytest.raises(TemplateError, match="larger than"):
        value("finding.long")
    assert holds("finding.long") is True
