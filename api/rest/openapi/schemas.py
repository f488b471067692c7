"""The schemas of the document: one component for each model that a request or an answer has."""

from collections.abc import Iterable
from typing import Any, Literal

from openapi_pydantic import Schema
from pydantic import BaseModel, ConfigDict, TypeAdapter

from api.rest.calls import Answered, Listed
from api.rest.route import Route

_REFERENCE = "#/components/schemas/{model}"

_Key = tuple[str, Literal["validation", "serialization"]]


class ErrorDetail(BaseModel):
    """What is wrong. code: a stable word; message: a sentence; what else depends on the code."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str


class ErrorAnswer(BaseModel):
    """The envelope of an error."""

    status: Literal["error"]
    error: ErrorDetail


class Schemas:
    """The schemas of the bodies of all routes. components: by name, for references to them."""

    def __init__(self, routes: Iterable[Route]) -> None:
        adapters: dict[_Key, TypeAdapter[Any]] = {("error", "serialization"): _adapter(ErrorAnswer)}
        for route in routes:
            if route.request is not None:
                adapters[_named(route), "validation"] = _adapter(route.request)
            if route.answer is not None:
                adapters[_named(route), "serialization"] = _adapter(envelope(route))
        self._schemas, told = TypeAdapter.json_schemas(
            [(name, mode, adapter) for (name, mode), adapter in adapters.items()],
            ref_template=_REFERENCE,
        )
        self.components = {
            name: Schema.model_validate(schema) for name, schema in told.get("$defs", {}).items()
        }

    @property
    def error(self) -> Schema:
        """The schema of every error."""
        return Schema.model_validate(self._schemas["error", "serialization"])

    def request(self, route: Route) -> Schema:
        """Return the schema of the body that a route takes."""
        return Schema.model_validate(self._schemas[_named(route), "validation"])

    def answer(self, route: Route) -> Schema:
        """Return the schema of the envelope that a route answers with."""
        return Schema.model_validate(self._schemas[_named(route), "serialization"])


def envelope(route: Route) -> Any:
    """Return the model of what a route answers with."""
    model: Any = route.answer
    if route.paged:
        return Listed[model]
    return Answered[list[model]] if route.listed else Answered[model]


def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _named(route: Route) -> str:
    return f"{route.method} {route.path}"
