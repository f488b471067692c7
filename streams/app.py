"""The Faust application: agents and their supervision, without a Kafka client of its own.

Faust's consumer reads uncommitted records and acknowledges what has failed, so it stays
off; the agents are fed by ``streams/transactions.py``.
"""

from typing import Any

import faust
from faust.app.base import BootStrategy

from streams.batches import Batch


class _AgentsOnly(BootStrategy):
    """Boots the agents and nothing that would talk to Kafka."""

    enable_kafka_consumer = False
    enable_kafka_producer = False


class _App(faust.App):
    BootStrategy = _AgentsOnly


def create_app(name: str) -> faust.App:
    """Return an application with no agents yet."""
    return _App(
        name,
        # Never connected to; Faust insists on an address.
        broker="kafka://127.0.0.1:9092",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        # Printing is the terminal's business (and the redirection costs in hot loops).
        worker_redirect_stdouts=False,
    )


def batch_channel(app: faust.App) -> faust.ChannelT[Batch[Any]]:
    """Return a channel for the batches of one agent: a few may wait, no more."""
    return app.channel(maxsize=4)
