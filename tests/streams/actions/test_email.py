"""Email, by a real SMTP server: one message, to whom it was meant and nobody else."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from schemas.commands import FailStep
from streams import attempts
from streams.actions.actions import Actions
from streams.codecs import encode
from tests.streams.actions.attempts import attempt, failure, running

MESSAGE = {"to": "soc@example.com", "subject": "Critical finding", "body": "SQL injection"}


class Mailbox:
    """Takes messages; says no as it is told."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.recipients: list[list[str]] = []
        self.refusing: dict[str, str] = {}
        self.says = "250 taken"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refusing:
            return self.refusing[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says.startswith("250"):
            content = envelope.content
            self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.says


@pytest.fixture
def mailbox() -> Mailbox:
    """What the server takes."""
    return Mailbox()


@pytest.fixture
async def port(mailbox: Mailbox) -> AsyncIterator[int]:
    """The port of an SMTP server that lets in soc with its password."""

    def allowed(server: Any, session: Any, envelope: Any, how: str, data: LoginPassword) -> Any:
        known = data.login == b"soc" and data.password == b"mail-secret"
        return AuthResult(success=known, handled=False)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, authenticator=allowed, auth_require_tls=False, loop=loop),
        "127.0.0.1",
        0,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def settings(port: int, **says: Any) -> dict[str, Any]:
    return {
        "act-email": {
            "connector": "email",
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "playbooks@example.com",
        }
        | says
    }


@pytest.fixture
async def actions(port: int) -> AsyncIterator[Actions]:
    """Actions that send by it."""
    login = {"username": "soc", "password": "mail-secret"}
    async with running(settings(port, **login)) as actions:
        yield actions


async def test_a_message_is_sent(actions: Actions, mailbox: Mailbox) -> None:
    output = await actions.run(attempt("act-email", MESSAGE))
    [message] = mailbox.messages
    assert message["Subject"] == "Critical finding"
    assert message.get_content().strip() == "SQL injection"
    assert output == {
        "message_id": message["Message-ID"],
        "accepted": ["soc@example.com"],
        "refused": {},
    }


async def test_the_same_request_again_is_the_same_message(
    actions: Actions, mailbox: Mailbox
) -> None:
    for _ in range(2):
        await actions.run(attempt("act-email", MESSAGE))
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_finding_adds_neither_header_nor_recipient(
    actions: Actions, mailbox: Mailbox
) -> None:
    subject = "a\r\nBcc: evil@example.net\r\n\r\nbody"
    await actions.run(attempt("act-email", MESSAGE | {"subject": subject, "body": "\r\n.\r\nQUIT"}))
    [message] = mailbox.messages
    assert message["Bcc"] is None
    assert mailbox.recipients == [["soc@example.com"]]
    assert "QUIT" in message.get_content()


@pytest.mark.parametrize(
    "to",
    ["soc@example.com, evil@example.net", "soc@example.com\r\nRCPT TO:<evil@example.net>",
     "Name <a@example.com>", "a", "", [], "<a@example.com>", "a@exa mple.com"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(actions: Actions, mailbox: Mailbox, to: Any) -> None:
    error = await failure(actions, attempt("act-email", MESSAGE | {"to": to}))
    assert error.code == "invalid_parameters"
    assert mailbox.messages == []


async def test_only_domains_that_the_operator_allows_are_written_to(port: int) -> None:
    async with running(settings(port, domains=["Example.com"])) as actions:
        assert await actions.run(attempt("act-email", MESSAGE))
        error = await failure(actions, attempt("act-email", MESSAGE | {"to": "a@example.net"}))
    assert error.code == "invalid_parameters"


async def test_who_is_refused_is_named(actions: Actions, mailbox: Mailbox) -> None:
    mailbox.refusing["gone@example.com"] = "550 no such mailbox"
    to = ["soc@example.com", "gone@example.com"]
    output = await actions.run(attempt("act-email", MESSAGE | {"to": to}))
    assert output["accepted"] == ["soc@example.com"]
    assert "no such mailbox" in output["refused"]["gone@example.com"]


@pytest.mark.parametrize(
    ("says", "retryable"), [("451 come again later", True), ("554 spam", False)]
)
async def test_a_no_is_tried_again_if_it_is_for_now(
    actions: Actions, mailbox: Mailbox, says: str, retryable: bool
) -> None:
    mailbox.says = says
    error = await failure(actions, attempt("act-email", MESSAGE))
    assert (error.code, error.retryable) == ("refused", retryable)
    assert says[4:] in str(error)
    mailbox.says = "250 taken"
    assert await actions.run(attempt("act-email", MESSAGE))


async def test_a_wrong_password_is_refused_and_not_shown(port: int) -> None:
    login = {"username": "soc", "password": "wrong-secret"}
    async with running(settings(port, **login)) as actions:
        error = await failure(actions, attempt("act-email", MESSAGE))
    assert (error.code, error.retryable) == ("refused", False)
    assert "wrong-secret" not in str(error)


async def test_no_encryption_where_it_is_wanted_is_a_failure(port: int, mailbox: Mailbox) -> None:
    async with running(settings(port, security="starttls")) as actions:
        await failure(actions, attempt("act-email", MESSAGE))
    assert mailbox.messages == []


@asynccontextmanager
async def talking(*answers: bytes) -> AsyncIterator[int]:
    """Serve given answers, one for each command, then hang up; gives the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            if answer.startswith(b"354"):
                await reader.readuntil(b"\r\n.\r\n")
            else:
                await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_connection_lost_after_the_message_is_an_unknown_outcome() -> None:
    answers = (b"220 a\r\n", b"250 a\r\n", b"250 a\r\n", b"250 a\r\n", b"354 go\r\n")
    async with talking(*answers) as port, running(settings(port)) as actions:
        result = await attempts.run(actions, attempt("act-email", MESSAGE))
    assert isinstance(result, FailStep)
    assert result.error.code == "outcome_unknown"


async def test_a_refusal_in_another_charset_is_reported() -> None:
    answers = (b"220 a\r\n", b"250 a\r\n", b"250 a\r\n", b"550 bo\xeete pleine\r\n", b"250 a\r\n")
    async with talking(*answers) as port, running(settings(port)) as actions:
        result = await attempts.run(actions, attempt("act-email", MESSAGE))
    assert "550 bo\ufffdte pleine".encode() in encode(result)


async def test_what_does_not_speak_smtp_is_a_failure() -> None:
    async with talking(b"HTTP/1.1 400 Bad Request\r\n") as port, running(settings(port)) as actions:
        error = await failure(actions, attempt("act-email", MESSAGE))
    assert error.code in ("connection_failed", "refused")


async def test_a_server_that_is_away_is_tried_again() -> None:
    async with talking() as port:
        pass
    async with running(settings(port)) as actions:
        error = await failure(actions, attempt("act-email", MESSAGE))
    assert (error.code, error.retryable) == ("connection_failed", True)
