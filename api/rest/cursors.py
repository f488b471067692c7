"""Cursors: where a list goes on, told in a link, so that no page is skipped or told twice.

Between two pages executions may start: a page by its number would then repeat some. What a
cursor is made of is nobody's business but this module's.
"""

import base64
import binascii
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from api.rest.calls import Call
from api.rest.errors import ApiError
from streams.table.queries import ListPlace
from streams.table.rows import microseconds, moment

_MICROSECONDS_MAX = 253_402_300_800_000_000
"""The year 10000, the first that is no time any more."""


class Cursor(NamedTuple):
    """page: the number of the page that begins here. after: the execution before it."""

    page: int
    after: ListPlace

    @property
    def text(self) -> str:
        """The cursor as it stands in a query."""
        at, execution_id = self.after
        said = orjson.dumps([self.page, microseconds(at), execution_id])
        return base64.urlsafe_b64encode(said).decode().rstrip("=")


def cursor(text: str) -> Cursor:
    """Return the cursor of a query. ApiError 400: none of ours."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        number, at, execution_id = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError):
        raise _unknown() from None
    is_right = type(number) is int and type(at) is int and type(execution_id) is str
    if not is_right or number < 1 or not 0 <= at < _MICROSECONDS_MAX:
        raise _unknown()
    return Cursor(number, ListPlace(moment(at), execution_id))


def next_link(call: Call[Any, Any], following: Cursor | None) -> dict[str, str]:
    """Return the header ``Link`` to the next page, with all that was asked for; none: no header."""
    if following is None:
        return {}
    asked = {k: v for k, v in call.request.query.items() if k not in ("page", "cursor")}
    query = urlencode(asked | {"cursor": following.text})
    return {"Link": f'<{call.request.path}?{query}>; rel="next"'}


def _unknown() -> ApiError:
    return ApiError(
        400,
        "invalid_parameter",
        "query parameter cursor: is none that this API has given: follow the Link of a page",
        parameter="cursor",
    )
