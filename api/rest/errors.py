"""Errors as they are answered: ``{"status": "error", "error": {"code", "message", …}}``.

Codes are stable lower_snake_case words. A message says what is wrong and what to do.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from aiohttp import web

from schemas.problems import Problem


class ApiError(Exception):
    """A request that is refused.

    facts: what the error says besides code and message. headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.facts = facts


def unknown(noun: str, named: str) -> ApiError:
    """Return the 404 for a ``playbook``, ``execution`` … that is not there."""
    return ApiError(404, f"{noun.replace(' ', '_')}_not_found", f"there is no {noun} {named}")


def conflict(code: str, message: str) -> ApiError:
    """Return the 409 for what cannot be done as things stand."""
    return ApiError(409, code, message)


def malformed(message: str, code: str = "malformed_body") -> ApiError:
    """Return the 400 for a body that is not the JSON or YAML it says it is."""
    return ApiError(400, code, message)


def invalid(noun: str, problems: Iterable[Problem]) -> ApiError:
    """Return the 422 that lists everything that is wrong with a document."""
    errors = [{"pointer": p.pointer, "message": p.message} for p in problems]
    many = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return ApiError(422, f"invalid_{noun}", f"{many} in the {noun}: see errors", errors=errors)


def error_response(error: ApiError) -> web.Response:
    """Return the answer that tells an error."""
    # What a header or a path holds beside UTF-8 cannot be told back.
    message = error.message.encode("utf-8", "replace").decode()
    said = {"code": error.code, "message": message, **error.facts}
    return web.Response(
        status=error.status,
        body=orjson.dumps({"status": "error", "error": said}),
        content_type="application/json",
        headers=error.headers,
    )
