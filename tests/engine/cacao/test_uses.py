"""Where a text uses variables."""

import pytest

from engine.cacao.uses import names, replaced


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("__a__:value", ["__a__"]),
        ("x__a__:value and __b-c__:value.", ["__a__", "__b-c__"]),
        ("http://__host__:value/__path__:value", ["__host__", "__path__"]),
        ("__a__b__:value", ["__a__b__"]),
        ("__a__:value __a__:value", ["__a__"]),
        ("__a__:values", []),
        ("__a__", []),
        ("____:value", []),
        ("__1__:value", []),
        ("__" + "a" * 300 + "__:value", []),
        ("$$a$$", []),
    ],
)
def test_a_use_is_a_name_and_its_value(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_the_old_spelling_is_a_use_where_it_is_asked_for() -> None:
    assert names("$$a$$ $$__b__$$.value", old=True) == ["__a__", "__b__"]


def test_a_value_is_not_read_again() -> None:
    assert replaced("x__a__:value!", lambda name: "__b__:value") == "x__b__:value!"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["_", "__a", "__a__", "$$a", "__a__:", "$", "-_"])
def test_a_hostile_text_is_read_to_its_end(text: str) -> None:
    # Searched for a name at each underscore, it would take minutes.
    assert len(names(text * (4_000_000 // len(text)), old=True)) <= 1
