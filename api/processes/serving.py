"""A process that serves, from its start to its end: the ready line in between."""

from collections.abc import Awaitable, Callable

import structlog

from api.processes.composition import Process
from api.processes.stopping import FAILED_SECONDS, Stopping
from streams.settings import Settings

log = structlog.get_logger(__name__)

Opening = Callable[[Process], Awaitable[str]]
"""Opens the parts of a process and returns what the ready line says after ``ready``."""


async def serve(settings: Settings, opening: Opening) -> None:
    """Open a process, say that it is ready, and close it when asked to.

    Raises what the opening raises, and what a part has failed with for good.
    """
    async with Stopping() as stopping, Process(settings) as process:
        says = await opening(process)
        print(f"ready {says}", flush=True)
        try:
            await process.until_failed()
        except Exception as error:
            stopping.set_deadline(FAILED_SECONDS, str(error))
            raise
    if stopping.asked:
        log.info("stopped: what was under way has been finished")
