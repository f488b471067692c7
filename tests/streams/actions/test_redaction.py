"""A secret is found again in every spelling in which a remote side may echo it."""

import re
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.actions.redaction import NotJson, Redaction

SECRET = 's3cr3t/+ "tök&n"=?'
REDACTION = Redaction({"TOKEN": SECRET, "OTHER": "an0ther-one"})


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        f"Bearer {SECRET}, and more",
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
        escape(SECRET),
        SECRET.encode("latin-1").decode(errors="surrogateescape"),
        SECRET.encode("latin-1").decode(errors="replace"),
        orjson.dumps({"token": SECRET}).decode(),
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_an_echo_is_replaced_by_the_name(echo: str) -> None:
    redacted = REDACTION.text(echo)
    assert "[secret TOKEN]" in redacted
    assert "s3cr3t" not in redacted


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_basic_credentials_are_found_whatever_stands_around_them(
    before: bytes, after: bytes
) -> None:
    encoded = b64encode(before + SECRET.encode() + after).decode()
    assert "[secret TOKEN]" in REDACTION.text(encoded)


def test_values_and_keys_are_redacted_at_every_level() -> None:
    value = {SECRET: [{"a": f"x{SECRET}"}, "an0ther-one"], "n": 1, "b": True, "none": None}
    assert REDACTION.value(value) == {
        "[secret TOKEN]": [{"a": "x[secret TOKEN]"}, "[secret OTHER]"],
        "n": 1,
        "b": True,
        "none": None,
    }


def test_a_number_is_a_secret_only_as_a_whole() -> None:
    redaction = Redaction({"PIN": "1770"})
    assert redaction.value([1770, 17701, 1.5]) == ["[secret PIN]", 17701, 1.5]


def test_without_secrets_nothing_changes() -> None:
    assert Redaction({}).value({"a": ["", "b"]}) == {"a": ["", "b"]}
    assert Redaction({"EMPTY": ""}).text("abc") == "abc"


def test_of_two_secrets_the_longer_is_named() -> None:
    redaction = Redaction({"SHORT": "abcdef", "LONG": "abcdefghi"})
    assert redaction.text("abcdefghi abcdef") == "[secret LONG] [secret SHORT]"


@pytest.mark.parametrize("value", [{1: 2}, b"x", object(), {"a": {1, 2}}])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(NotJson):
        REDACTION.value(value)


@given(st.lists(st.sampled_from('a"\0é😀\ud800\udce9\udfff')).map("".join))
def test_what_leaves_can_be_written_whatever_came(text: str) -> None:
    for redaction in (REDACTION, Redaction({})):
        orjson.dumps([redaction.text(text), redaction.value({text: [text]})])


def test_only_what_cannot_be_written_is_replaced() -> None:
    assert REDACTION.text("caf\udce9 café 😀") == "caf\ufffd café 😀"
