"""When a playbook was made, and when its revision."""

from datetime import timedelta
from typing import Any

from engine.revisions import Authored, published, times
from schemas.playbooks import PlaybookPublished
from tests.engine.cacao.standards import playbook
from tests.examples import NOON, action

DEFINITION = playbook(action("a"))
AUTHORED = Authored(NOON - timedelta(days=2), NOON - timedelta(days=1))


def record(hours: int, revision: str = "r1", **says: Any) -> PlaybookPublished:
    return published(DEFINITION, revision, at=NOON + timedelta(hours=hours), by="test", **says)


def test_a_new_playbook_is_made_when_it_is_published() -> None:
    assert times(record(0)) == Authored(NOON, NOON)


def test_a_revision_that_is_published_again_is_as_old_as_before() -> None:
    first = record(0)
    second = record(1, current=first, known=first)
    third = record(2, current=second, known=second)
    assert times(third) == Authored(NOON, NOON)


def test_another_revision_is_new_but_its_playbook_is_not() -> None:
    first = record(0)
    assert times(record(1, "r2", current=first)) == Authored(NOON, NOON + timedelta(hours=1))


def test_what_came_in_a_document_keeps_its_times() -> None:
    first = record(0, authored=AUTHORED)
    assert times(first) == AUTHORED
    assert times(record(1, current=first, known=first)) == AUTHORED


def test_what_is_edited_afterwards_keeps_when_it_was_made() -> None:
    first = record(0, authored=AUTHORED)
    edited = record(1, "r2", current=first)
    assert times(edited) == Authored(AUTHORED.created, NOON + timedelta(hours=1))
    assert edited.created_at == NOON
