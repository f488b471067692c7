"""Commands: what is asked of an agent or a gateway, with every value kept within its place."""

from base64 import b64encode
from typing import Any

import pytest

from engine.cacao.commands import CommandError, Request, problem, request
from engine.cacao.secrets import secret_name
from schemas.workflows import CommandStep

HOST = {"type": "http-api", "address": {"url": ["https://api.example.com/v1/"]}}


def asked(values: dict[str, str] | None = None, **says: Any) -> Request:
    """Return the request of an HTTP command on HOST, unless it says otherwise."""
    command = {"type": "http-api", "command": "GET /x HTTP/1.1"} | says.pop("command", {})
    step = CommandStep(
        id="one",
        pointer="",
        action_ref="cacao:http-api",
        command=command,
        **{"target": HOST} | says,
    )
    return request(step, (values or {}).__getitem__)


def url(line: str, values: dict[str, str] | None = None, **says: Any) -> str:
    found: str = asked(values, command={"command": line}, **says).parameters["url"]
    return found


def test_a_request_line_is_taken_apart() -> None:
    found = asked(command={"command": "post /alerts?x=1 HTTP/1.1", "headers": {"A": ["1", "2"]}})
    assert found.parameters == {
        "method": "POST",
        "url": "https://api.example.com/v1/alerts?x=1",
        "headers": {"A": "1, 2"},
    }


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"dname": ["example.com"]}, "http://example.com/x"),
        ({"ipv4": ["192.0.2.7"]}, "http://192.0.2.7/x"),
        ({"ipv6": ["2001:db8::7"]}, "http://[2001:db8::7]/x"),
        ({"url": ["https://example.com"], "ipv4": ["192.0.2.7"]}, "https://example.com/x"),
    ],
)
def test_the_address_is_that_of_the_target(host: dict[str, Any], expected: str) -> None:
    assert url("GET /x HTTP/1.1", target={"address": host}) == expected


@pytest.mark.parametrize(("port", "scheme"), [("443", "https"), ("8080", "http")])
def test_a_port_decides_the_scheme(port: str, scheme: str) -> None:
    host = {"address": {"dname": ["example.com"]}, "port": port}
    assert url("GET /x", target=host) == f"{scheme}://example.com:{port}/x"


def test_without_an_address_of_the_target_that_of_the_agent_is_taken() -> None:
    assert url("GET /x", target={"type": "individual"}, agent=HOST).startswith("https://api.")


def test_an_absolute_address_needs_no_target() -> None:
    assert url("GET https://example.com/y", target=None) == "https://example.com/y"


def test_an_address_may_be_a_variable() -> None:
    host = {"address": {"ipv4": ["__ip__:value"]}}
    assert url("GET /x", {"__ip__": "192.0.2.7"}, target=host) == "http://192.0.2.7/x"


def test_a_value_stays_within_its_part_of_the_address() -> None:
    values = {"__id__": "../admin?x=1&y#z"}
    assert url("GET /users/__id__:value/mail?of=__id__:value", values) == (
        "https://api.example.com/v1/users/..%2Fadmin%3Fx%3D1%26y%23z/mail"
        "?of=..%2Fadmin%3Fx%3D1%26y%23z"
    )


def test_only_what_begins_a_line_may_be_a_whole_address() -> None:
    values = {"__base__": "https://example.com/v2", "__id__": "a/b"}
    assert url("GET __base__:value/x/__id__:value", values) == "https://example.com/v2/x/a%2Fb"


def test_a_value_stays_within_its_text_in_json() -> None:
    content = '{"title": "__t__:value", "n": __n__:value}'
    values = {"__t__": 'a "quote"\nand \\ more', "__n__": "5"}
    found = asked(values, command={"content": content.replace("__n__:value", "5")})
    assert found.parameters["content"] == '{"title": "a \\"quote\\"\\nand \\\\ more", "n": 5}'


def test_content_in_base64_is_a_text_like_any() -> None:
    encoded = b64encode(b'{"a": "__t__:value"}').decode()
    found = asked({"__t__": '"'}, command={"content_b64": encoded})
    assert found.parameters["content"] == '{"a": "\\""}'


@pytest.mark.parametrize(
    "command", [{"command": "GET"}, {"command": "/x"}, {"command": 5}, {"content_b64": "é"}]
)
def test_what_is_no_request_is_an_error(command: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        asked(command=command)
    assert problem({"type": "http-api", "command": "GET /x"} | command, [HOST]) is not None


def test_a_secret_goes_by_its_name() -> None:
    auth = {"type": "http-basic", "user_id": "root", "kms": True, "kms_key_identifier": "CACAO_X"}
    found = asked(authentication=auth)
    assert found.parameters["user"] == "root"
    assert found.secrets == {"/password": ({"secret": "CACAO_X"},)}


def test_a_token_goes_in_the_header_that_the_document_says() -> None:
    auth = {
        "type": "oauth2",
        "oauth_header": "X-Token",
        "kms": True,
        "kms_key_identifier": "CACAO_X",
    }
    found = asked(authentication=auth)
    assert found.parameters["token_header"] == "X-Token"
    assert found.secrets == {"/token": ({"secret": "CACAO_X"},)}


def test_a_document_cannot_name_the_secrets_of_others() -> None:
    auth = {"kms": True, "kms_key_identifier": "SLACK_TOKEN"}
    assert secret_name(auth) == "CACAO_SLACK_TOKEN"


def test_what_runs_other_commands_is_told_no_secret() -> None:
    step = CommandStep(
        id="one",
        pointer="",
        action_ref="cacao:ssh",
        command={"type": "ssh", "command": "id __who__:value"},
        authentication={"type": "user-auth", "username": "root", "password": "__pw__:value"},
    )
    found = request(step, {"__who__": "eve"}.__getitem__)
    assert found.parameters == {
        "command": {"type": "ssh", "command": "id eve"},
        "authentication": {"type": "user-auth", "username": "root"},
    }
