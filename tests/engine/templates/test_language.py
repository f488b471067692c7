"""What may be written in a template, and what may not."""

from typing import Any

import pytest

from engine.templates.rendering import problems
from tests.engine.templates.rendered import given, refused

ALLOWED: list[tuple[str, Any]] = [
    ("{{ 'a' ~ 1 ~ none ~ true ~ [1] }}", 'a1nulltrue[1]'),
    ("{{ 1 + 2 * 3 - 4 / 2 }}", 5.0),
    ("{{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 10 }} {{ -3 }} {{ +3 }}", "3 3 1024 -3 3"),
    ("{{ 'a' + 'b' }}", "ab"),
    ("{{ [1] + [2] }}", [1, 2]),
    ("{{ (1, 2) }}", [1, 2]),
    ("{{ {'a': [1], 'b': {}} }}", {"a": [1], "b": {}}),
    ("{{ {finding.severity: 1} }}", {"High": 1}),
    ("{{ finding.severity == 'HIGH' }}", True),
    ("{{ finding.severity != 'low' }}", True),
    ("{{ 'PRODUCTION' in finding.asset.tags }}", True),
    ("{{ 'dev' not in finding.asset.tags }}", True),
    ("{{ 'inject' in finding.title }}", True),
    ("{{ 'asset' in finding }}", True),
    ("{{ [1] in [[1], 2] }}", True),
    ("{{ 1 < 2 <= 2 }}", True),
    ("{{ 1 < 2 > 3 }}", False),
    ("{{ finding.severity >= 'medium' }}", True),
    ("{{ 'critical' > 'HIGH' }}", True),
    ("{{ true and not false or false }}", True),
    ("{{ 'a' if finding.open else 'b' }}", "a"),
    ("{{ finding.title[:3] }}", "SQL"),
    ("{{ finding.asset.tags[1:] }}", ["production"]),
    ("{{ finding.title[0] }}", "S"),
    ("{% if finding.cvss > 9 %}now{% elif finding.open %}soon{% else %}never{% endif %}", "now"),
    ("{% for t in finding.asset.tags %}{{ loop.index }}.{{ t }} {% endfor %}",
     "1.web 2.production "),
    ("{% for t in finding.asset.tags if 'w' in t %}{{ t }}{{ loop.length }}{% endfor %}", "web1"),
    ("{% for x in finding.empty %}{{ x }}{% else %}nothing{% endfor %}", "nothing"),
    ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
    ("{% for p in finding.ports %}{% for n in [p.number] %}{{ n }},{% endfor %}{% endfor %}",
     "443,80,"),
    ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
    ("{% for t in [1, 2] %}{{ loop.first }}{{ loop.last }}{{ loop.revindex }} {% endfor %}",
     "truefalse2 falsetrue1 "),
    ("{% set x = finding.count * 2 %}{{ x }}!", "6!"),
    ("{% set a, b = 1, 2 %}{{ a + b }}!", "3!"),
    ("a{{- ' b ' -}} c", "a b c"),
    ("{{ finding.title.upper() }}", "SQL INJECTION"),
    ("{{ finding.title.startswith('SQL') }}", True),
    ("{{ 'a,b'.split(',') }}", ["a", "b"]),
    ("{{ 'a-b'.replace('-', '+') }}", "a+b"),
    ("{{ ' a '.strip() ~ 'xa'.removeprefix('x') ~ 'ax'.removesuffix('x') }}", "aaa"),
    ("{{ finding.asset.tags.index('WEB') }}", 0),
    ("{{ [1, 1.0, '1'].count(1) }}", 2),
    ("{{ finding.asset.get('owner', 'nobody') }}", "nobody"),
    ("{{ {'a': 1}.keys() + {'a': 1}.values() }}", ["a", 1]),
    ("{{ finding.title is defined and finding.x is not defined }}", True),
    ("{{ finding.owner is none and finding.open is true }}", True),
    ("{{ finding.title is string and finding.cvss is number and finding is mapping }}", True),
    ("{{ 4 is even and 3 is odd and 9 is divisibleby(3) }}", True),
    ("{{ 'A' is eq('a') and 3 is gt(2) and 'a' is in(['A']) }}", True),
    ("{{ finding.asset.tags is sequence and 1 is integer and 1.5 is float }}", True),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value"), ALLOWED, ids=[case[0] for case in ALLOWED])
def test_it_may_be_written(source: str, value: Any) -> None:
    assert problems(source, "") == []
    found = given(source)
    assert (found, type(found)) == (value, type(value))


FORBIDDEN: list[tuple[str, str]] = [
    ("{% include 'x' %}", "include is not allowed"),
    ("{% import 'x' as y %}", "import is not allowed"),
    ("{% from 'x' import y %}", "import is not allowed"),
    ("{% extends 'x' %}", "extends is not allowed"),
    ("{% block a %}{% endblock %}", "block is not allowed"),
    ("{% macro a() %}{% endmacro %}", "macro is not allowed"),
    ("{% call a() %}{% endcall %}", "call is not allowed"),
    ("{% filter upper %}a{% endfilter %}", "a filter block is not allowed"),
    ("{% set a %}x{% endset %}", "a set block is not allowed"),
    ("{% set a.b = 1 %}", "setting a field is not allowed"),
    ("{% with a = 1 %}{% endwith %}", "with is not allowed"),
    ("{% autoescape true %}{% endautoescape %}", "autoescape is not allowed"),
    ("{% for a in [] recursive %}{% endfor %}", "a recursive loop is not allowed"),
    ("{{ lipsum() }}", "calling lipsum is not allowed"),
    ("{{ dict(a=1) }}", "named or starred arguments"),
    ("{{ range(*[1]) }}", "named or starred arguments"),
    ("{{ [1] | join(*['a']) }}", "starred arguments"),
    ("{{ finding.title.format(1) }}", "calling finding.title.format is not allowed"),
    ("{{ 'a'.ljust(9) }}", "is not allowed"),
    ("{{ 'a'.zfill(9) }}", "is not allowed"),
    ("{{ 'a'.uper() }}", "did you mean upper"),
    ("{{ finding.title.__class__() }}", "is not allowed"),
    ("{{ [1].append(2) }}", "is not allowed"),
    ("{{ finding.title.upper()() }}", "calling (…) is not allowed"),
    ("{{ 'a' | center(9) }}", "the filter center is not allowed"),
    ("{{ 'a' | format }}", "the filter format is not allowed"),
    ("{{ 'a' | uper }}", "did you mean upper"),
    ("{{ 'a' | attr('b') }}", "the filter attr is not allowed"),
    ("{{ 'a' | safe }}", "the filter safe is not allowed"),
    ("{{ 'a' | pprint }}", "the filter pprint is not allowed"),
    ("{{ 'a' is callable }}", "the test callable is not allowed"),
    ("{{ 1 is evn }}", "did you mean even"),
    ("{{ self }}", "the name self is not allowed"),
    ("{{ _result }}", "the name _result is not allowed"),
    ("{% set finding = 1 %}", "another meaning for finding is not allowed"),
    ("{% for steps in [] %}{% endfor %}", "another meaning for steps is not allowed"),
    ("{% set range = 1 %}", "another meaning for range is not allowed"),
    ("{{ 1 if true }}", "an inline if without else"),
    ("{{ finding.ports[1:2, 3] }}", "slice is not allowed"),
]


@pytest.mark.parametrize(("source", "message"), FORBIDDEN, ids=[case[0] for case in FORBIDDEN])
def test_it_may_not_be_written(source: str, message: str) -> None:
    assert refused(source).code == "template_forbidden"
    (problem,) = problems({"text": source}, "/parameters")
    assert problem.pointer == "/parameters/text"
    assert message in problem.message


BROKEN = [
    "{{", "{{ }}", "{{ finding. }}", "{{ 1 + }}", "{{ 'a }}", "{% if %}", "{% if true %}",
    "{% endif %}", "{% nothing %}", "{# never closed", "{% raw %}x", "{{ a b }}", "{{ 1 | }}",
    "{{ finding..title }}", "{{ finding.title } }", "{{ [ }}",
]  # fmt: skip


@pytest.mark.parametrize("source", BROKEN)
def test_what_cannot_be_read_is_told(source: str) -> None:
    assert refused(source).code == "template_syntax"
    assert len(problems(source, "")) == 1


SECRETS = [
    "{{ secrets }}", "{{ secrets.A | upper }}", "{{ secrets.A ~ 'x' }}", "{{ secrets.A.b }}",
    "{{ secrets[finding.title] }}", "{{ secrets['a b'] }}", "{{ secrets.0 }}", "{{ [secrets.A] }}",
    "{% if secrets.A %}x{% endif %}", "{% set x = secrets.A %}{{ x }}", "{{ secrets.A == 'x' }}",
    "{% for c in secrets.A %}{{ c }}{% endfor %}", "{{ finding[secrets.A] }}",
    "{{ secrets.get('A') }}",
    "{{ 'x' if secrets.A else 'y' }}", "{{ secrets | tojson }}", "{{ secrets.A[0] }}",
]  # fmt: skip


@pytest.mark.parametrize("source", SECRETS)
def test_a_secret_can_only_be_inserted(source: str) -> None:
    assert refused(source).code == "template_secret"


FAILING: list[tuple[str, str]] = [
    ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ("{{ 'a' + 1 }}", "+ takes numbers; put texts together with ~"),
    ("{{ 'a' * 3 }}", "* takes numbers"),
    ("{{ '%d' % 3 }}", "% takes numbers"),
    ("{{ true + 1 }}", "+ takes numbers"),
    ("{{ -'a' }}", "- takes a number"),
    ("{{ 'a' < 1 }}", "only two numbers, or two texts, have an order"),
    ("{{ 1 in 5 }}", "in takes a text, a list or an object on its right"),
    ("{{ 5[1:] }}", "only a text or a list has parts"),
    ("{% for x in 5 %}{% endfor %}", "a loop goes over a list"),
    ("{{ [1].upper() }}", "a list has no upper()"),
    ("{{ [1].index(2) }}", "index looks for what is not in the list"),
    ("{{ {1: 2} }}", "a key of an object is a text"),
    ("{{ (-8) ** 0.5 }}", "a result is not a number"),
    ("{{ 'a' is even }}", "even, odd and divisibleby are asked of numbers"),
    ("{% for x in [1] %}{{ loop }}{% endfor %}", "that JSON does not have"),
]


@pytest.mark.parametrize(("source", "message"), FAILING, ids=[case[0] for case in FAILING])
def test_what_cannot_be_evaluated_fails_with_its_reason(source: str, message: str) -> None:
    error = refused(source)
    assert error.code == "template_failed"
    assert message in error.message
