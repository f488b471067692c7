"""Formatting: what was cut short is done afresh, and nothing that holds records is removed."""

import asyncio
from pathlib import Path

import pytest

from streams.broker import storage
from streams.broker.class_path import class_path
from streams.broker.errors import DirectoryError
from tests.streams.broker.processes import until


async def quietly() -> str:
    return await class_path(lambda text: None)


async def test_a_half_formatted_directory_is_formatted_afresh(tmp_path: Path) -> None:
    storage.prepare(tmp_path)
    for left in ("data", "data.new"):
        (storage.home(tmp_path) / left).mkdir()
        (storage.home(tmp_path) / left / "bootstrap.checkpoint").write_bytes(b"half")
    assert not storage.is_formatted(tmp_path)
    await storage.format_data(tmp_path, await quietly())
    assert storage.is_formatted(tmp_path)
    assert not (storage.home(tmp_path) / "data.new").exists()
    assert (storage.home(tmp_path) / "data" / "bootstrap.checkpoint").read_bytes() != b"half"


async def test_a_format_that_is_given_up_leaves_the_directory_unformatted(tmp_path: Path) -> None:
    storage.prepare(tmp_path)
    formatting = asyncio.create_task(storage.format_data(tmp_path, await quietly()))
    await until((storage.home(tmp_path) / "format.properties").exists)
    formatting.cancel()
    await asyncio.wait({formatting})
    assert not storage.is_formatted(tmp_path)


async def test_records_are_never_removed_by_a_format(tmp_path: Path) -> None:
    storage.prepare(tmp_path)
    partition = storage.home(tmp_path) / "data" / "findings-0"
    partition.mkdir(parents=True)
    (partition / "00000000000000000000.log").write_bytes(b"records")
    with pytest.raises(DirectoryError, match=r"holds records but no meta\.properties"):
        await storage.format_data(tmp_path, await quietly())
    assert (partition / "00000000000000000000.log").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DirectoryError, match="choose another one by PLAYBOOKS_DATA_DIR"):
        storage.prepare(tmp_path / "file")


def test_a_new_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    storage.prepare(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
