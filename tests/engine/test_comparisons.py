"""How two values compare, as laws."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.comparisons import equal, key

SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, 1.0, 0.5]),
    st.sampled_from(["", "a", "A", "ß", "SS", "ss", "ΐ", "x" * 9]),
)
JSON = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abA"), inner),
    max_leaves=8,
)


@given(JSON, JSON)
def test_values_are_equal_exactly_when_their_keys_are(left: Any, right: Any) -> None:
    assert equal(left, right) is (key(left) == key(right))


@given(JSON)
def test_a_value_equals_itself(value: Any) -> None:
    assert equal(value, value)


def test_what_nests_deeper_than_anybody_reads_equals_nothing() -> None:
    deep: Any = []
    for _ in range(30):
        deep = [deep]
    assert not equal(deep, deep)
    assert key(deep) != key(deep)
