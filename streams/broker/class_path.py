"""Kafka's class path: all of its jars, of which those that are missing are downloaded first."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from streams.broker.jars import Jar, cache_directory, listed
from streams.broker.progress import Progress


async def class_path(progress: Progress) -> str:
    """Return Kafka's class path; what is missing is downloaded first.

    Raises DownloadError, and DirectoryError when the cache directory cannot be written.
    """
    jars, directory = listed(), cache_directory()
    if not all(jar.is_in(directory) for jar in jars):
        await _download(jars, directory, progress)
    return str(directory / "*")


async def _download(jars: list[Jar], directory: Path, progress: Progress) -> None:
    # Only here: it takes half a second to import, and is needed once.
    from streams.broker.downloads import Download

    loop = asyncio.get_running_loop()
    tell: Callable[[str], object] = lambda text: loop.call_soon_threadsafe(progress, text)  # noqa: E731
    download = Download(directory, jars, tell)
    try:
        await asyncio.to_thread(download.run)
    finally:
        # The thread is still at work when it is the waiting that was cancelled.
        download.stop()
