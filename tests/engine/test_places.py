"""Places, which ``max_running`` gives: who has one, who waits, who frees one."""

from engine.admissions import (
    consequence,
    decide,
    evolve,
    released,
    released_by_refusal,
)
from schemas.commands import QueueExecution, StartExecution
from tests.desks import Desk, trigger
from tests.examples import NOON, Story, action, graph, started


def test_further_ones_wait_and_start_in_order() -> None:
    desk = Desk(max_running=2)
    assert [desk.ask(name) for name in "abcd"] == [
        ["StartExecution a"],
        ["StartExecution b"],
        ["QueueExecution c"],
        ["QueueExecution d"],
    ]
    assert desk.end("b") == ["StartExecution c"]
    assert desk.end("a") == ["StartExecution d"]
    assert desk.end("c") == []
    assert desk.ask("e") == ["StartExecution e"]


def test_an_end_that_is_told_twice_frees_one_place() -> None:
    desk = Desk(max_running=1)
    for name in "abc":
        desk.ask(name)
    assert desk.end("a") == ["StartExecution b"]
    assert desk.end("a") == []


def test_one_that_is_cancelled_while_it_waits_is_passed_over() -> None:
    desk = Desk(max_running=1)
    for name in "abc":
        desk.ask(name)
    assert desk.end("b") == []
    assert desk.end("a") == ["StartExecution c"]


def test_the_same_execution_is_admitted_once() -> None:
    desk = Desk(max_running=1)
    desk.ask("a")
    assert desk.ask("a") == ["already_started"]
    desk.ask("b")
    assert desk.ask("b") == ["already_started"]


def test_more_places_let_those_that_wait_start_at_once() -> None:
    desk = Desk(max_running=1)
    for name in "abcd":
        desk.ask(name)
    assert desk.change(trigger(max_running=3)) == ["StartExecution b", "StartExecution c"]


def test_without_a_limit_all_that_wait_start() -> None:
    desk = Desk(max_running=1)
    for name in "abc":
        desk.ask(name)
    assert desk.change(trigger()) == ["StartExecution b", "StartExecution c"]


def test_fewer_places_stop_nothing_that_runs() -> None:
    desk = Desk(max_running=2)
    for name in "abc":
        desk.ask(name)
    assert desk.change(trigger(max_running=1)) == []
    assert desk.end("a") == []
    assert desk.end("b") == ["StartExecution c"]


def test_with_the_playbook_deleted_those_that_wait_are_cancelled_once() -> None:
    desk = Desk(max_running=1)
    for name in "abc":
        desk.ask(name)
    assert desk.change(None) == ["CancelExecution b", "CancelExecution c"]
    assert desk.change(None) == []
    assert [desk.end("b"), desk.end("a")] == [[], []]
    assert desk.ask("d") == ["unknown_playbook"]


def test_a_place_is_what_the_execution_says_that_it_has() -> None:
    desk = Desk(max_running=1)
    [first, second] = [desk.start("a"), desk.start("b")]
    told = []
    for start in (first, second):
        decision = decide(desk.tickets, desk.request(start), desk.trigger, desk.at)
        assert isinstance(decision, tuple)
        evolve(desk.tickets, decision[0])
        told.append(consequence(decision[0], desk.at))
    starts, queues = told
    assert isinstance(starts, StartExecution)
    assert isinstance(queues, QueueExecution)
    assert starts == first.model_copy(update={"at": desk.at, "admitted": True})
    assert (queues.id, queues.event, queues.admitted) == (second.id, second.event, True)


def test_without_a_limit_an_execution_takes_no_place() -> None:
    desk = Desk(dedupe={"key": "x", "window": "1h"})
    desk.ask("a")
    ticket = desk.tickets.get("a")
    assert ticket is not None
    assert ticket.place is None


def test_an_execution_that_has_ended_releases_its_place_whichever_way() -> None:
    ended = started(action("one"))
    ended.complete("one")
    assert released(ended.execution, tuple(ended.events)) is None  # it never had one
    for end in ("complete", "cancel"):
        story = Story(graph(action("one")))
        story.queue(admitted=True)
        assert released(story.execution, tuple(story.events)) is None
        story.start(admitted=True)
        story.complete("one") if end == "complete" else story.cancel()
        release = released(story.execution, tuple(story.events))
        assert release is not None
        assert (release.playbook_id, release.execution_id) == ("pb-example", "pexec-1")


def test_a_start_that_is_refused_releases_the_place_taken_for_it() -> None:
    start = Desk().start("a").model_copy(update={"admitted": True})
    assert released_by_refusal(None, start, NOON) is not None
    without = start.model_copy(update={"admitted": False})
    assert released_by_refusal(None, without, NOON) is None


def test_a_start_that_comes_twice_leaves_the_place_to_the_first() -> None:
    story = Story(graph(action("one")))
    story.start(admitted=True)
    again = Desk().start("pexec-1").model_copy(update={"admitted": True})
    assert released_by_refusal(story.execution, again, NOON) is None
    other = Story(graph(action("one")))
    other.start()
    assert released_by_refusal(other.execution, again, NOON) is not None
