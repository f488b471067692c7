"""``email``: sends a message (SMTP, RFC 5321; Message-ID and headers, RFC 5322).

The ``Message-ID`` is made of the idempotency key: a message that is sent twice is the same one,
which some mailboxes show once. The body is plain text, so nothing in it is followed; line breaks
and commas of a finding can add neither header nor recipient. To whom it may go at all the
operator can say (``domains``).
"""

import re
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

import aiosmtplib
from pydantic import AfterValidator, BeforeValidator, Field

from streams.actions.connector import Call, Connector
from streams.actions.errors import (
    ActionError,
    ConnectionLost,
    ConnectionTimedOut,
    InvalidParameters,
    NotConnected,
    NotTrusted,
    Refused,
    TimedOut,
)
from streams.actions.markdown import line
from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings, Text

SECONDS = 30.0
"""For one command of the protocol."""

SUBJECT_LENGTH_MAX = 500

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})")


def _as_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("is not the address of a mailbox, like soc@example.com")
    return value


Mailbox = Annotated[str, AfterValidator(_as_address)]

Mailboxes = Annotated[
    list[Mailbox],
    Field(min_length=1, max_length=50),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    ),
]


class EmailParameters(ActionParameters):
    """What to say, and to whom."""

    to: Mailboxes = Field(description="An address, or several.")
    subject: Text = Field(min_length=1, description="In one line; cut at 500 characters.")
    body: Text = Field(default="", description="Plain text.")


class EmailSettings(ConnectorSettings):
    """The server that takes the messages, and who sends them."""

    host: str = Field(min_length=1, max_length=255, description="Host of the SMTP server.")
    port: int = Field(default=587, ge=1, le=65_535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none: not at all."
    )
    sender: Mailbox = Field(description="Address that the messages are from.")
    username: str | None = Field(default=None, min_length=1, description="To log in with.")
    password: str | None = Field(default=None, min_length=1, description="Of username.")
    domains: list[str] = Field(
        default_factory=list, description="Domains that may be written to; none said: any."
    )


class EmailOutput(ActionOutput):
    """The message. refused: recipients that the server did not take, with its reason."""

    message_id: str
    accepted: list[str]
    refused: dict[str, str]


class Email(Connector[EmailParameters, EmailSettings]):
    """Sends a message of plain text."""

    name = "email"
    summary = "Sends an email of plain text by SMTP."
    Parameters = EmailParameters
    Settings = EmailSettings
    Output = EmailOutput
    secrets = frozenset({"password"})
    idempotency = "remote_key"
    example_output: ClassVar[Any] = {
        "message_id": "<pb-0f1e2d3c4b5a6978@example.com>",
        "accepted": ["soc@example.com"],
        "refused": {},
    }

    async def run(self, call: Call[EmailSettings], parameters: EmailParameters) -> EmailOutput:
        """Send it, once to all."""
        settings = call.settings
        for address in parameters.to:
            domain = address.rpartition("@")[2].lower()
            if settings.domains and domain not in {each.lower() for each in settings.domains}:
                complaint = f"to: {domain} is none of the domains that the operator allows"
                raise InvalidParameters(call.action_ref, [complaint])
        message = _message(call, parameters)
        server = f"SMTP {settings.host}:{settings.port}"
        client = aiosmtplib.SMTP(timeout=SECONDS, local_hostname="playbook-streams")
        try:
            await _connect(client, call, server)
            try:
                refused, _ = await client.send_message(message, recipients=parameters.to)
            except (aiosmtplib.SMTPException, OSError) as error:
                raise _failure(server, error) from error
        finally:
            client.close()
        return EmailOutput(
            message_id=message["Message-ID"],
            accepted=[each for each in parameters.to if each not in refused],
            refused={each: f"{reply.code} {reply.message}" for each, reply in refused.items()},
        )


def _message(call: Call[EmailSettings], parameters: EmailParameters) -> EmailMessage:
    digest = sha256(call.idempotency_key.encode()).hexdigest()[:32]
    message = EmailMessage(policy=SMTP)
    message["From"] = call.settings.sender
    message["To"] = ", ".join(parameters.to)
    message["Subject"] = line(parameters.subject, SUBJECT_LENGTH_MAX)
    message["Message-ID"] = f"<pb-{digest}@{call.settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
    message["X-Playbook-Step"] = line(f"{call.execution_id}/{call.step_id}", 200)
    message.set_content(parameters.body)
    return message


async def _connect(client: aiosmtplib.SMTP, call: Call[EmailSettings], server: str) -> None:
    """Connect and log in; until then nothing has been sent that has an effect."""
    settings = call.settings
    try:
        await client.connect(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=ssl.create_default_context() if settings.security != "none" else None,
        )
        if settings.username is not None and settings.password is not None:
            await client.login(settings.username, settings.password)
    except (aiosmtplib.SMTPTimeoutError, TimeoutError) as error:
        raise ConnectionTimedOut(server, SECONDS) from error
    except ssl.SSLError as error:
        raise NotTrusted(server, error.reason or "a TLS error") from error
    except aiosmtplib.SMTPResponseException as error:
        raise _failure(server, error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise NotTrusted(server, str(error.__cause__)) from error
        raise NotConnected(server, str(error)[:300]) from error


def _failure(server: str, error: Exception) -> ActionError:
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            first = error.recipients[0]
            return Refused(server, f"{first.code} {first.message}", passing=first.code < 500)
        case aiosmtplib.SMTPResponseException():
            return Refused(server, f"{error.code} {error.message}", passing=error.code < 500)
        case aiosmtplib.SMTPNotSupported():
            return Refused(server, str(error))
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return TimedOut(server, SECONDS)
    return ConnectionLost(server, str(error)[:300] or type(error).__name__)
