"""The directory that Kafka is started in: ``kafka`` within the data directory.

data               what Kafka keeps; there only once it is formatted
data.new           one that is being formatted
tmp                libraries that Kafka unpacks
server.properties, log4j2.properties
"""

import asyncio
import base64
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path
from uuid import uuid4

from streams.broker import configuration, java
from streams.broker.errors import DirectoryError

_NEW = f"{configuration.DATA}.new"


def home(data_dir: Path) -> Path:
    """Return the directory that Kafka is started in."""
    return data_dir / "kafka"


def log_file(data_dir: Path) -> Path:
    """Return the file that Kafka logs to."""
    return data_dir / "broker.log"


def prepare(data_dir: Path) -> None:
    """Make the directories. Raises DirectoryError when that is not possible."""
    try:
        # The directory holds keys too.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = home(data_dir)
        place.mkdir(exist_ok=True)
        temporary = place / configuration.TEMPORARY
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
    except OSError as error:
        raise DirectoryError(data_dir, str(error)) from error


def configure(data_dir: Path, port: int, controller_port: int) -> None:
    """Write what Kafka is told."""
    place = home(data_dir)
    text = configuration.server_properties(port, controller_port)
    (place / "server.properties").write_text(text)
    (place / "log4j2.properties").write_text(configuration.log4j_properties())


def is_formatted(data_dir: Path) -> bool:
    """Tell whether Kafka can start on the directory."""
    return (home(data_dir) / configuration.DATA / "meta.properties").exists()


async def format_data(data_dir: Path, class_path: str) -> None:
    """Format the directory, which is not formatted. Raises DirectoryError.

    It is formatted beside and moved into its place: one that was left half done is never used.
    """
    data, new = home(data_dir) / configuration.DATA, home(data_dir) / _NEW
    if data.exists():
        _remove_unused(data_dir, data)
    shutil.rmtree(new, ignore_errors=True)
    properties = home(data_dir) / "format.properties"
    properties.write_text(configuration.server_properties(1, 2, log_dirs=_NEW))
    arguments = ["format", "--cluster-id", _cluster_id(), "--config", properties.name]
    process = await asyncio.create_subprocess_exec(
        *java.bound(java.command(class_path, "kafka.tools.StorageTool", *arguments)),
        cwd=home(data_dir),
        env=java.environment(),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise DirectoryError(data_dir, f"it cannot be formatted: {output.decode().strip()}")
    properties.unlink()
    new.rename(data)


def _remove_unused(data_dir: Path, data: Path) -> None:
    """Remove what a format that was cut short has left; never anything that holds records."""
    if any(data.glob("*/*.log")):
        raise DirectoryError(
            data_dir, f"{data} holds records but no meta.properties, put that file back"
        )
    shutil.rmtree(data)


def _cluster_id() -> str:
    # Kafka wants 22 characters of base64; a leading dash would be taken for an option.
    first, *others = uuid4().bytes
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *others])).decode().rstrip("=")
