"""What could cost a worker its time or its memory: templates, expressions, conditions, findings.

Each ends as it likes, with a value or with an error of ours; how much it takes is counted by
``tests/engine/test_costs.py`` and measured by ``python -m tests.benchmarks hostile``. What was read
before is forgotten first: the first time is the dearest.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine import conditions, expressions
from engine.conditions import ConditionsError
from engine.contexts import Context, of_finding
from engine.patterns import patterns
from engine.patterns.errors import PatternError
from engine.templates import compiling
from engine.templates.errors import TemplateError
from engine.templates.rendering import render
from engine.triggers import TriggerIndex
from schemas.findings import Finding
from schemas.playbooks import Trigger
from tests.floods import LARGE, SPELLED, deep

REFUSED = (TemplateError, ConditionsError, PatternError)


class Bomb(NamedTuple):
    """One of them: what it is, and what sets it off. ``of`` says where it stands."""

    of: str
    name: str
    go_off: Callable[[], object]


def set_off(bomb: Bomb) -> str:
    """Let it go off, and return what came of it. Raises what is no error of ours."""
    for cached in (compiling.compiled, expressions._compiled, patterns.compiled):
        cached.cache_clear()
    try:
        bomb.go_off()
    except REFUSED as error:
        return type(error).__name__
    return "ended"


_LEVELS = 36
_SHARED = "".join(
    f"{{% set {x} = [1] %}}" + f"{{% set {x} = [{x}, {x}] %}}" * _LEVELS for x in "xy"
)
"""Two lists of a few bytes that spell 2 ** 36 numbers each."""

WRITTEN = (
    "{{ 'a' * 100000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 2 ** 62 % 7 }}" * 480,
    "{{ range(1000) | list }}" * 340,
    "{{ '%100000000d' | format(1) }}",
    "{{ 'a' | center(100000000) }}",
    "{{ ('a' | center(60000)) | indent(60000) }}",
    "{{ range(1000) | join('a' * 100) }}",
    "{{ range(1000) | join('" + "x" * 7_000 + "') }}",
    "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
    "{% for a in range(300) %}{% for b in range(300) %}{{ a + b }}{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(200) %}{% if a == b %}{% endif %}{% endfor %}"
    "{% endfor %}",
    "{% for a in range(400) %}{% for b in range(400) %}{% set c = a ~ b %}{% endfor %}{% endfor %}",
    "{% for a in range(300) %}{% for b in range(100) %}{{ 'a' | upper | lower | title }}"
    "{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% set b = 'x' | replace('x', 'yyyyyyyy') %}{% endfor %}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x ~ x %}" * 13 + "{% for a in range(900) %}"
    "{% set y = x | upper %}{% endfor %}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x ~ x %}" * 13 + "{% for a in range(900) %}"
    "{% if x == x %}{% endif %}{% endfor %}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x ~ x %}" * 13 + "{% for a in range(900) %}"
    "{% set y = x.replace('h', 'hh') %}{% endfor %}",
    "{% set x = [1] %}" + "{% set x = x + x %}" * 15 + "{{ x | sort | unique | list | length }}",
    "{% set x = range(1000) %}{{ x | sort == x | reverse | list }}"
    + "{% set y = x | sort %}" * 300,
    "{% set x = [1] %}" + "{% set x = x + x %}" * 30 + "{{ x }}",
    _SHARED + "{{ [x] == [y] }}",
    _SHARED + "{{ x | tojson }}",
    "{{ " + "[" * 39 + "1" + "]" * 39 + " }}",
    "{{ " + "(" * 4_000,
    "{{ steps." + "a-" * 4_000 + " }}",
    "{{ 1" + "+1" * 990 + " }}",
    "{{ 1" + " ~ 1" * 1_900 + " }}",
    "{{ [" + "1," * 1_990 + "] }}",
    "{{ finding.title" + " | upper" * 900 + " }}",
    "{% if 1 %}" * 39 + "{% endif %}" * 39,
    "{% if finding.title %}a{% endif %}" * 230,
    "{{ finding.title }}" * 430,
    "{{ finding.title | e }}" * 340,
    "{% raw %}" + "{{" * 4_000,
    "{{ '" + "\\'" * 4_000,
)
"""What an author can write as a template, at most 8 KiB each."""

READ = tuple(
    f"{{{{ {use} }}}}"
    for use in (
        "finding", "finding ~ finding", "finding | tojson", "[" + "finding.list, " * 500 + "]",
        *(f"finding.{name}" for name in LARGE),
        *(f"finding.{name} | length" for name in ("text", "list", "object")),
        *(f"finding.text | {name}" for name in (
            "upper", "title", "trim", "wordcount", "e", "urlencode", "list", "reverse", "striptags",
            "replace('ab', 'abc')", "truncate(10)", "int", "float", "indent", "center(80)",
        )),
        *(f"finding.{name} | trim" for name in ("blanks", "lines")),
        "finding.digits | int", "finding.digits | float", "finding.blanks.split()",
        "finding.text.split(',')", "finding.lines.splitlines()", "finding.text.count('b,a')",
        "finding.text.find('" + "ab," * 2_000 + "x')", "finding.text.replace(',', '')",
        *(f"finding.wide | {name}" for name in ("upper", "list", "sort", "urlencode", "e")),
        *(f"finding.list | {name}" for name in (
            "sort", "unique", "join(',')", "map('upper') | list", "first", "last", "min", "max",
            "select('eq', 'ab') | list", "reverse", "batch(3) | list",
        )),
        *(f"finding.most | {name}" for name in (
            "sort", "unique", "join(',')", "map('upper') | list", "min", "reverse",
            "select('eq', 'ab') | list", "reject('in', 'abc') | list", "select('string') | list",
            "map('length') | sum",
        )),
        *(f"finding.few | {name}" for name in ("sum", "sort", "unique | list", "map('abs') | max")),
        *(f"finding.numbers | {name}" for name in ("sum", "sort", "unique", "max", "random")),
        "finding.object.items()", "finding.object | dictsort", "finding.object | items",
        "finding.text == finding.text", "finding.list == finding.list", "'x' in finding.text",
        "'x' in finding.list", "finding.object == finding.object", "finding.text + finding.text",
        "finding.wide | upper == finding.wide", "finding.format is even", "finding.text[::-1]",
        "finding.list[::2]", "finding.numbers[5:] + finding.numbers",
    )
) + tuple(
    f"{{% for a in finding.{name} %}}{{{{ finding.{name} | length }}}}{{% endfor %}}"
    for name in ("text", "wide", "list", "object")
) + (
    "{% for a in range(100) %}{% if finding.text == finding.wide %}{% endif %}{% endfor %}",
    "{% for a in range(100) %}{% if 'x' in finding.text %}{% endif %}{% endfor %}",
    "{% for a in range(10) %}{% set b = finding.text | upper %}{% endfor %}",
)  # fmt: skip
"""Templates that read those."""

DECIDED = (
    " and ".join(["finding.a == 1"] * 450),
    " or ".join(["finding.title == 'b'"] * 350),
    "not " * 38 + "finding.title",
    "(" * 2_000 + "1" + ")" * 2_000,
    "1 < " * 900 + "2",
    "finding.text == finding.wide",
    "finding.quotes in finding.list",
    "finding.text in finding.text",
    "'{{ finding.text }}' == '{{ finding.text }}'",
    "'{{ finding.title }}" * 300 + "'",
    "{{ finding.list }} == {{ finding.list }}",
    "9 ** 9 ** 9 > 1",
    "2 ** 62 ** 62",
    "'a' * 100000000 == 'a'",
    "range(1000) == range(1000)",
    "finding.deep == finding.deep",
    "finding.numbers == finding.numbers",
    "finding.numbers | sum > 1",
    "finding.list | join(',') == 'a'",
    "{{" * 4_000,
    "'" * 8_000,
    "finding" + ".a" * 4_000,
    "steps." + "a-" * 4_000,
)
"""Expressions of conditions, loops and switches."""

_TAKEN = {
    "the same field 5,000 times": {"$and": [{"title": {"$ne": f"{n}"}} for n in range(5_000)]},
    "the same field 200 times": {"$and": [{"list": {"$ne": f"{n}"}} for n in range(200)]},
    "one of 20,000": {"title": {"$in": [f"t{n}" for n in range(20_000)]}},
    "one of 10,000": {"title": {"$in": [f"t{n}" for n in range(10_000)]}},
    "none of 10,000": {"list": {"$nin": [f"t{n}" for n in range(10_000)]}},
    "5,000 ways": {"$or": [{f"f{n}": n} for n in range(5_000)]},
    "200 ways": {"$or": [{f"f{n}": n} for n in range(200)]},
    "200 expressions": {"$or": [{"text": {"$regex": f"a{n}$"}} for n in range(200)]},
    "backtracking": {"text": {"$regex": "^(a+)+$"}},
    "backtracking, further": {"text": {"$regex": "(a|aa|ab|b|,)*x"}},
    "backtracking in blanks": {"blanks": {"$regex": r"(\s*)*(\s*)*x"}},
    "counted repetition": {"text": {"$regex": "((a{1,30}){1,30}){1,30}x"}},
    "a long alternative": {"text": {"$regex": "|".join(f"a{n}b" for n in range(180))}},
    "a long list": {"list": {"$contains": "x"}},
    "a long list, negated": {"list": {"$ne": "ab"}},
    "a long list by pattern": {"list": {"$regex": "(a+)+$"}},
    "a long text in a long list": {"list": {"$startswith": "a" * 50_000}},
    "a range of a long list": {"numbers": {"$gt": 1_000_000}},
    "times of a long list": {"times": {"$gt": "2026-01-01T00:00:00Z"}},
    "networks of a long list": {"addresses": {"$cidr": "192.168.0.0/16"}},
    "10,000 networks": {
        "addresses": {"$cidr": [f"192.{n >> 8}.{n & 255}.0/24" for n in range(10_000)]}
    },
    "a deep value": {"deep": deep(7)},
    "a path of 4,000 names": {"deep" + ".a" * 4_000: 1},
    "negated eight deep": {"title": {"$not": {"$not": {"$not": {"$not": {"$not": {"$eq": "a"}}}}}}},
    "nested far too deep": {"title": deep(500)},
    "a large object": {"object": {"$eq": {f"k{n}": n for n in range(15_000)}}},
}
"""Conditions of triggers, each against the large finding."""

_PATTERNS = (
    "[" + " AND ".join(["a:b = 'c'"] * 500) + "]",
    "[" + "(" * 3_000 + "a:b = 'c'" + ")" * 3_000 + "]",
    "(" * 3_000,
    "[a:b MATCHES '^(a+)+$']",
    "[a:b LIKE '" + "%_" * 3_000 + "']",
    "[a:b = '" + "\\'" * 4_000,
    "NOT " * 2_000 + "[a:b = 1]",
)


def _context(data: dict[str, Any]) -> Context:
    return of_finding({"id": "f-1", "event": "finding.new", "data": data})


_SMALL = _context({"title": "SQL injection", "a": 1})
_BIG = _context(LARGE | {"title": "SQL injection"})


def _matched(taken: dict[str, Any]) -> object:
    trigger = Trigger(event="finding.new", conditions=taken)
    return TriggerIndex([(("pb-1", "r"), trigger)]).matches("finding.new", _BIG)


def _refused_or_read(content: bytes) -> object:
    try:
        return Finding.model_validate_json(content)
    except ValueError:
        return None


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:56]} …"


def bombs() -> Iterator[Bomb]:
    """Yield all of them."""
    for source in WRITTEN:
        yield Bomb("template", _shortened(source), lambda s=source: render(s, _SMALL))
    for source in READ:
        yield Bomb("finding", _shortened(source), lambda s=source: render(s, _BIG))
    for source in DECIDED:
        yield Bomb("expression", _shortened(source), lambda s=source: expressions.truth(s, _BIG))
    for name, taken in _TAKEN.items():
        yield Bomb("condition", name, lambda t=taken: conditions.problems(t, ""))
        yield Bomb("trigger", name, lambda t=taken: _matched(t))
    for text in _PATTERNS:
        yield Bomb("pattern", _shortened(text), lambda t=text: patterns.problems(t, ""))
    for name, content in SPELLED.items():
        yield Bomb("record", name, lambda c=content: _refused_or_read(c))
