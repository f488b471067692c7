"""Jira, as far as the stand-in is it: create an issue, search by label (API v2 and v3)."""

import re
from base64 import b64decode
from collections import deque
from typing import Any

import orjson
from aiohttp import web

_LABEL = re.compile(r'labels\s*=\s*"([^"]*)"')
_SUMMARY_LENGTH_MAX = 255


class Jira:
    """Keeps the issues that it was asked to create, and refuses what Jira refuses."""

    def __init__(self, token: str, issues_max: int) -> None:
        self.issues: deque[dict[str, Any]] = deque(maxlen=issues_max)
        self._token = token
        self._created = 0

    async def create(self, request: web.Request) -> web.Response:
        """Answer ``POST /rest/api/{api}/issue``."""
        if not self._allowed(request):
            return _refused(401, "You are not authenticated.")
        fields = (await _object(request)).get("fields")
        if not isinstance(fields, dict):
            return _refused(400, "fields is required")
        if errors := _errors(fields, api=request.match_info["api"]):
            return web.json_response({"errorMessages": [], "errors": errors}, status=400)
        self._created += 1
        issue = {
            "id": str(10_000 + self._created),
            "key": f"{fields['project']['key']}-{self._created}",
            "fields": fields,
        }
        self.issues.append(issue)
        return web.json_response({"id": issue["id"], "key": issue["key"]}, status=201)

    async def search(self, request: web.Request) -> web.Response:
        """Answer a search for ``labels = "…"``, the only one that it understands."""
        if not self._allowed(request):
            return _refused(401, "You are not authenticated.")
        asked = await _object(request)
        label = _LABEL.search(str(asked.get("jql", "")))
        if label is None:
            return _refused(400, "The JQL query is not understood here.")
        found = [each for each in self.issues if label[1] in each["fields"]["labels"]]
        most = asked.get("maxResults")
        shown = found[: most if isinstance(most, int) else 50]
        return web.json_response({"issues": shown, "isLast": len(shown) == len(found)})

    def _allowed(self, request: web.Request) -> bool:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            try:
                credentials = b64decode(credentials).decode().partition(":")[2]
            except ValueError:
                return False
        return credentials == self._token


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.read())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _errors(fields: dict[str, Any], *, api: str) -> dict[str, str]:
    """Return what Jira would say against the fields of an issue."""
    errors = {}
    match fields.get("project"):
        case {"key": str(key)} if key:
            pass
        case _:
            errors["project"] = "project is required"
    match fields.get("issuetype"):
        case {"name": str(name)} if name:
            pass
        case _:
            errors["issuetype"] = "Specify a valid issue type"
    summary = fields.get("summary")
    if not isinstance(summary, str) or not summary.strip():
        errors["summary"] = "You must specify a summary of the issue."
    elif "\n" in summary or len(summary) > _SUMMARY_LENGTH_MAX:
        errors["summary"] = "The summary is invalid: one line of at most 255 characters."
    labels = fields.setdefault("labels", [])
    if not isinstance(labels, list) or any(" " in str(label) for label in labels):
        errors["labels"] = "The label contains spaces which is invalid."
    match api, fields.get("description"):
        case _, None:
            pass
        case "3", {"type": "doc", "version": 1, "content": list()}:
            pass
        case "2", str():
            pass
        case _:
            errors["description"] = "Operation value must be an Atlassian Document"
            if api == "2":
                errors["description"] = "Operation value must be a string"
    return errors


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"errorMessages": [message], "errors": {}}, status=status)
