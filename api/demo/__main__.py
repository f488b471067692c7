"""The stand-in as a program of its own, ``python -m api.demo HOST PORT``: for containers.

Prints what it is sent, a line each, until it is asked to stop.
"""

import asyncio
import sys

from api.cli.output import printable
from api.demo import scenario
from api.demo.received import Received
from api.demo.stand_in import StandIn
from api.processes.stopping import Stopping


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, with the credential service out of order at first."""
    stand_in = StandIn(host=host, port=port, tell=_show)
    async with Stopping():
        print(f"ready {await stand_in.start()}", flush=True)
        scenario.prepare(stand_in)
        try:
            await asyncio.Event().wait()
        finally:
            await stand_in.stop()


def _show(received: Received) -> None:
    refused = " (refused on purpose)" if received.failed else ""
    print(printable(f"{received.kind}{refused}: {received.text}"), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
