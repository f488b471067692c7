"""Dead letters: what no agent could handle, whole and with its reason."""

from typing import Literal

from pydantic import Field

from schemas.messages import Instant, Message, unsaid


class RecordHeader(Message):
    """A header of a record. value: as it was, in base64; None: it had none.

    One name may stand several times, so headers are a list.
    """

    name: str
    value: str | None = None


class DeadLetter(Message):
    """A record on ``dead-letters``, under the key that it had.

    topic, partition, offset: where it stands; offset -1: a timer, which stands on no topic.
    key, value: as they were, in base64.
    headers: in their order; of a CloudEvent in binary mode they are half of what it says.
    agent: who gave up on it. reason: one sentence.
    """

    type: Literal["DeadLetter"] = "DeadLetter"
    topic: str
    partition: int
    offset: int
    key: str | None = None
    value: str | None = None
    headers: tuple[RecordHeader, ...] = Field(default=(), exclude_if=unsaid)
    agent: str
    reason: str
    at: Instant
