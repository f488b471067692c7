"""How two values compare, as laws."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.comparisons import comparable, equal, key, keys
from engine.paths import MISSING, Several

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


def nested(depth: int, *, of: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if of == "list" else {"a": value}
    return value


@pytest.mark.parametrize("of", ["list", "object"])
def test_values_are_read_sixteen_deep_and_no_deeper(of: str) -> None:
    for depth, expected in ((16, True), (17, False)):
        left, right = nested(depth, of=of), nested(depth, of=of)
        assert equal(left, right) is expected
        assert (key(left) == key(right)) is expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, ["boolean", True]),
        ([1], ["list", [1]]),
        ({"a": 1}, [["a", 1]]),
        ("a", None),
        ("1", 1),
        (True, 1),
        ([1, 2], [1]),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_values_of_different_kinds_are_not_equal(left: Any, right: Any) -> None:
    assert not equal(left, right)
    assert not equal(right, left)


def test_a_text_whose_letters_fold_to_three_is_still_compared() -> None:
    assert equal("\u0390", "\u0390".casefold())
    assert not equal("a", "aaaa")
    assert not equal("", "a")


def test_texts_are_ordered_by_their_letters_and_not_with_what_is_no_text() -> None:
    assert comparable("B", "a") == ("b", "a")
    assert comparable("b", 1) is None
    assert comparable(None, "b") is None


def test_a_list_counts_as_each_of_its_elements_and_as_itself() -> None:
    assert keys(["A", [1]]) == ["a", ("list", (1,)), ("list", ("a", ("list", (1,))))]
    assert keys(["A", [1], {"b": 2}], whole=False) == ["a"]
    assert keys({"a": 1}, whole=False) == []
    assert keys(MISSING) == keys(MISSING, whole=False) == []
    several = Several(["A", ["b", ["c"]]])
    assert keys(several, whole=False) == ["a", "b"]
    assert keys(several) == ["a", *keys(["b", ["c"]])]
