"""How much of an output is kept."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.outputs import OUTPUT_BYTES, kept


@pytest.mark.parametrize("output", [None, 1, "text", [1], {"a": {"b": [True]}}], ids=str)
def test_an_output_is_kept_as_it_is(output: Any) -> None:
    assert kept(output) == (output, False)


def test_the_limit_is_of_its_json_in_bytes() -> None:
    assert kept("x" * (OUTPUT_BYTES - 2))[1] is False
    assert kept("x" * (OUTPUT_BYTES - 1))[1] is True
    assert kept("ж" * (OUTPUT_BYTES // 2))[1] is True


def test_a_cut_output_is_text_and_no_structure() -> None:
    output, cut = kept({"rows": ["x" * 100] * 1_000})
    assert cut
    assert isinstance(output, str)
    assert output.startswith('{"rows":["xxx')


@given(st.text(max_size=40), st.integers(1, 60))
def test_a_cut_never_goes_through_a_character(text: str, limit: int) -> None:
    output, cut = kept([text], limit)
    whole = orjson.dumps([text]).decode()
    assert cut is (len(whole.encode()) > limit)
    if cut:
        assert whole.startswith(output)
        assert len(output.encode()) > limit - 4


def test_a_number_of_more_than_64_bits_is_kept_too() -> None:
    assert kept([10**30]) == ([10**30], False)
