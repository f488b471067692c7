"""What the other side echoes of a secret does not leave the call: not in outputs, not in errors."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from streams.actions.answers import BODY_BYTES_MAX
from tests.streams.actions.attempts import attempt, failure, running
from tests.streams.actions.raw import answering, response

SECRET = "t0p/s3cret+key"
TICKET = {"project": "SEC", "summary": "a"}


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    """Where the secret lies."""
    (tmp_path / "API_KEY").write_text(SECRET)
    return tmp_path


async def test_an_error_that_quotes_the_credentials_is_redacted(secrets_dir: Path) -> None:
    sent = b64encode(f"soc@example.com:{SECRET}".encode())
    async with answering(response(b"not you: Basic " + sent, status="401 Unauthorized")) as url:
        entry = {
            "connector": "jira",
            "base_url": url,
            "email": "soc@example.com",
            "token": "secret:API_KEY",
        }
        async with running({"act-jira-create": entry}, secrets_dir) as actions:
            error = await failure(actions, attempt("act-jira-create", TICKET))
    assert "[secret API_KEY]" in str(error)
    assert sent.decode() not in str(error)


async def test_a_token_that_stands_in_the_file_itself_is_redacted_too() -> None:
    async with answering(response(SECRET.encode(), status="403 Forbidden")) as url:
        entry = {"connector": "slack", "base_url": url, "token": SECRET}
        async with running({"act-slack-notify": entry}) as actions:
            said = {"channel": "#a", "message": "b"}
            error = await failure(actions, attempt("act-slack-notify", said))
    assert "[secret token]" in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize("echo", [SECRET, quote(SECRET, safe=""), f'{{"a": "{SECRET}"}}'])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_an_output_that_quotes_a_secret_of_the_step_is_redacted(
    secrets_dir: Path, echo: str, content_type: str
) -> None:
    async with answering(response(echo.encode(), content_type=content_type)) as url:
        said = {"url": f"{url}/?key={{{{ secrets.API_KEY }}}}"}
        parts = {"/url": (f"{url}/?key=", {"secret": "API_KEY"})}
        async with running(None, secrets_dir) as actions:
            output = await actions.run(attempt("act-http-request", said, secrets=parts))
    assert "[secret API_KEY]" in str(output["body"])
    assert "s3cret" not in str(output)


async def test_a_secret_that_stands_where_a_body_is_cut_leaves_no_half(secrets_dir: Path) -> None:
    body = b"a" * (BODY_BYTES_MAX - 10) + SECRET.encode() + b"b" * 10_000
    async with answering(response(body)) as url:
        said = {"url": url, "headers": {"X-Key": "{{ secrets.API_KEY }}"}}
        parts = {"/headers/X-Key": ({"secret": "API_KEY"},)}
        async with running(None, secrets_dir) as actions:
            output = await actions.run(attempt("act-http-request", said, secrets=parts))
    assert output["truncated"]
    assert "t0p" not in output["body"]


async def test_a_secret_with_a_line_break_cannot_add_a_header(tmp_path: Path) -> None:
    (tmp_path / "API_KEY").write_text("xoxb-1\nX-Injected: 1")
    entry = {"connector": "slack", "token": "secret:API_KEY"}
    async with running({"act-slack-notify": entry}, tmp_path) as actions:
        said = {"channel": "#a", "message": "b"}
        error = await failure(actions, attempt("act-slack-notify", said))
    assert error.code == "not_configured"
    assert "token: has a line break" in str(error)
    assert "xoxb" not in str(error)
