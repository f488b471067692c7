"""Pictures of playbooks: every step has a place of its own, whatever the ways between them."""

from hypothesis import given
from hypothesis import strategies as st

from api.page import words
from api.page.graphs import HEIGHT, WIDTH, picture
from engine.diagrams import Diagram, Edge
from schemas.playbooks import Trigger
from schemas.steps import END


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    ids = [f"s{number}" for number in range(draw(st.integers(1, 12)))]
    ways = st.tuples(st.sampled_from(ids), st.sampled_from([*ids, END]))
    edges = [Edge(source, target, "next") for source, target in draw(st.lists(ways, max_size=30))]
    return Diagram(ids[0], dict.fromkeys(ids, "name"), dict.fromkeys(ids, "action"), edges)


@given(diagrams())
def test_no_two_steps_overlap_and_nothing_is_left_out(of: Diagram) -> None:
    drawn = picture(of)
    assert len(drawn.lines) == len(of.edges)
    assert {box.id for box in drawn.boxes} - {END} == set(of.names)
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - WIDTH
        assert 0 <= box.y <= drawn.height - HEIGHT
        for other in drawn.boxes:
            apart = abs(box.x - other.x) >= WIDTH or abs(box.y - other.y) >= HEIGHT
            assert box is other or apart


def test_a_step_stands_below_all_that_lead_to_it() -> None:
    edges = [Edge("a", "b", "true"), Edge("a", "c", "false"), Edge("b", "c", "next")]
    names = {"a": "A", "b": "B", "c": "C"}
    drawn = picture(Diagram("a", names, dict.fromkeys(names, "action"), edges))
    a, b, c = (next(box.y for box in drawn.boxes if box.id == each) for each in "abc")
    assert a < b < c


def test_a_trigger_is_said_as_a_sentence() -> None:
    conditions = {"severity": {"$in": ["high", "critical"]}, "cvss": {"$gt": 9}}
    said = words.spoken(Trigger(event="finding.new", conditions=conditions, max_running=5))
    assert said == (
        "When a finding is new, and severity is one of high, critical and cvss is over 9; 5 at once"
    )
