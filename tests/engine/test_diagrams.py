"""Playbooks as pictures."""

import re

from engine.compiling import compiled
from engine.diagrams import Edge, diagram, mermaid
from tests.engine.cacao.standards import playbook
from tests.examples import action

HOSTILE = 'a"] --> x[("<b onclick=`y`>") %% end\n; click n0 "javascript:alert(1)"'
DEFINITION = playbook(
    {
        "id": "if",
        "type": "condition",
        "name": HOSTILE,
        "expression": "true",
        "on_true": "all",
        "on_false": "end",
    },
    {"id": "all", "type": "parallel", "branches": [["a"], ["b"]], "on_failure": "which"},
    action("a"),
    action("b"),
    {
        "id": "which",
        "type": "switch",
        "expression": "'x'",
        "cases": {HOSTILE: "loop"},
        "default": "end",
    },
    {"id": "loop", "type": "while", "expression": "false", "steps": ["c"]},
    action("c"),
)
PICTURE = diagram(compiled(DEFINITION.model_copy(update={}), ""))


def test_every_way_is_an_edge() -> None:
    assert [edge for edge in PICTURE.edges if edge.kind not in ("case", "next")] == [
        Edge("if", "all", "true"),
        Edge("if", "end", "false"),
        Edge("all", "a", "branch", "1"),
        Edge("all", "b", "branch", "2"),
        Edge("which", "end", "default"),
        Edge("loop", "c", "repeat"),
    ]


def test_a_branch_ends_where_it_was_opened() -> None:
    assert not [edge for edge in PICTURE.edges if edge.source in ("a", "b", "c")]


def test_a_failure_that_is_handled_is_a_way_of_its_own() -> None:
    steps = (action("a", on_success="end", on_failure="b"), action("b"))
    assert Edge("a", "b", "failure") in diagram(compiled(playbook(*steps), "")).edges


def test_no_name_can_say_anything_in_mermaid() -> None:
    node = r"n\d+(\[|\{|\[\[|\{\{|\()\"[^\"<>`%|\[\]{}()\\]*\"(\]|\}|\]\]|\}\}|\))"
    edge = r"(n\d+|begin) -?--?\.?->?(\|\"[^\"<>`%|\[\]{}()\\]*\"\|)? (n\d+|done)"
    for line in mermaid(PICTURE).splitlines()[1:]:
        assert re.fullmatch(rf"    ({node}|{edge}|(begin|done)\(\[\w+\]\))", line), line


def test_a_long_name_is_cut() -> None:
    text = mermaid(diagram(compiled(playbook(action("a", name="x" * 200)), "")))
    assert f'n0["{"x" * 79}#8230;"]' in text
