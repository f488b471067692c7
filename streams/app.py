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

    def _create_directories(self) -> None:
        """Make none where the process has been started: they are for tables, and there are none."""

    async def on_shutdown(self) -> None:
        """Close the loop of the consumer thread, which Faust makes although it never starts it."""
        await super().on_shutdown()
        thread: Any = getattr(self.consumer, "_thread", None)
        if thread is not None:
            thread.thread_loop.close()


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


async def put(channel: faust.ChannelT[Batch[Any]], batch: Batch[Any]) -> None:
    """Hand a batch to the agent on ``channel``; wait while it has enough to do."""
    # Faust passes on as it is what is no event of its own.
    await channel.put(batch)  # type: ignore[arg-type]
