"""What waits for people stands in the table as long as it waits, and no longer."""

from datetime import timedelta

from schemas.commands import FailStep, StepError
from streams.table.queries import WaitingApproval
from tests.examples import Story, action, graph, step
from tests.streams.table.log import Folded, records


def asking(name: str = "pexec-1", hours: int = 0) -> Story:
    """Return an execution that waits for two to agree."""
    story = Story(graph(step("ask", "approval", required=2), action("one")), name)
    story.at += timedelta(hours=hours)
    story.start()
    return story


def waiting(folded: Folded, **page: int) -> list[tuple[str, str]]:
    """Return what waits, and see that the total is its number."""
    found, total = folded.table.approvals(**page)
    assert page or total == len(found)
    return [(execution.id, step.id) for execution, step in found]


def tell(folded: Folded, story: Story) -> None:
    """Fold what has not been folded yet."""
    folded.take(*records(story.events))


def test_a_step_waits_until_enough_have_agreed(folded: Folded) -> None:
    story = asking()
    tell(folded, story)
    assert waiting(folded) == [("pexec-1", "ask")]
    story.approve("ask", "alice")
    tell(folded, story)
    [found], _ = folded.table.approvals()
    assert found == WaitingApproval(story.execution, story.execution.steps["ask"])
    assert found.step.waiting is not None
    assert [vote.by for vote in found.step.waiting.votes] == ["alice"]
    story.approve("ask", "bob")
    tell(folded, story)
    assert waiting(folded) == []


def test_nobody_is_asked_about_what_has_been_cancelled(folded: Folded) -> None:
    story = asking()
    tell(folded, story)
    story.cancel()
    tell(folded, story)
    assert waiting(folded) == []


def test_a_delay_waits_for_nobody(folded: Folded) -> None:
    story = Story(graph(step("pause", "delay", duration=60)))
    story.start()
    tell(folded, story)
    assert waiting(folded) == []


def test_an_action_whose_outcome_is_unknown_waits_for_people_too(folded: Folded) -> None:
    story = Story(graph(action("call", on_unknown="ask")))
    story.start()
    error = StepError(code="outcome_unknown", message="no answer came")
    story.give(FailStep(**story._common(), step_id="call", visit=1, attempt=1, error=error))
    tell(folded, story)
    [(_, found)], _ = folded.table.approvals()
    assert (found.id, found.waiting and found.waiting.reason) == ("call", "outcome_unknown")


def test_two_branches_can_wait_at_once(folded: Folded) -> None:
    branches = [["one"], ["two"]]
    steps = [step("both", "parallel", branches=branches)]
    story = Story(graph(*steps, step("one", "approval"), step("two", "approval")))
    story.start()
    tell(folded, story)
    assert waiting(folded) == [("pexec-1", "one"), ("pexec-1", "two")]
    story.approve("one")
    tell(folded, story)
    assert waiting(folded) == [("pexec-1", "two")]


def test_what_has_waited_longest_is_the_first_of_its_pages(folded: Folded) -> None:
    for hours, name in ((2, "late"), (0, "early"), (1, "between")):
        tell(folded, asking(name, hours))
    pages = [waiting(folded, page=page, per_page=2) for page in (1, 2, 3)]
    assert [name for page in pages for name, _ in page] == ["early", "between", "late"]
    assert [len(page) for page in pages] == [2, 1, 0]
