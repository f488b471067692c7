"""Secrets in Vault, by real HTTP: found, rotated, and what is said when they cannot be had."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from streams.actions.references import Secrets
from streams.secrets import SecretMissing, SecretUnreadable, secret
from streams.vault import Vault
from tests.streams.actions.attempts import attempt, failure, running
from tests.streams.actions.raw import answering, response

MESSAGE = {"channel": "#a", "message": "b"}


def slack(url: str) -> dict[str, str]:
    return {"connector": "slack", "base_url": url, "token": "secret:SLACK"}


class Server:
    """A KV store of version 2 with one entry."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.values: dict[str, Any] = {}
        self.token = "vault-token"
        self.asked = 0

    def vault(self, token: str = "vault-token", **says: Any) -> Vault:
        """Return how to reach it."""
        return Vault(self.url, "kv/soc/playbooks", SecretStr(token), **says)


@pytest.fixture
def server() -> Iterator[Server]:
    """A stand-in of Vault."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked += 1
            status, answer = 200, {"data": {"data": found.values, "metadata": {"version": 1}}}
            if self.headers["X-Vault-Token"] != found.token:
                status, answer = 403, {"errors": ["permission denied"]}
            elif self.path != "/v1/kv/data/soc/playbooks":
                status, answer = 404, {"errors": []}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(orjson.dumps(answer))

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    found = Server(f"http://127.0.0.1:{http.server_address[1]}")
    thread = Thread(target=http.serve_forever)
    thread.start()
    yield found
    http.shutdown()
    thread.join()
    http.server_close()


def test_a_secret_is_found_in_vault(server: Server) -> None:
    server.values = {"TOKEN": "from vault"}
    assert secret("token", None, server.vault()) == "from vault"


def test_the_environment_and_the_directory_come_first(server: Server, tmp_path: Path) -> None:
    (tmp_path / "TOKEN").write_text("from a file")
    server.values = {"TOKEN": "from vault"}
    assert secret("TOKEN", tmp_path, server.vault()) == "from a file"


def test_what_is_rotated_counts_at_once(server: Server) -> None:
    for value in ("old", "new"):
        server.values = {"TOKEN": value}
        assert secret("TOKEN", None, server.vault()) == value


def test_a_token_that_is_renewed_in_its_file_counts_at_once(server: Server, tmp_path: Path) -> None:
    server.values = {"TOKEN": "value"}
    vault = server.vault("stale", token_file=tmp_path / "vault")
    for server.token in ("first", "second"):
        (tmp_path / "vault").write_text(f"{server.token}\n")
        assert secret("TOKEN", None, vault) == "value"


def test_a_missing_key_is_missed_with_all_three_places(server: Server) -> None:
    with pytest.raises(SecretMissing) as missing:
        secret("TOKEN", None, server.vault())
    assert "PLAYBOOKS_SECRET_TOKEN" in str(missing.value)
    assert "the key TOKEN of kv/soc/playbooks in Vault" in str(missing.value)


def test_a_refusal_of_vault_is_told_without_its_token(server: Server) -> None:
    with pytest.raises(SecretUnreadable) as unreadable:
        secret("TOKEN", None, server.vault("wrong-vault-token"))
    assert "403" in str(unreadable.value)
    assert "wrong-vault-token" not in str(unreadable.value)


def test_a_vault_that_is_away_is_told() -> None:
    with pytest.raises(SecretUnreadable, match="Vault"):
        secret("TOKEN", None, Vault("http://127.0.0.1:1", "secret/playbooks"))


@pytest.mark.parametrize("token", ["vault-token", "wrong-vault-token"])
async def test_vault_is_asked_once_for_all_secrets_of_a_call(server: Server, token: str) -> None:
    server.values = {"A": "a", "B": "b"}
    secrets = Secrets(None, server.vault(token))
    for name in ("A", "B", "A"):
        with suppress(SecretUnreadable):
            secrets.read(name)
    assert server.asked == 1


@pytest.mark.parametrize(
    ("answer", "retryable"),
    [
        (response(b"{}", status="503 Service Unavailable"), True),
        (response(b"{}", status="429 Too Many Requests"), True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", True),
        (b"what it says while it starts\r\n\r\n", True),
        (b"", True),
        (response(b"{}", status="403 Forbidden"), False),
        (response(b"no JSON"), True),
        (response(b"{}"), False),
    ],
)
async def test_what_vault_may_give_in_a_moment_is_asked_for_again(
    answer: bytes, retryable: bool
) -> None:
    async with answering(answer) as url:
        vault = Vault(url, "kv/playbooks", SecretStr("vault-token"))
        async with running({"act-slack-notify": slack(url)}, vault=vault) as actions:
            error = await failure(actions, attempt("act-slack-notify", MESSAGE))
            described = await asyncio.to_thread(actions.describe)
    assert (error.code == "secret_not_found", error.retryable) == (retryable, retryable)
    assert not any(each["configured"] for each in described if each["id"] == "act-slack-notify")


async def test_an_action_reads_its_token_there_and_it_is_taken_out_of_echoes(
    server: Server,
) -> None:
    server.values = {"SLACK": "xoxb-from-vault"}
    async with (
        answering(response(b"no: xoxb-from-vault", status="403 Forbidden")) as url,
        running({"act-slack-notify": slack(url)}, vault=server.vault()) as actions,
    ):
        error = await failure(actions, attempt("act-slack-notify", MESSAGE))
    assert "[secret SLACK]" in str(error)
    assert "xoxb-from-vault" not in str(error)
