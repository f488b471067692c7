"""The download of Kafka's jars by jgo: several at once, checked, each put in place when whole.

The sources are those of jgo: the local Maven repository, the mirrors under [repositories] in
its configuration file, Maven Central. Blocking; ``class_path.py`` runs it in a thread.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import truststore
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext, PythonResolver

from streams.broker.errors import DirectoryError, DownloadError
from streams.broker.jars import KAFKA_VERSION, Jar

_AT_ONCE = 6
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 30
_TELL_SECONDS = 0.1
_MB = 1_000_000


class StoppedError(Exception):
    """Nobody waits for the download any more."""


def repositories() -> dict[str, str]:
    """Return the Maven repositories by name, in the order in which they are tried."""
    mirrors = dict(GlobalSettings.load().repositories)
    return mirrors | {"central": mirrors.get("central", MAVEN_CENTRAL_URL)}


class Download:
    """Brings the jars that are missing into a directory."""

    def __init__(self, directory: Path, jars: list[Jar], tell: Callable[[str], object]) -> None:
        """tell: is called with the progress, from any thread."""
        self._directory = directory
        self._tell = tell
        self._jars = jars
        self._missing = [jar for jar in jars if not jar.is_in(directory)]
        # Bytes by file; each is written by the one thread that brings the file.
        self._arrived = {jar.file_name: jar.size * (jar not in self._missing) for jar in jars}
        self._told_at = float("-inf")
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make ``run`` give up; without effect when it has ended."""
        self._stopped.set()

    def run(self) -> None:
        """Download. Raises DownloadError, DirectoryError."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with (
                _system_trust(),
                TemporaryDirectory(dir=self._directory, prefix=".download-") as staging,
                ThreadPoolExecutor(_AT_ONCE) as pool,
            ):
                # The largest first, so that none of them is left for the end.
                order = sorted(self._missing, key=lambda jar: -jar.size)
                self._wait([pool.submit(self._fetch, jar, Path(staging)) for jar in order])
        except OSError as error:
            raise DirectoryError(self._directory, str(error)) from error

    def _wait(self, fetches: list[Future[None]]) -> None:
        try:
            for fetch in as_completed(fetches):
                fetch.result()
        except BaseException:
            # The first failure is the one that is told; the others need not go on.
            self.stop()
            raise

    def _fetch(self, jar: Jar, staging: Path) -> None:
        whole = staging / jar.file_name
        local = GlobalSettings.load().repo_cache / jar.path
        if jar.is_sound(local):
            shutil.copyfile(local, whole)
        else:
            self._download(jar, staging / "repository").replace(whole)
        # Last, and at once: whatever is in the directory is whole.
        whole.replace(self._directory / jar.file_name)
        self._show(jar.file_name, jar.size)

    def _download(self, jar: Jar, repository: Path) -> Path:
        context = MavenContext(
            resolver=PythonResolver(progress_callback=self._counted),
            repo_cache=repository,
            remote_repos=repositories(),
            timeout=_TIMEOUT_SECONDS,
        )
        group, artifact, version = jar.coordinate.split(":")
        reason = ""
        for _ in range(_ATTEMPTS):
            file: Path = repository / jar.path
            file.unlink(missing_ok=True)
            try:
                file = context.project(group, artifact).at_version(version).artifact().resolve()
            # What it raises is not documented: requests' errors, RuntimeError for an answer of 404.
            except (OSError, RuntimeError) as error:
                reason = str(error)
            else:
                if jar.is_sound(file):
                    return file
                reason = f"what arrived ({file.stat().st_size} bytes) is not what was listed"
        raise DownloadError(
            KAFKA_VERSION, jar.file_name, list(context.remote_repos.values()), reason
        )

    @contextmanager
    def _counted(self, file_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """Count the bytes of one attempt, as jgo wants its progress shown."""
        arrived = 0

        def count(size: int) -> None:
            nonlocal arrived
            if self._stopped.is_set():
                raise StoppedError
            arrived += size
            if time.monotonic() - self._told_at > _TELL_SECONDS:
                self._show(file_name, arrived)

        yield count

    def _show(self, file_name: str, arrived: int) -> None:
        self._arrived[file_name] = arrived
        self._told_at = time.monotonic()
        jars = sum(self._arrived[jar.file_name] == jar.size for jar in self._jars)
        size = sum(jar.size for jar in self._jars)
        if not self._stopped.is_set():
            self._tell(
                f"downloading Apache Kafka {KAFKA_VERSION}: "
                f"{jars} of {len(self._jars)} jars, "
                f"{sum(self._arrived.values()) // _MB} of {size // _MB} MB"
            )


@contextmanager
def _system_trust() -> Iterator[None]:
    """Trust what the system trusts: a company's own authority is in the system's store only.

    The whole process does so within the block.
    """
    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()
