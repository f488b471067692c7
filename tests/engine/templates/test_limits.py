"""No template, and no finding, takes much memory or much time.

Time is not measured: what is refused too late runs into the timeout of the tests.
"""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.contexts import of_finding
from engine.templates.errors import TemplateError
from engine.templates.rendering import problems, render

MEMORY_MAX = 10_000_000
LARGE: dict[str, Any] = {
    "text": "ab," * 300_000,
    "wide": "ж" * 400_000,
    "quotes": '"' * 900_000,
    "list": ["Ab"] * 150_000,
    "object": {f"k{n}": n for n in range(80_000)},
    "format": "%100000000d",
}
LEVELS = 36
DEEP = "".join(f"{{% set {x} = [1] %}}" + f"{{% set {x} = [{x}, {x}] %}}" * LEVELS for x in "xy")
"""Two lists of a few bytes that spell 2 ** 36 numbers each."""


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail when more than ten megabytes are needed at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()


def bomb(source: str, **data: Any) -> TemplateError:
    """Return the error of a template that would take too much."""
    context = of_finding({"id": "1", "event": "finding.new", "data": data})
    with little_memory(), pytest.raises(TemplateError) as caught:
        render(source, context)
    return caught.value


TOO_MUCH = {"template_too_large", "template_too_costly"}

BOMBS: list[str] = [
    "{{ 'a' * 100000000 }}",
    "{{ [1] * 100000000 }}",
    "{{ '%100000000d' % 1 }}",
    "{{ '%100000000d' is even }}",
    "{{ '%100000000d' is divisibleby(3) }}",
    "{{ '{:>100000000}'.format(1) }}",
    "{{ 'a'.ljust(100000000) }}",
    "{{ 'a'.center(100000000) }}",
    "{{ 'a'.zfill(100000000) }}",
    "{{ '\t'.expandtabs(100000000) }}",
    "{{ 'a' | center(100000000) }}",
    "{{ 'a' | indent(100000000) }}",
    "{{ '%100000000d' | format(1) }}",
    "{{ 'a' | wordwrap(1) }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 2 ** 1000000000 }}",
    "{{ 2.0 ** 100000 }}",
    "{{ 9223372036854775807 + 1 }}",
    "{{ range(100000000) }}",
    "{{ range(1001) }}",
    "{{ lipsum(n=100000) }}",
    "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(900) %}" + "x" * 100 + "{% endfor %}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x ~ x %}" * 30 + "{{ x }}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x.replace('a', x) %}" * 30 + "{{ x }}",
    "{% set x = [1] %}" + "{% set x = x + x %}" * 30 + "{{ x }}",
]


@pytest.mark.parametrize("source", BOMBS, ids=[source[:50] for source in BOMBS])
def test_what_an_author_can_write_is_bounded(source: str) -> None:
    assert bomb(source).code in TOO_MUCH | {"template_forbidden", "template_failed"}


DEEP_USES = [
    "x", "x ~ y", "[x] == [y]", "x in [y]", "x | upper", "x | tojson", "{'a': x} | urlencode",
    "[x, y] | sort", "[x] | unique", "[x].index(y)", "[1] | map(x)", "[1] | map(attribute=x)",
    "[x] | select('eq', y)", "{(x, y): 1}", "finding[x]", "x[y]", "{x: 1}", "range(x)",
]  # fmt: skip


@pytest.mark.parametrize("use", DEEP_USES)
def test_lists_in_lists_are_not_walked_to_their_end(use: str) -> None:
    error = bomb(DEEP + "{{ " + use + " }}", a=1)
    assert error.code in TOO_MUCH | {"template_failed", "missing_variable"}


LARGE_USES = [
    "finding", "[" + "finding.list, " * 500 + "]", "finding.list", "finding.text", "finding.object",
    "finding.text.split(',')", "finding.text.splitlines()", "finding.wide | list",
    "finding.wide | sort", "finding.quotes | e", "finding.text | title", "finding.text | wordcount",
    "finding.wide | urlencode", "finding.object.items()", "finding.object | items",
    "finding.object | dictsort", "finding.list | map('upper')", "finding.list | join(',')",
    "finding.list | unique", "finding | tojson", "finding ~ finding", "finding.format is even",
    "finding.text | replace('ab', 'abc')", "finding.text + finding.text",
]  # fmt: skip


@pytest.mark.parametrize("use", LARGE_USES, ids=[use[:50] for use in LARGE_USES])
def test_what_a_large_finding_makes_is_bounded(use: str) -> None:
    error = bomb("{{ " + use + " }}", **LARGE)
    assert error.code in TOO_MUCH | {"template_failed"}


@pytest.mark.parametrize("name", ["text", "wide", "list", "object"])
def test_a_loop_over_a_large_finding_is_bounded(name: str) -> None:
    bomb(f"{{% for a in finding.{name} %}}{{{{ finding.{name} | length }}}}{{% endfor %}}", **LARGE)


SMALL_USES: list[tuple[str, Any]] = [
    ("finding.text | truncate(10)", "ab,ab,a..."),
    ("finding.text[:5]", "ab,ab"),
    ("finding.list | length", 150_000),
    ("finding.list | first", "Ab"),
    ("'AB' in finding.list", True),
    ("'x' in finding.text", False),
    ("finding.object.k7", 7),
    ("finding.list == finding.list", True),
    ("finding.wide | upper == finding.wide", True),
]


@pytest.mark.parametrize(("use", "value"), SMALL_USES, ids=[case[0] for case in SMALL_USES])
def test_a_little_of_a_large_finding_can_be_had(use: str, value: Any) -> None:
    context = of_finding({"id": "1", "event": "finding.new", "data": LARGE})
    with little_memory():
        assert render("{{ " + use + " }}", context).value == value


UNREADABLE: list[str] = [
    "{{" * 4_000, "{%" * 4_000, "{#" * 4_000, "{{'" * 2_700, "{{\\'" * 2_000, "{{\\\"" * 2_000,
    "{% raw %}{{" * 740, "{{ steps.a-b" * 680, "{{ " + "(" * 4_000, "{{ " + "[" * 4_000,
    "{{ " + "not " * 2_000 + "1 }}", "{{ " + "-" * 8_000 + "1 }}", "{{ a" + ".b" * 4_000 + " }}",
    "{{ " + "9" * 8_000 + " }}", "{{ 1" + "+1" * 4_000 + " }}", "{% if 1 %}" * 500,
    "{{ 1" + " if 1 else 2" * 600 + " }}", "{{ 1e999 }}", "{{ " + "1," * 4_000 + " }}",
    "{{ finding" + ".a" * 4_000, "{{" + " " * 8_000 + "x", "{{ steps." + "a-" * 4_000 + " }}",
]  # fmt: skip


@pytest.mark.parametrize("source", UNREADABLE, ids=[source[:20] for source in UNREADABLE])
def test_what_is_hard_to_read_is_refused(source: str) -> None:
    with little_memory():
        (problem,) = problems(source, "/text")
    assert problem.pointer == "/text"
    assert len(problem.message) < 200


def test_a_template_has_at_most_8_kib() -> None:
    assert problems("{{ finding.title }}" + "x" * 8_173, "") == []
    (problem,) = problems("{{ finding.title }}" + "x" * 8_174, "")
    assert problem.message == "a template is larger than 8192 bytes"


def test_a_text_that_is_no_template_may_be_longer() -> None:
    context = of_finding({"id": "1", "event": "finding.new", "data": {}})
    assert render("x" * 100_000, context).value == "x" * 100_000


def test_everything_together_has_at_most_256_kib() -> None:
    error = bomb("{{ finding.text }}", text="x" * 65_537)
    assert error.code == "template_too_large"
    context = of_finding({"id": "1", "event": "finding.new", "data": {"text": "x" * 65_536}})
    assert len(render(["{{ finding.text }}"] * 4, context).value) == 4
    with pytest.raises(TemplateError, match="everything together is larger than 262144 bytes"):
        render(["{{ finding.text }}"] * 5, context)


def test_a_value_nests_at_most_64_deep() -> None:
    deep: Any = "{{ finding.title }}"
    for _ in range(65):
        deep = [deep]
    (problem,) = problems(deep, "")
    assert problem.message == "the nesting of a value is larger than 64 levels"
    assert bomb("{{ finding.deep }}", deep=deep).code == "template_too_large"
