"""``demo``: the main job at work, in one process, with nothing set up beforehand."""

import asyncio
import math
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from api.cli import documents
from api.cli.connections import key
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
from schemas.playbooks import Playbook
from streams import topics
from streams.settings import Settings, load

commands = typer.Typer()

END_SECONDS = 60.0
"""By then everything must have ended; it takes some five."""


@dataclass(frozen=True)
class Pace:
    """How often the API is asked, and when a finding that has started nothing is sent again."""

    poll_seconds: float
    resend_seconds: float = math.inf


_HERE = Pace(0.1)
# It limits how often it is asked, and its workers learn of a playbook a moment after the API: what
# they have missed is sent again, which starts nothing twice.
_THERE = Pace(1.0, 5.0)


@commands.command()
def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="stop when all is done; exit code 1 if anything failed")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="keep everything here", show_default="a temporary one")
    ] = None,
    api_port: Annotated[int, typer.Option(help="port of the API; 0: any free one")] = 0,
    url: Annotated[
        str | None,
        typer.Option(help="start nothing: show it on the deployment whose API is here, and end"),
    ] = None,
) -> None:
    """Show it all at work, on this machine alone.

    Starts Kafka, worker and API, loads the example playbooks, sends the example findings and
    shows the executions as they run, against a stand-in for Slack and Jira. Nothing leaves this
    machine. The first time Kafka is downloaded. Ctrl-C stops it.

    With --url the actions are those of that deployment: what is sent reaches its Slack and Jira.
    """
    if url is not None:
        if not run(_demonstrate_there(url, key(data_dir))):
            raise typer.Exit(FAILED)
        return
    with _directory(data_dir) as directory:
        settings = load(
            broker=None,
            kafka_security_protocol="PLAINTEXT",
            broker_port=0,
            data_dir=directory,
            table=None,  # one that is set would be emptied: it is of another log
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
            await _load(client)
            # With --data-dir there may be others, which the same findings start.
            currents = (await process.registry()).currents()
            playbooks = {each.playbook_id: each.definition for each in currents}
            outcome = await _play(client, playbooks, _HERE)
        print_summary(outcome, stand_in.received, time.monotonic() - began)
        print_invitation(url, key_path, stay=stay)
        if stay:
            await process.until_failed()
    return outcome is not None and outcome.ok


async def _demonstrate_there(url: str, key_: str | None) -> bool:
    """Run the scenario on a deployment that others run; return whether everything came out."""
    outcome: Outcome | None = None
    async with Stopping(), Client(url, key_) as client:
        began = time.monotonic()
        outcome = await _play(client, await _load(client), _THERE)
        print_summary(outcome, None, time.monotonic() - began)
    return outcome is not None and outcome.ok


async def _load(client: Client) -> dict[str, Playbook]:
    """Load the example playbooks; return them by id."""
    files = documents.read_all(examples.playbook_files())
    for document in files:
        await applied_to(client, document)
    print(f"{len(files)} playbooks loaded", flush=True)
    return {document.playbook_id: document.playbook for document in files}


async def _play(client: Client, playbooks: Mapping[str, Playbook], pace: Pace) -> Outcome:
    """Send the example findings, and show what comes of them until all has ended."""
    findings = list(examples.findings(run=uuid4().hex[:8]))
    expected = scenario.expected(playbooks, findings)
    await sent(client, findings)
    print(f"{len(findings)} findings sent\n", flush=True)
    executions = await _watched(client, expected, pace)
    return Outcome(len(findings), expected, executions)


async def _watched(
    client: Client, expected: Mapping[str, Finding], pace: Pace
) -> list[dict[str, Any]]:
    """Show the expected executions until each has ended; return them as they are then."""
    subjects = {
        execution_id: Subject(scenario.title(finding), finding["data"].get("severity"))
        for execution_id, finding in expected.items()
    }
    found: dict[str, dict[str, Any]] = {}
    sent_at = time.monotonic()
    with LiveExecutions(subjects) as view:
        try:
            async with asyncio.timeout(END_SECONDS):
                while len(found) < len(expected) or any(
                    each["status"] not in ENDED for each in found.values()
                ):
                    await _refresh(client, expected, found)
                    view.show(found.values())
                    await asyncio.sleep(pace.poll_seconds)
                    if time.monotonic() - sent_at > pace.resend_seconds:
                        missing = [expected[each] for each in expected if each not in found]
                        await sent(client, missing)
                        sent_at = time.monotonic()
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
