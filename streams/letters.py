"""Dead letters as operators want them: read back from their topic, and replayed.

``streams/dead_letters.py`` is how they come to be.
"""

from base64 import b64decode
from dataclasses import dataclass

from pydantic import ValidationError

from schemas.dead_letters import DeadLetter
from streams import clients, logs, topic_requests, topics
from streams.settings import Settings


class NotReplayable(Exception):
    """A dead letter cannot be put back where it stood."""

    def __init__(self, letter_id: str, reason: str) -> None:
        super().__init__(f"dead letter {letter_id} cannot be replayed: {reason}")


@dataclass(frozen=True)
class Letter:
    """A dead letter and where it stands. id: ``partition:offset`` on ``dead-letters``."""

    id: str
    letter: DeadLetter

    def of_topic(self, settings: Settings) -> str:
        """Return the topic that the record stood on, without prefix."""
        return self.letter.topic.removeprefix(settings.topic_prefix)


async def read(settings: Settings) -> list[Letter]:
    """Return every dead letter that is kept, oldest first. Raises KafkaError."""
    name = topics.DEAD_LETTERS.named(settings.topic_prefix)
    async with topic_requests.admin(settings) as admin:
        places = (await topic_requests.partitions(admin)).get(name, [])
    found = []
    partitions = [place["partition"] for place in places]
    async for record in logs.history(settings, name, partitions):
        try:
            letter = DeadLetter.model_validate_json(record.value)
        except ValidationError:
            continue  # somebody else's record: the topic is for everybody to write to
        found.append(Letter(f"{record.partition}:{record.offset}", letter))
    return sorted(found, key=lambda each: (each.letter.at, each.id))


async def replay(settings: Settings, letter: Letter) -> None:
    """Put the record back on its topic, behind what stands there. Raises NotReplayable.

    Where a partition counts (all that is keyed by execution id) it goes to its old one. Its headers
    go with it: without them a CloudEvent in binary mode would be its data alone, and be refused.
    """
    inputs = (
        topics.FINDINGS,
        topics.ADMISSIONS,
        topics.EXECUTION_COMMANDS,
        topics.ACTION_REQUESTS,
    )
    of = {topic.named(settings.topic_prefix): topic for topic in inputs}
    of |= {topic.name: topic for topic in inputs}
    topic = of.get(letter.letter.topic)
    if topic is None:
        raise NotReplayable(letter.id, f"nobody reads {letter.letter.topic} as an input")
    if letter.letter.value is None:
        raise NotReplayable(letter.id, "it holds no value")
    headers = [(header.name, _bytes(header.value)) for header in letter.letter.headers]
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(
            topic.named(settings.topic_prefix),
            _bytes(letter.letter.value),
            key=_bytes(letter.letter.key),
            partition=letter.letter.partition,
            headers=headers,
        )


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
