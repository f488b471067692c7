"""A call: a request that has been read and found well-formed, and what it is answered with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from api.keys.keys import Key
from api.rest.parts import Parts

Q = TypeVar("Q")
B = TypeVar("B")
T = TypeVar("T")

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class NoQuery(BaseModel):
    """A route that takes no query parameters: any is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(slots=True)
class Call(Generic[Q, B]):
    """A request to one route.

    key: who asks; on routes that are open to all there is none, and asking for it is a bug.
    query: the route's query model. body: its body model, None when it takes no body.
    """

    parts: Parts
    request: web.Request
    query: Q
    body: B
    at: datetime
    known_key: Key | None = None

    @property
    def key(self) -> Key:
        """The key that asks."""
        if self.known_key is None:
            raise RuntimeError("this route asks for no key")
        return self.known_key

    @property
    def traceparent(self) -> str | None:
        """The trace that the request belongs to (W3C Trace Context), if it says a valid one."""
        said = self.request.headers.get("traceparent", "")
        return said if _TRACEPARENT.fullmatch(said) else None

    def named(self, variable: str) -> str:
        """Return a variable part of the path."""
        return self.request.match_info[variable]


class Meta(BaseModel):
    """Of a list: how many there are on all pages, and which page this is."""

    total: int
    page: int
    per_page: int


class Answered(BaseModel, Generic[T]):
    """The envelope of success."""

    data: T


class Listed(BaseModel, Generic[T]):
    """The envelope of a page of a list."""

    data: list[T]
    meta: Meta


# Looked up once: to name a generic model is slower than to make one.
_AnsweredAny = Answered[Any]
_ListedAny = Listed[Any]


@dataclass(slots=True)
class Answer:
    """What a call is answered with.

    content: an envelope, or one that is written already; None: no body.
    """

    content: BaseModel | bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return the answer with ``data`` in the envelope."""
    return Answer(_AnsweredAny(data=data), status, headers or {})


def page(
    data: list[Any],
    total: int,
    number: int,
    per_page: int,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer with one page of a list."""
    meta = Meta(total=total, page=number, per_page=per_page)
    return Answer(_ListedAny(data=data, meta=meta), 200, headers or {})


def data_written(data: bytes) -> bytes:
    """Return the envelope, as JSON, with ``data`` in it that is JSON already."""
    return b'{"data":%b}' % data


def page_written(data: list[bytes], total: int, number: int, per_page: int) -> bytes:
    """Return the envelope of one page of a list, as JSON, whose rows are JSON already."""
    said = b'{"data":[%b],"meta":{"total":%d,"page":%d,"per_page":%d}}'
    return said % (b",".join(data), total, number, per_page)


def written(content: BaseModel) -> bytes:
    """Return an answer as JSON."""
    try:
        return orjson.dumps(content.__dict__, _of_model, option=orjson.OPT_UTC_Z)
    except TypeError:
        # A number of more than 64 bits, which other people's JSON may hold: pydantic writes it.
        return content.model_dump_json().encode()


def _of_model(value: object) -> Any:
    """Return what orjson does not know by itself: a model within an answer."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is not part of an answer")
