"""Apache Kafka itself: its jars, downloaded once for this user and kept in the cache directory.

``jars.txt`` lists them with SHA-256 and size, as jgo resolves ``org.apache.kafka:kafka_2.13``,
and ``log4j-slf4j-impl``, without which Kafka logs nothing. So nothing is resolved when a broker
starts, progress is known exactly, and nothing runs that is not what was listed.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

KAFKA_VERSION = "4.1.1"

LIST = Path(__file__).with_name("jars.txt")


@dataclass(frozen=True)
class Jar:
    """A jar of Kafka's class path. coordinate: ``group:artifact:version``."""

    sha256: str
    size: int
    coordinate: str

    @property
    def file_name(self) -> str:
        """The name of its file: ``kafka-clients-4.1.1.jar``."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    @property
    def path(self) -> Path:
        """Where it is in any Maven repository."""
        group, artifact, version = self.coordinate.split(":")
        return Path(*group.split("."), artifact, version, self.file_name)

    def is_in(self, directory: Path) -> bool:
        """Tell whether it is there. Only what was found to be sound is put there."""
        with suppress(OSError):
            return (directory / self.file_name).stat().st_size == self.size
        return False

    def is_sound(self, file: Path) -> bool:
        """Tell whether a file is this jar, byte for byte."""
        with suppress(OSError), file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256
        return False


def listed() -> list[Jar]:
    """Return the jars of ``jars.txt``."""
    lines = (line.split() for line in LIST.read_text().splitlines())
    return [Jar(sha256, int(size), coordinate) for sha256, size, coordinate in lines]


def cache_directory() -> Path:
    """Return where the jars are kept; another list is another directory."""
    digest = hashlib.sha256(LIST.read_bytes()).hexdigest()
    return user_cache_path("playbooks") / f"kafka-{KAFKA_VERSION}-{digest[:8]}"
