"""The API's own document, held against every answer that the tests see."""

import re
from functools import cache
from typing import Any

import orjson
from openapi_schema_validator import OAS31Validator

from api.rest.openapi.document import document
from api.rest.routes import ROUTES

DOCUMENT: dict[str, Any] = orjson.loads(document(ROUTES))


def check(method: str, path: str, status: int, body: Any) -> None:
    """Fail when an answer is not as the document says. Paths that it does not have are passed."""
    template = _template(path.partition("?")[0])
    operation = DOCUMENT["paths"].get(template, {}).get(method.lower())
    if operation is None:
        return
    assert str(status) in operation["responses"], (method, template, status)
    validator = _validator(template, method.lower(), str(status))
    if validator is not None:
        validator.validate(body)


@cache
def _template(path: str) -> str | None:
    """Return the path as the document has it; a plain one goes before one with variables."""
    for template in sorted(DOCUMENT["paths"], key=lambda each: ("{" in each, -len(each))):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return str(template)
    return None


@cache
def _validator(template: str, method: str, status: str) -> OAS31Validator | None:
    response = DOCUMENT["paths"][template][method]["responses"][status]
    if "content" not in response:
        return None
    schema = response["content"]["application/json"]["schema"]
    return OAS31Validator(schema | {"components": DOCUMENT["components"]})
