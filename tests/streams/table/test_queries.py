"""Lists of executions: every filter, the order, the pages."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from schemas.executions import Status
from streams.table.queries import (
    ExecutionFilter,
    ExecutionPage,
    ListPlace,
    where,
)
from streams.table.schema import FILTERS
from streams.table.table import Table
from tests.examples import FINDING, NOON, Story, action, graph
from tests.streams.table.log import Folded, Place, records, table_in

STARTED_AT = NOON + timedelta(seconds=1)


def finding(finding_id: str, asset_id: str) -> dict[str, Any]:
    """Return an event about a finding on an asset."""
    return FINDING | {
        "data": FINDING["data"] | {"finding_id": finding_id, "asset": {"id": asset_id}}
    }


def told(name: str, playbook_id: str = "pb-example", hours: int = 0, **says: Any) -> Story:
    """Return an execution under way. hours: after the first one."""
    story = Story(graph(action("one"), id=playbook_id), name)
    story.at += timedelta(hours=hours)
    story.start(**({"event": finding("f-1", "a-1")} | says))
    return story


def stories() -> Iterator[Story]:
    """Yield one execution for each thing to be filtered by, and ``plain``."""
    yield told("plain")
    done = told("completed", hours=1)
    done.complete("one")
    yield done
    cancelled = told("cancelled", hours=2)
    cancelled.cancel()
    yield cancelled
    yield told("other-playbook", playbook_id="pb-other", hours=3)
    yield told("other-finding", event=finding("f-2", "a-1"), hours=4)
    yield told("other-asset", event=finding("f-1", "a-2"), hours=5)
    yield told("aimed", target_asset_id="a-3", hours=6)
    yield told("manual", trigger="manual", event=None, hours=7)
    yield told("dry", dry_run=True, hours=8)


ALL = [story.execution_id for story in stories()]


@pytest.fixture(scope="module")
def table(lasting_place: Place) -> Iterator[Table]:
    """The executions of ``stories``."""
    folded = Folded(lasting_place)
    for story in stories():
        folded.take(*records(story.events))
    folded.close()
    with closing(table_in(lasting_place)) as table:
        yield table


def names(found: ExecutionPage) -> list[str]:
    """Return the ids of a list, and see that the total is their number."""
    assert (found.total, found.last) == (len(found.executions), None)
    return [execution.id for execution in found.executions]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ALL),
        ({"status": Status.COMPLETED}, ["completed"]),
        ({"status": Status.CANCELLED}, ["cancelled"]),
        ({"status": Status.FAILED}, []),
        ({"playbook_id": "pb-other"}, ["other-playbook"]),
        ({"finding_id": "f-2"}, ["other-finding"]),
        ({"asset_id": "a-2"}, ["other-asset"]),
        ({"asset_id": "a-3"}, ["aimed"]),
        ({"trigger": "manual"}, ["manual"]),
        ({"dry_run": True}, ["dry"]),
        ({"dry_run": False}, [name for name in ALL if name != "dry"]),
        ({"since": STARTED_AT + timedelta(hours=7)}, ["manual", "dry"]),
        ({"until": STARTED_AT + timedelta(hours=1)}, ["plain"]),
        (
            {"since": STARTED_AT + timedelta(hours=1), "until": STARTED_AT + timedelta(hours=3)},
            ["completed", "cancelled"],
        ),
        ({"status": Status.RUNNING, "finding_id": "f-1", "asset_id": "a-2"}, ["other-asset"]),
        ({"status": Status.COMPLETED, "playbook_id": "pb-other"}, []),
        ({"finding_id": "' OR 1 = 1 --"}, []),
    ],
    ids=str,
)
def test_a_list_has_what_was_asked_for_newest_first(
    table: Table, asked: dict[str, Any], expected: list[str]
) -> None:
    found = table.executions(ExecutionFilter(**asked), per_page=100)
    assert names(found) == list(reversed(expected))


@pytest.mark.parametrize("field", ["finding_id", "asset_id"])
def test_an_id_of_any_length_and_any_characters_is_found(folded: Folded, field: str) -> None:
    long = "ä" * 100_000
    ids = [f"{long}1", f"{long}2", "x\0\x1a0s\n", "x\x1a\0", "ﬀ'\"%s?"]
    for number, id in enumerate(ids):
        about = {"finding_id": "f-1", "asset_id": "a-1"} | {field: id}
        folded.take(*records(told(f"pexec-{number}", event=finding(**about)).events))
    for number, id in enumerate(ids):
        assert names(folded.table.executions(ExecutionFilter(**{field: id}))) == [f"pexec-{number}"]


def test_every_column_of_a_filter_can_be_asked_for() -> None:
    asked = ExecutionFilter(
        status=Status.RUNNING,
        playbook_id="p",
        finding_id="f",
        asset_id="a",
        trigger="t",
        dry_run=False,
    )
    condition, values = where(asked)
    assert all(f"{column} = ?" in condition for column in FILTERS)
    assert len(values) == len(FILTERS)


def test_pages_follow_on_each_other_without_overlap(table: Table) -> None:
    pages = [table.executions(ExecutionFilter(), page, 4) for page in (1, 2, 3, 4)]
    assert [len(page.executions) for page in pages] == [4, 4, 1, 0]
    assert {page.total for page in pages} == {len(ALL)}
    assert [page.last is None for page in pages] == [False, False, True, True]
    read = [execution.id for page in pages for execution in page.executions]
    assert read == list(reversed(ALL))


@pytest.mark.parametrize("asked", [{}, {"finding_id": "f-1"}, {"dry_run": False}], ids=str)
def test_a_list_is_followed_from_place_to_place(table: Table, asked: dict[str, Any]) -> None:
    whole = names(table.executions(ExecutionFilter(**asked), per_page=100))
    read: list[str] = []
    place: ListPlace | None = None
    while not read or place is not None:
        page = table.executions(ExecutionFilter(**asked), per_page=2, after=place)
        assert page.total == len(whole)
        read += [execution.id for execution in page.executions]
        place = page.last
    assert read == whole


def test_what_starts_meanwhile_moves_no_page(folded: Folded) -> None:
    for hours, name in enumerate(("a", "b", "c")):
        folded.take(*records(told(name, hours=hours).events))
    first = folded.table.executions(ExecutionFilter(), per_page=2)
    folded.take(*records(told("d", hours=4).events))
    second = folded.table.executions(ExecutionFilter(), per_page=2, after=first.last)
    assert [execution.id for execution in second.executions] == ["a"]


def test_executions_of_the_same_moment_have_an_order_too(folded: Folded) -> None:
    for name in ("b", "c", "a"):
        folded.take(*records(told(name).events))
    found = names(folded.table.executions(ExecutionFilter()))
    assert found == ["c", "b", "a"]
