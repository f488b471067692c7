"""Looking for many texts at once finds what looking for each of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from engine.needles import Needles

letters = st.text("ab-é", max_size=12)


@given(st.sets(letters.filter(bool), max_size=40), letters | st.text("ab-", max_size=200))
def test_many_needles_are_found_as_each_of_them_is(wanted: set[str], text: str) -> None:
    needles: Needles[str] = Needles()
    for needle in sorted(wanted):
        needles.put(needle, needle.upper())
    found = needles.found(text)
    assert sorted(found) == sorted(n.upper() for n in wanted if n in text)


def test_what_is_kept_under_a_needle_can_be_asked_for() -> None:
    needles: Needles[int] = Needles()
    assert (needles.get("sql"), len(needles)) == (None, 0)
    needles.put("sql", 7)
    assert (needles.get("sql"), len(needles)) == (7, 1)
