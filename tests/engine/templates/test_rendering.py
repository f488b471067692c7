"""What templates give: types, texts, places of secrets, and errors that name the path."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from engine.templates.errors import TemplateError
from engine.templates.rendering import problems, render
from tests.engine.templates.rendered import DATA, context, given, refused

VALUES: list[tuple[str, Any]] = [
    ("no template", "no template"),
    ("", ""),
    ("{ a } % # }}", "{ a } % # }}"),
    ("{{ finding.title }}", "SQL injection"),
    ("{{finding.cvss}}", 9.8),
    ("{{ finding.count }}", 3),
    ("{{ finding.open }}", True),
    ("{{ finding.owner }}", None),
    ("{{ finding.asset.tags }}", ["web", "production"]),
    ("{{ finding.ports.0.number }}", 443),
    ("{{ finding.ports[-1].number }}", 80),
    ("{{ finding }}", DATA | {"id": "f-1"}),
    ("{{ event.event }}", "finding.new"),
    ("{{ asset.name }}", "app"),
    ("{{ parameters.channel }}", "#alerts"),
    ("{{ execution.id }} of {{ playbook.name }}", "pexec-1 of Example"),
    ("{{ steps.create-ticket.output.key }}", "SEC-1"),
    ("{{ steps.create-ticket.output.n + 1 }}", 8),
    ("{{ steps.create-ticket.output.n - 1 }}", 6),
    ('{{ steps["create-ticket"].output.key }}', "SEC-1"),
    ('{{ "steps.create-ticket" ~ steps.create-ticket.status }}', "steps.create-ticketcompleted"),
    ("{% if steps.create-ticket.status == 'completed' %}done{% endif %}", "done"),
    ('{{ steps["a.b"].status }}', "completed"),
    ('{{ finding["template-id"] }}', "CVE-2026-1"),
    ("{{ finding.cvss * 10 }}", 98.0),
    ("{{ 7 * 7 }}", 49),
    ("{{ finding.cvss > 9 }}", True),
    (" {{ finding.count }}", " 3"),
    ("{{ finding.count }}\n", "3\n"),
    ("n={{ finding.owner }}", "n=null"),
    ("on={{ finding.open }}", "on=true"),
    ("tags: {{ finding.asset.tags }}", 'tags: ["web","production"]'),
    ("{{ finding.nothing | default('none') }}", "none"),
    ("{{ finding.nothing.at.all | default('none') }}", "none"),
    ("{{ nothing | default(3) }}", 3),
    ("{{ finding.owner | default('none') }}", None),
    ("{{ finding.owner | default('none', true) }}", "none"),
    ("{{ steps.notify.output.key | default('none') }}", "none"),
    ("{% raw %}{{ finding.title }}{% endraw %}", "{{ finding.title }}"),
    ("{# nobody reads this #}{{ finding.count }}", 3),
    ("{{{ finding.title }}}", "{SQL injection}"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value"), VALUES, ids=[case[0] for case in VALUES])
def test_it_gives(source: str, value: Any) -> None:
    found = given(source)
    assert (found, type(found)) == (value, type(value))


def test_every_string_of_a_value_is_rendered_and_nothing_else() -> None:
    value = {"{{ no }}": 1, "a": ["{{ finding.count }}", {"b": "{{ finding.title }}!"}], "c": None}
    assert given(value) == {"{{ no }}": 1, "a": [3, {"b": "SQL injection!"}], "c": None}


def test_what_is_given_is_a_copy() -> None:
    tags = ["web"]
    given("{{ finding.asset.tags }}", asset={"tags": tags}).append("mine")
    assert tags == ["web"]


HOSTILE = [
    "123", "1.5", "[1,2]", '{"a": 1}', "None", "null", "true", "1_0", "1e400", "0x10", "",
    "{{ 7*7 }}", "{{ secrets.TOKEN }}", "{% raw %}", "{% endraw %}", "{# x", "}}", "{{", "%}",
    "{{ finding.title }}", "'", '"', "\\", "\n", "' ~ secrets.A ~ '", "</script>", "%s%n", "{0}",
    "{{ ''.__class__.__mro__ }}", "\x00", "\u202e",
]  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE)
def test_the_text_of_a_finding_stays_text(title: str) -> None:
    assert given("{{ finding.title }}", title=title) == title
    assert given("<{{ finding.title }}>", title=title) == f"<{title}>"
    assert given("{{ finding.title ~ '!' }}", title=title) == f"{title}!"
    assert given("{% if true %}{{ finding.title }}{% endif %}", title=title) == title


@any_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_whatever_a_finding_says_comes_out_unchanged(title: str) -> None:
    assert given("{{ finding.title }}", title=title) == title
    assert given("{{ finding.title }} ({{ finding.title }})", title=title) == f"{title} ({title})"


SOURCES = [
    "{{ finding.title }}", "a {{ finding.title }}", "{{ finding.title | int }}",
    "{{ finding.title | upper | truncate(5) }}", "{{ finding.title + 1 }}",
    "{{ finding.title is even }}", "{{ finding[finding.title] }}", "{{ finding.title.x }}",
    "{{ finding.title.split(finding.title) }}", "{{ finding.title | sort | join(finding.title) }}",
    "{{ finding.title in finding.title }}", "{{ finding.title < 5 }}", "{{ -finding.title }}",
    "{{ finding.title | map('upper') | list }}", "{{ finding.title | map(finding.title) | list }}",
    "{{ range(finding.title) }}", "{{ finding.title[:finding.title] }}",
    "{{ finding.title | sum }}",
    "{% for c in finding.title %}{{ c }}{% endfor %}", "{{ {finding.title: 1} }}",
    "{{ finding.title | replace(finding.title, 'x') }}", "{{ finding.title | round }}",
    "{{ finding.title % finding.title }}", "{{ finding.title | dictsort }}",
    "{{ finding.title | items | list }}", "{{ finding.title | selectattr('a') | list }}",
    "{{ finding.title | urlencode }}", "{{ finding.title | tojson }}", "{{ finding.title | min }}",
    "{{ finding.title | first }}", "{{ finding.title.get(1) }}", "{{ finding.title ** 9 }}",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@any_of(st.sampled_from(SOURCES), anything)
def test_whatever_a_finding_holds_nothing_but_a_template_error_is_raised(
    source: str, value: Any
) -> None:
    with suppress(TemplateError):
        found = given(source, title=value)
        assert orjson.loads(orjson.dumps(found)) == found


MISSING: list[tuple[str, str, str]] = [
    ("{{ finding.titel }}", "finding.titel", "did you mean finding.title"),
    ("x {{ finding.titel }}", "finding.titel", "did you mean finding.title"),
    ("{{ finding.asset.tag }}", "finding.asset.tag", "did you mean finding.asset.tags"),
    ("{{ finding.template }}", "finding.template", "did you mean finding['template-id']"),
    ("{{ finding.a.b.c }}", "finding.a", 'add | default("…")'),
    ("{{ finding.title.x }}", "finding.title.x", "is not defined"),
    ("{{ finding.ports.2.number }}", "finding.ports.2", "is not defined"),
    ("{{ findings.title }}", "findings.title", "did you mean finding"),
    ("{{ scan.id }}", "scan.id", "this execution has no scan"),
    ("{{ steps.create-tickt.output }}", "steps.create-tickt", "create-ticket"),
    ("{{ steps.notify.output }}", "steps.notify.output", "is not defined"),
    ("{{ finding.titel | upper }}", "finding.titel", "did you mean"),
    ("{{ finding.titel ~ 'x' }}", "finding.titel", "did you mean"),
    ("{{ finding.titel == 'x' }}", "finding.titel", "did you mean"),
    ("{{ [finding.titel] }}", "finding.titel", "did you mean"),
    ("{% if finding.titel %}x{% endif %}", "finding.titel", "did you mean"),
    ("{% for x in finding.titel %}x{% endfor %}", "finding.titel", "did you mean"),
    ("{{ finding.empty | first }}", "", "an element of an empty list is not defined"),
]


@pytest.mark.parametrize(("source", "path", "message"), MISSING, ids=[c[0] for c in MISSING])
def test_a_missing_variable_is_named(source: str, path: str, message: str) -> None:
    error = refused({"to": [source]}, empty=[])
    assert (error.code, error.pointer) == ("missing_variable", "/to/0")
    assert error.path == path
    assert message in error.message


def test_a_secret_leaves_its_place_and_the_text_around_it() -> None:
    rendered = render(
        {
            "auth": "Bearer {{ secrets.TOKEN }}!",
            "to": "{{ secrets.A }}",
            "text": "{{ finding.title }}",
        },
        context(DATA | {"title": "{{ secrets.TOKEN }}"}),
        allow_secrets=True,
    )
    assert rendered.value["auth"] == "Bearer {{ secrets.TOKEN }}!"
    assert rendered.secrets == {
        "/auth": ("Bearer ", {"secret": "TOKEN"}, "!"),
        "/to": ({"secret": "A"},),
    }


@pytest.mark.parametrize(
    "source",
    [
        "{{ finding.title }}{{ secrets.TOKEN }}",
        "{% if true %}{{ finding.title }}{{ secrets['TOKEN'] }}{% endif %}",
    ],
)
def test_a_finding_cannot_spell_the_place_of_a_secret(source: str) -> None:
    hostile = "{{ secrets.OTHER }}"
    rendered = render(source, context({"title": hostile}), allow_secrets=True)
    assert rendered.secrets == {"": (hostile, {"secret": "TOKEN"})}


@pytest.mark.parametrize("source", ["{{ secrets.A }}", "{% if true %}{{ secrets.A }}{% endif %}"])
def test_secrets_are_for_actions_only(source: str) -> None:
    with pytest.raises(TemplateError, match="only be inserted in the parameters of an action"):
        render(source, context())
    (problem,) = problems(source, "/message", allow_secrets=False)
    assert problem.pointer == "/message"
    assert "only be inserted in the parameters of an action" in problem.message


def test_problems_are_all_told_with_their_pointers() -> None:
    value = {"a/b": ["{{ x", "fine"], "c": {"d": "{{ 1 | nothing }}", "e": "{{ secrets }}"}}
    found = {problem.pointer: problem.message for problem in problems(value, "/steps/0")}
    assert list(found) == ["/steps/0/a~1b/0", "/steps/0/c/d", "/steps/0/c/e"]
    assert "the filter nothing is not allowed" in found["/steps/0/c/d"]


def test_a_variable_that_is_missing_now_is_no_problem() -> None:
    assert problems({"text": "{{ finding.whatever }} {{ steps.later.output }}"}, "") == []


def test_a_template_in_a_key_is_a_problem() -> None:
    (problem,) = problems({"{{ finding.title }}": "x"}, "")
    assert problem.message == "a key is never rendered; name it"
