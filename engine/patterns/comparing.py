"""How a value compares with what a pattern says.

Texts compare case-sensitively (STIX). The variables of CACAO are texts whatever their type, so
that beside a number ``"5"`` is 5, and beside a boolean ``"true"`` is true; beside another text
both stay texts. What cannot be compared is not equal and has no order. Nothing here ever raises.
"""

import operator as python
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from unicodedata import normalize

import re2

from engine import networks
from engine.comparisons import moment, number
from engine.operators import REGEX_LENGTH_MAX, REGEX_PROGRAM_MAX, SEARCHED_BYTES_MAX

Test = Callable[[Any], bool]

ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}
_NUMBER = re.compile(r"[-+]?\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,3})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes that a pattern spells in hexadecimal (h'…') or base64 (b'…')."""

    value: bytes
    hexadecimal: bool

    def read(self, text: str) -> bytes | None:
        """Return the bytes that a value spells in the same way, None: it does not."""
        try:
            return bytes.fromhex(text) if self.hexadecimal else b64decode(text, validate=True)
        except ValueError:
            return None


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are the same."""
    left, right = _alike(left, right)
    return type(left) is type(right) and bool(left == right)


def ordered(operator: str, left: Any, right: Any) -> bool:
    """Tell whether ``left operator right``, for two numbers, two texts or two times."""
    left, right = _alike(left, right)
    if isinstance(left, bool) or type(left) is not type(right):
        return False
    return isinstance(left, (float, int, str, datetime)) and ORDERS[operator](left, right)


def true(value: Any) -> bool:
    """Tell whether a value by itself counts as true: it is not empty, zero or "false"."""
    if isinstance(value, str):
        return bool(value) and _BOOLEANS.get(value.casefold(), True)
    return bool(value)


def like(wanted: str) -> Test:
    """Return the test for a text in which % stands for any characters and _ for one."""
    pieces = {"%": ".*", "_": "."}
    parts = (pieces.get(each) or re2.escape(each) for each in normalize("NFC", wanted))
    # A pattern without an end would be found anywhere: \\z is the end of the text itself.
    return _found(rf"(?s)\A{''.join(parts)}\z")


def matching(wanted: str) -> Test:
    """Return the test for a text in which a regular expression is found.

    Raises ValueError: it is none that takes linear time.
    """
    return _found(f"(?s){normalize('NFC', wanted)}")


def inside(wanted: str) -> Test:
    """Return the test for an address or network that lies in ``wanted``. Raises ValueError."""
    outer = networks.exact(wanted)
    return lambda value: isinstance(value, str) and networks.lies_in(value, outer)


def around(wanted: str) -> Test:
    """Return the test for a network that ``wanted`` lies in. Raises ValueError."""
    networks.exact(wanted)

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and networks.lies_in(wanted, networks.exact(value))
        except ValueError:
            return False

    return test


def _found(expression: str) -> Test:
    if len(expression) > REGEX_LENGTH_MAX:
        raise ValueError(f"is longer than {REGEX_LENGTH_MAX} characters")
    options = re2.Options()
    options.log_errors, options.never_capture = False, True
    try:
        compiled = re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        fault = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"is no RE2 regular expression: {fault}") from None
    if compiled.programsize > REGEX_PROGRAM_MAX:
        raise ValueError("repeats too much; use fewer or lower repetitions")

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        searched = normalize("NFC", value[:SEARCHED_BYTES_MAX]).encode("utf-8", "replace")
        return compiled.search(searched[:SEARCHED_BYTES_MAX]) is not None

    return test


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values as what they are compared by; of different types: incomparable."""
    return _measure(left, right), _measure(right, left)


def _measure(value: Any, beside: Any) -> Any:
    if isinstance(value, Binary):
        return value.value
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _counted(value)
    if not isinstance(value, str):
        return value
    if isinstance(beside, bool):
        return _BOOLEANS.get(value.casefold(), value)
    if isinstance(beside, (int, float)):
        return _counted(float(value)) if _NUMBER.fullmatch(value) else value
    if isinstance(beside, datetime):
        return moment(value)
    return beside.read(value) if isinstance(beside, Binary) else value


def _counted(value: int | float) -> float | None:
    """Return a number as a float, so that 5 and 5.0 are of one type; None: it is none."""
    try:
        return None if number(value) is None else float(value)
    except OverflowError:
        return None
