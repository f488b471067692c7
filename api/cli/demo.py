"""``demo``: the main job at work, in one process, with nothing set up beforehand."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from api.cli import documents
from api.cli.demo_summary import Outcome, print_invitation, print_summary
from api.cli.errors import FAILED, CommandFailed
from api.cli.findings import sent
from api.cli.live import ENDED, LiveExecutions, Subject
from api.cli.playbooks import applied_to
from api.client import ApiRefused, Client
from api.demo import examples, scenario
from api.demo.scenario import Finding
from api.demo.stand_in import StandIn
from api.keys import admin
from api.processes import logs
from api.processes.composition import Process
from api.processes.loops import run
from api.processes.stopping import Stopping
from streams import topics
from streams.settings import Settings, load

commands = typer.Typer()

END_SECONDS = 60.0
"""By then everything must have ended; it takes some five."""

_POLL_SECONDS = 0.1


@commands.command()
def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="stop when all is done; exit code 1 if anything failed")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="keep everything here", show_default="a temporary one")
    ] = None,
    api_port: Annotated[int, typer.Option(help="port of the API; 0: any free one")] = 0,
) -> None:
    """Show it all at work, on this machine alone.

    Starts Kafka, worker and API, loads the example playbooks, sends the example findings and
    shows the executions as they run, against a stand-in for Slack and Jira. Nothing leaves this
    machine. The first time Kafka is downloaded. Ctrl-C stops it.
    """
    with _directory(data_dir) as directory:
        settings = load(
            broker=None,
            kafka_security_protocol="PLAINTEXT",
            broker_port=0,
            data_dir=directory,
            api_port=api_port,
            partitions=2,
            rate_limit="0",
        )
        logs.configure(settings.log_format, "warning")
        if not run(_demonstrate(settings, stay=not exit_)):
            raise typer.Exit(FAILED)


async def _demonstrate(settings: Settings, *, stay: bool) -> bool:
    """Run the scenario; return whether everything came out as it must."""
    outcome: Outcome | None = None
    stand_in = StandIn()
    async with Stopping(), Process(settings) as process:
        began = time.monotonic()
        address = await process.open_broker()
        print(f"Apache Kafka serves at {address}", flush=True)
        await topics.create(process.settings)
        await process.open(stand_in.start, stand_in.stop)
        scenario.prepare(stand_in)
        await process.actions(scenario.actions(stand_in))
        await process.open_worker()
        url = await process.open_api()
        print(f"worker and API run: {url}", flush=True)
        key_path = settings.data_dir / admin.FILE_NAME
        async with Client(url, key_path.read_text().strip()) as client:
            outcome = await _play(process, client)
        print_summary(outcome, stand_in.received, time.monotonic() - began)
        print_invitation(url, key_path, stay=stay)
        if stay:
            await process.until_failed()
    return outcome is not None and outcome.ok


async def _play(process: Process, client: Client) -> Outcome:
    """Load the examples, and show what comes of them until all has ended."""
    files = documents.read_all(examples.playbook_files())
    for document in files:
        await applied_to(client, document)
    print(f"{len(files)} playbooks loaded", flush=True)
    findings = list(examples.findings(run=uuid4().hex[:8]))
    expected = scenario.expected((await process.registry()).currents(), findings)
    await sent(client, findings)
    print(f"{len(findings)} findings sent\n", flush=True)
    executions = await _watched(client, expected)
    return Outcome(len(findings), expected, executions)


async def _watched(client: Client, expected: Mapping[str, Finding]) -> list[dict[str, Any]]:
    """Show the expected executions until each has ended; return them as they are then."""
    subjects = {
        execution_id: Subject(scenario.title(finding), finding["data"].get("severity"))
        for execution_id, finding in expected.items()
    }
    found: dict[str, dict[str, Any]] = {}
    with LiveExecutions(subjects) as view:
        try:
            async with asyncio.timeout(END_SECONDS):
                while len(found) < len(expected) or any(
                    each["status"] not in ENDED for each in found.values()
                ):
                    await _refresh(client, expected, found)
                    view.show(found.values())
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            print(f"not everything has ended within {END_SECONDS:.0f} s", flush=True)
    return list(found.values())


async def _refresh(
    client: Client, expected: Mapping[str, Finding], found: dict[str, dict[str, Any]]
) -> None:
    for execution_id in expected:
        if execution_id in found and found[execution_id]["status"] in ENDED:
            continue
        try:
            answer = await client.get("playbooks", "executions", execution_id)
        except ApiRefused as error:
            if error.status != 404:  # it has not started yet
                raise
        else:
            found[execution_id] = answer.data


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    try:
        temporary = tempfile.TemporaryDirectory(
            prefix="playbooks-demo-", ignore_cleanup_errors=True
        )
    except OSError as error:
        raise CommandFailed(
            f"no temporary directory can be made ({error}): name one by --data-dir"
        ) from None
    with temporary as directory:
        yield Path(directory)
