"""Query parameters: what routes share, and how they are read.

What is unknown, said twice or not exactly of its type is refused: a filter with a typo would
answer with everything.
"""

import re
from functools import cache
from typing import Annotated, Any, TypeVar

from multidict import MultiDict, MultiMapping
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from api.rest.errors import ApiError
from schemas.messages import Instant

Q = TypeVar("Q", bound=BaseModel)

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _as_number(text: Any) -> Any:
    if isinstance(text, str) and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("is not a whole number")
    return text


def _as_time(text: Any) -> Any:
    if isinstance(text, str) and not _RFC_3339.fullmatch(text):
        raise ValueError("is not a time like 2026-03-01T12:00:00Z (write + as %2B)")
    return text


def _as_flag(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text)


Number = Annotated[int, BeforeValidator(_as_number)]
Time = Annotated[Instant, BeforeValidator(_as_time)]
Flag = Annotated[bool, Field(strict=True), BeforeValidator(_as_flag)]


_PAGE_MAX = 999_999_999


class Query(BaseModel):
    """The query parameters of a route."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Query):
    """Which page of a list."""

    page: Number = Field(default=1, ge=1, le=_PAGE_MAX, description="which page, from 1")
    per_page: Number = Field(default=20, ge=1, le=100, description="how many on a page")

    def of(self, all_of_it: list[Any]) -> list[Any]:
        """Return this page of a list that is held whole."""
        start = (self.page - 1) * self.per_page
        return all_of_it[start : start + self.per_page]


@cache
def unsaid(model: type[Q]) -> Q:
    """Return the query of a request without parameters. ApiError 400: the route needs some."""
    return read(model, MultiDict())


def read(model: type[Q], given: MultiMapping[str]) -> Q:
    """Return the query parameters. ApiError 400: they are not what the route takes."""
    for name in given:
        if len(given.getall(name)) > 1:
            raise _refused(name, "is said twice")
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        name = str(detail["loc"][0])
        known = ", ".join(model.model_fields) or "none"
        if detail["type"] == "extra_forbidden":
            raise _refused(name, f"is not a parameter of this route (known: {known})") from None
        sentence = detail["msg"].removeprefix("Value error, ")
        raise _refused(name, sentence[:1].lower() + sentence[1:]) from None


def _refused(name: str, reason: str) -> ApiError:
    return ApiError(400, "invalid_parameter", f"query parameter {name}: {reason}", parameter=name)
