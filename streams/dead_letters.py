"""Dead letters: what no agent could handle is parked, whole and with its reason.

Faust acknowledges a message even when the agent's body raises, so a record that is not
parked here would vanish. A refused command is not a dead letter (``rejections``), and a
failing action is neither (``FailStep``): a dead letter is poison, or a bug.
"""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from schemas.commands import CommandBase
from schemas.dead_letters import DeadLetter, RecordHeader
from streams import metrics, topics
from streams.batches import Batch, StateError
from streams.codecs import encode
from streams.topics import Topic

log = structlog.get_logger(__name__)

_REASON_LENGTH = 2_000


@contextmanager
def dead_letter(batch: Batch[Any], record: ConsumerRecord[Any, Any], agent: str) -> Iterator[None]:
    """Park ``record`` if the body raises, together with nothing that the body had emitted.

    The next record is handled as if this one had not been there. Raises StateError.
    """
    emitted, measured = len(batch.emissions), len(batch.measures)
    try:
        yield
    except StateError:
        raise
    except Exception as error:
        del batch.emissions[emitted:], batch.measures[measured:]
        letter = letter_of(record, agent, reason_of(error), batch.at)
        batch.emit(topics.DEAD_LETTERS, record.key or b"", letter)
        batch.measure(partial(metrics.parked, agent))
        log.warning(
            "record parked as dead letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            agent=agent,
            reason=letter.reason,
        )


@contextmanager
def dead_command(batch: Batch[Any], command: CommandBase, agent: str) -> Iterator[None]:
    """Park a command that stands on no topic: a timer that cannot be fired must not block.

    Raises StateError.
    """
    of_topic = topics.EXECUTION_COMMANDS
    with _dead_timer(batch, of_topic, command.execution_id, encode(command), agent):
        yield


@contextmanager
def dead_snapshot(batch: Batch[Any], execution_id: str, agent: str) -> Iterator[None]:
    """Park an execution in which something is due and which cannot be read: others must go on.

    It stays as it is: its next command is parked as well. Raises StateError.
    """
    with _dead_timer(batch, topics.EXECUTION_SNAPSHOTS, execution_id, None, agent):
        yield


@contextmanager
def _dead_timer(
    batch: Batch[Any], topic: Topic, execution_id: str, value: bytes | None, agent: str
) -> Iterator[None]:
    emitted, measured = len(batch.emissions), len(batch.measures)
    try:
        yield
    except StateError:
        raise
    except Exception as error:
        del batch.emissions[emitted:], batch.measures[measured:]
        batch.measure(partial(metrics.parked, agent))
        letter = DeadLetter(
            topic=topic.name,
            partition=batch.partition,
            offset=-1,
            key=_in_base64(execution_id.encode()),
            value=_in_base64(value),
            agent=agent,
            reason=reason_of(error),
            at=batch.at,
        )
        batch.emit(topics.DEAD_LETTERS, execution_id, letter)
        log.exception("timer parked as dead letter", execution_id=execution_id)


def letter_of(
    record: ConsumerRecord[Any, Any], agent: str, reason: str, at: datetime
) -> DeadLetter:
    """Return the dead letter of ``record``."""
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=_in_base64(record.key),
        value=_in_base64(record.value),
        headers=tuple(
            RecordHeader(name=name, value=_in_base64(value)) for name, value in record.headers
        ),
        agent=agent,
        reason=reason,
        at=at,
    )


def reason_of(error: Exception) -> str:
    """Return in one line why a record could not be handled."""
    if isinstance(error, ValidationError):
        details = (
            f"{'.'.join(str(part) for part in detail['loc']) or 'the value'}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False)
        )
        return f"not a valid message: {'; '.join(details)}"[:_REASON_LENGTH]
    return f"{type(error).__name__}: {error}"[:_REASON_LENGTH]


def _in_base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()
