"""Commands of documents: by what they are run, and what their agent or gateway is asked.

``http-api`` is run here. Every other type is somebody's program on somebody's machine: what
runs it the operator says, under ``cacao:<type>`` (PLAYBOOKS_ACTIONS_FILE).
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from engine.cacao import secrets, variables
from schemas.messages import JsonObject, SecretParts
from schemas.workflows import CommandStep

PREFIX = "cacao:"
HTTP = "http-api"
MANUAL = "manual"

Find = Callable[[str], str]
"""From the name of a variable to its value. Raises what its caller catches."""

_LINE_LENGTH_MAX = 8_192
_PROTOCOL = re.compile(r"HTTP/?[\d.]+", re.ASCII | re.IGNORECASE)
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_PLACES = ("url", "dname", "ipv4", "ipv6")
_TLS_PORTS = frozenset({"443", "8443"})


class CommandError(ValueError):
    """A command that cannot be run as it is written."""


class Request(NamedTuple):
    """What an action is asked. secrets: JSON pointer into ``parameters`` → parts of the text."""

    parameters: JsonObject
    secrets: dict[str, SecretParts]


def action_ref(command_type: str) -> str:
    """Return the reference of the action that runs commands of a type."""
    return PREFIX + re.sub(r"[^A-Za-z0-9._-]", "-", command_type)


def problem(command: JsonObject, hosts: list[JsonObject]) -> str | None:
    """Return why an HTTP command cannot be sent, or not as it is; None: it can.

    hosts: the target and the agent, as far as there are any.
    """
    try:
        _, path = _line(command)
        is_whole = _ABSOLUTE.match(path) or variables.uses(path.partition("/")[0])
        if not is_whole and _base(hosts, lambda name: name) is None:
            return (
                "neither it nor a target or agent says an address; it is sent only where "
                f"{PREFIX}{HTTP} has a base_url in PLAYBOOKS_ACTIONS_FILE"
            )
        _content(command, lambda name: name)
    except CommandError as error:
        return str(error)
    return None


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a command, an agent or a target."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def told(command: JsonObject) -> str:
    """Return what a command says, for people. Raises CommandError."""
    said = command.get("command")
    if isinstance(said, str) and said:
        return said
    return _decoded(command, "command_b64") or ""


def request(step: CommandStep, find: Find) -> Request:
    """Return what the action behind a step is asked. Raises CommandError, and what find does."""
    if step.command["type"] == HTTP:
        return _http(step, find)
    parameters: JsonObject = {"command": _filled(step.command, find)}
    for name in ("agent", "target"):
        if (part := getattr(step, name)) is not None:
            parameters[name] = _filled(part, find)
    if step.authentication is not None:
        parameters["authentication"] = _filled(secrets.public(step.authentication), find)
    return Request(parameters, {})


def _http(step: CommandStep, find: Find) -> Request:
    method, path = _line(step.command)
    path = _addressed(path, find)
    hosts = [host for host in (step.target, step.agent) if host is not None]
    base = None if _ABSOLUTE.match(path) else _base(hosts, find)
    # Without one the operator may have said where such commands go.
    url = path if base is None else _joined(base, path)
    parameters: JsonObject = {"method": method.upper(), "url": url}
    headers = step.command.get("headers")
    if isinstance(headers, dict) and headers:
        parameters["headers"] = {name: _header(said, find) for name, said in headers.items()}
    content = _content(step.command, find)
    if content is not None:
        parameters["content"] = content
    return _signed(parameters, step.authentication or {}, find)


def _line(command: JsonObject) -> tuple[str, str]:
    said = command.get("command")
    words = said.split() if isinstance(said, str) and len(said) <= _LINE_LENGTH_MAX else []
    if len(words) > 2 and _PROTOCOL.fullmatch(words[-1]):
        words.pop()
    if len(words) < 2 or not words[0].isalpha():
        raise CommandError("an http-api command is a request line: POST /path HTTP/1.1")
    return words[0], " ".join(words[1:])


def _addressed(path: str, find: Find) -> str:
    """Return the address of a request line. A value stays within its part of it.

    Only one that the line begins with may be a whole address.
    """
    names = variables.uses(path)
    if names and path.startswith((names[0], f"$${names[0][2:-2]}$$")):
        first = variables.filled(path, lambda name: find(name) if name == names[0] else "")
        if _ABSOLUTE.match(first):
            return variables.filled(
                path, lambda name: find(name) if name == names[0] else quote(find(name), safe=":@")
            )
    return variables.filled(path, lambda name: quote(find(name), safe=":@"))


def _joined(base: str, path: str) -> str:
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def _base(hosts: list[JsonObject], find: Find) -> str | None:
    """Return the address of the first host that has one."""
    for host in hosts:
        addresses = host.get("address")
        if not isinstance(addresses, dict):
            continue
        for place in _PLACES:
            said = addresses.get(place)
            first = said[0] if isinstance(said, list) and said else said
            if isinstance(first, str) and first:
                return _url(variables.filled(first, find), place, host.get("port"))
    return None


def _url(address: str, place: str, port: Any) -> str:
    if _ABSOLUTE.match(address):
        return address
    number = str(port) if isinstance(port, str | int) and not isinstance(port, bool) else ""
    host = f"[{address}]" if place == "ipv6" and not address.startswith("[") else address
    scheme = "https" if number in _TLS_PORTS else "http"
    # Without a port it is 80, by the standard (7.7).
    return f"{scheme}://{host}:{number}" if number else f"{scheme}://{host}"


def _content(command: JsonObject, find: Find) -> str | None:
    """Return the body of a request; in JSON, a value stays within its text."""
    said = command.get("content")
    content = said if isinstance(said, str) and said else _decoded(command, "content_b64")
    if content is None:
        return None
    is_json = isinstance(variables.parsed(content.strip() or '""'), dict | list)
    return variables.filled(content, (lambda name: _escaped(find(name))) if is_json else find)


def _escaped(value: str) -> str:
    return orjson.dumps(value).decode()[1:-1]


def _decoded(command: JsonObject, key: str) -> str | None:
    said = command.get(key)
    if not isinstance(said, str) or not said:
        return None
    try:
        return b64decode(said, validate=True).decode()
    except (Base64Error, ValueError):
        raise CommandError(f"{key} is not a text in base64") from None


def _header(said: Any, find: Find) -> str:
    each = said if isinstance(said, list) else [said]
    return ", ".join(variables.filled(variables.text(value), find) for value in each)


def _signed(parameters: JsonObject, authentication: JsonObject, find: Find) -> Request:
    """Add what authenticates; the secret itself is filled in where the request is sent."""
    secret = secrets.secret_name(authentication)
    where = "token" if authentication.get("type") == "oauth2" else "password"
    said = authentication.get(where)
    if secret is None and not isinstance(said, str):
        return Request(parameters, {})
    if where == "token":
        header = authentication.get("oauth_header")
        parameters["token_header"] = header if isinstance(header, str) else "Authorization"
    else:
        user = authentication.get("user_id") or authentication.get("username") or ""
        parameters["user"] = variables.filled(variables.text(user), find)
    if secret is None:
        return Request(parameters | {where: variables.filled(str(said), find)}, {})
    # The reference as a template would show it; the parts say what it is.
    parameters[where] = "{{ secrets." + secret + " }}"
    return Request(parameters, {f"/{where}": ({"secret": secret},)})


def _filled(value: Any, find: Find) -> Any:
    if isinstance(value, str):
        return variables.filled(value, find)
    if isinstance(value, dict):
        return {name: _filled(each, find) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, find) for each in value]
    return value
