"""Turns of the event loop: the first who asks in one, and those after."""

import asyncio

from streams.turns import Turn


async def test_in_a_turn_only_the_first_who_asks_looks() -> None:
    turn = Turn()
    assert [turn.is_new() for _ in range(3)] == [True, False, False]


async def test_every_turn_has_its_first() -> None:
    turn = Turn()
    found = []
    for _ in range(3):
        found.append(turn.is_new())
        await asyncio.sleep(0)
    assert found == [True, True, True]


async def test_who_comes_within_a_turn_is_served_with_it() -> None:
    turn = Turn()

    async def served() -> bool:
        return turn.is_new()

    assert await asyncio.gather(*(served() for _ in range(3))) == [True, False, False]


def test_without_a_loop_everybody_looks() -> None:
    turn = Turn()
    assert [turn.is_new() for _ in range(3)] == [True, True, True]


async def test_a_turn_can_be_ended_before_its_end() -> None:
    turn = Turn()
    turn.is_new()
    turn.end()
    assert turn.is_new()
