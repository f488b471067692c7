"""Looks: one for all who ask within a moment, and always one for who changes something."""

import pytest

from streams import looks
from streams.looks import Look


async def test_only_the_first_who_asks_within_a_moment_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looks, "SECONDS", 60.0)
    look = Look()
    assert [look.is_due() for _ in range(3)] == [True, False, False]


async def test_after_that_moment_it_is_looked_again() -> None:
    look = Look()
    assert look.is_due()
    await looks.settled()
    assert look.is_due()


async def test_what_was_seen_does_not_hold_when_it_is_known_to_have_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looks, "SECONDS", 60.0)
    look = Look()
    look.is_due()
    look.end()
    assert look.is_due()


def test_without_a_loop_everybody_looks() -> None:
    look = Look()
    assert [look.is_due() for _ in range(3)] == [True, True, True]
