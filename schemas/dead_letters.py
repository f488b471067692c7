"""Dead letters: what no agent could handle, whole and with its reason."""

from typing import Literal

from schemas.messages import Instant, Message


class DeadLetter(Message):
    """A record on ``dead-letters``, under the key that it had.

    topic, partition, offset: where it stands; offset -1: a timer, which stands on no topic.
    key, value: as they were, in base64.
    agent: who gave up on it. reason: one sentence.
    """

    type: Literal["DeadLetter"] = "DeadLetter"
    topic: str
    partition: int
    offset: int
    key: str | None = None
    value: str | None = None
    agent: str
    reason: str
    at: Instant
