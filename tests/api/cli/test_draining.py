"""SIGTERM of ``api`` while a request is under way: it is answered, and nobody else is let in."""

import asyncio
import signal
from pathlib import Path

import pytest

from api.client import Client
from streams import topics
from streams.settings import Settings
from tests.api.cli.shell import STOP_SECONDS, Shell, running
from tests.e2e.findings import logging_playbook
from tests.e2e.log import values_until


@pytest.fixture
def shell(settings: Settings) -> Shell:
    """A shell whose commands use the topics of this test."""
    return Shell(
        {
            "PLAYBOOKS_BROKER": settings.broker or "",
            "PLAYBOOKS_TOPIC_PREFIX": settings.topic_prefix,
            "PLAYBOOKS_PARTITIONS": str(settings.partitions),
            "PLAYBOOKS_DATA_DIR": str(settings.data_dir),
            "PLAYBOOKS_API_PORT": "0",
        }
    )


async def until_refused(url: str) -> None:
    """Wait until no connection is taken any more."""
    host, _, port = url.removeprefix("http://").partition(":")
    while True:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except ConnectionRefusedError:
            return
        writer.close()


async def test_on_sigterm_what_is_under_way_is_answered_and_no_connection_is_taken(
    settings: Settings, shell: Shell, tmp_path: Path
) -> None:
    with running(shell, "api", log=tmp_path / "api.log") as api:
        url = api.ready()
        key = (settings.data_dir / "admin.key").read_text().strip()
        async with Client(url, key) as client:
            playbook = await client.ask("POST", "playbooks", body=logging_playbook(1))
            # No worker runs, so the answer waits for an execution that nobody starts.
            run = client.ask("POST", "playbooks", playbook.data["id"], "run")
            answering = asyncio.create_task(run)
            await values_until(settings, topics.EXECUTION_COMMANDS, lambda found: found != [])
            api.process.send_signal(signal.SIGTERM)
            await until_refused(url)
            assert not answering.done()
            assert (await answering).status == 202
        assert await asyncio.to_thread(api.process.wait, STOP_SECONDS) == 0
    assert "ended before everything had stopped" not in (tmp_path / "api.log").read_text()
