"""The wall clock jumps by an hour, backwards and forwards, while steps run, wait and come again.

When something is due is a moment of that clock: what waits since before a jump backwards goes on
when the clock has come there again. What is lost meanwhile, or doubled, or stuck, is a fault.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from streams.broker import java
from streams.broker.broker import EmbeddedBroker
from tests.e2e.faults.clock import Clock
from tests.e2e.faults.deployed import deployed
from tests.e2e.faults.followed import Followed, Sender, followed, sender
from tests.e2e.findings import findings, logging_playbook
from tests.examples import action, step
from tests.serving import served
from tests.streams.broker.processes import kafka_pid

HOUR_SECONDS = 3_600.0

JUMPS = (0.0, -HOUR_SECONDS, 0.0, HOUR_SECONDS)
"""What the clock shows beside the time. Forwards in the end: then all that waits is due."""

JUMPS_OF_ALL = (0.0, HOUR_SECONDS, 2 * HOUR_SECONDS)
"""The same, where the broker's clock jumps too: Kafka (4.1) cannot do with one that is set back."""

HELPLESS = "Histogram recorded value cannot be negative"
"""What its coordinators then say; markers of transactions that end meanwhile they never send."""

SET_BACK_SECONDS = 180.0
"""So far the clock is set back with each finding: they must be measuring just then."""

SET_BACK_MAX = 200
"""So many portions of findings are sent at most until they say it."""

STEADY_SECONDS = 15.0
"""After a jump: longer than a broker may be silent before the API takes it to be away."""


@asynccontextmanager
async def busy() -> AsyncIterator[str]:
    """Serve who refuses the first call under each idempotency key; give the base URL."""
    calls: Counter[str] = Counter()

    async def take(request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        calls[key] += 1
        return web.json_response({}, status=503 if calls[key] == 1 else 200)

    app = web.Application()
    app.router.add_put("/", take)
    async with served(app) as base_url:
        yield base_url


def playbook(base_url: str) -> dict[str, Any]:
    """Return a log entry, a call that must be made again, a time to wait for, and an entry."""
    call = action(
        "call",
        action_ref="act-http-request",
        parameters={"url": base_url, "method": "PUT", "timeout_seconds": 60},
        retry={"delay_seconds": 0.5, "jitter": 0},
    )
    steps = [action("first"), call, step("wait", "delay", duration=0.5), action("last")]
    return logging_playbook(1) | {"steps": steps}


FIRST = ["StepStarted", "StepCompleted"]
CALLED_AGAIN = ["StepStarted", "StepRetryScheduled", "StepStarted", "StepCompleted"]
WAITED = ["StepStarted", "StepWaiting", "StepCompleted"]
LAST = ["StepStarted", "StepCompleted"]
EVENTS = [
    "ExecutionStarted",
    *[*FIRST, *CALLED_AGAIN, *WAITED, *LAST],
    "ExecutionCompleted",
]


@asynccontextmanager
async def broker(directory: Path, environment: dict[str, str]) -> AsyncIterator[int]:
    """Run a Kafka with something more in its environment; give its port."""
    own = java.environment()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(java, "environment", lambda: own | environment)
        embedded = EmbeddedBroker(directory, port=0)
        await embedded.start()
    try:
        yield int(embedded.address.rpartition(":")[2])
    finally:
        await embedded.stop()


async def ready(url: str) -> bool:
    """Tell whether the API says that it is ready."""
    async with ClientSession() as session, session.get(f"{url}/readyz") as answer:
        return answer.status == 200


async def jump_while_running(
    clock: Clock,
    jumps: Sequence[float],
    log: Followed,
    scanner: Sender,
    pending: list[dict[str, Any]],
) -> None:
    """Send findings in portions; in the middle of each set the clock."""
    portion = -(-len(pending) // len(jumps))
    for number, ahead_seconds in enumerate(jumps):
        clock.set(ahead_seconds)
        await scanner.send(pending[number * portion : (number + 1) * portion])
        await log.until_ended(log.ended + portion // 10)
    await log.until_ended(len(pending))


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("of_all", [False, True], ids=["of-the-processes", "of-the-broker-too"])
async def test_every_finding_leads_to_one_whole_execution_though_the_clock_jumps(
    tmp_path: Path, executions: int, of_all: bool
) -> None:
    pending = list(findings(executions))
    clock = Clock(tmp_path)
    async with (
        busy() as base_url,
        broker(tmp_path / "broker", clock.environment if of_all else {}) as port,
        deployed(
            tmp_path,
            *("worker-0", "worker-1", "api-0"),
            environment=clock.environment,
            broker_port=port,
        ) as deployment,
    ):
        await deployment.publish(playbook(base_url))
        said = deployment.settings
        async with followed(said) as log, sender(said) as scanner:
            jumps = JUMPS_OF_ALL if of_all else JUMPS
            await jump_while_running(clock, jumps, log, scanner, pending)
            log.assert_right([finding["id"] for finding in pending], EVENTS)
        assert deployment.restarts == 0
        verification = await deployment.verified(executions * len(EVENTS))
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == executions
    for name in ("worker-0", "worker-1", "api-0"):
        assert "Traceback" not in (tmp_path / f"{name}.log").read_text()


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_a_worker_goes_on_once_a_broker_whose_clock_was_set_back_has_started_again(
    tmp_path: Path, executions: int
) -> None:
    clock = Clock(tmp_path)
    kafka = tmp_path / "broker"
    async with (
        busy() as base_url,
        broker(kafka, clock.environment) as port,
        deployed(tmp_path, "worker-0", "api-0", broker_port=port) as deployment,
    ):
        await deployment.publish(playbook(base_url))
        said = deployment.settings
        async with followed(said) as log, sender(said) as scanner:
            # Its coordinators must have something to measure while their clock is set back.
            stream = findings(SET_BACK_MAX * executions)
            pending = list(islice(stream, executions))
            await scanner.send(pending)
            await log.until_ended(executions // 10)
            behind_seconds = 0.0
            for _ in range(SET_BACK_MAX):
                for finding in islice(stream, executions // 10):
                    behind_seconds += SET_BACK_SECONDS
                    clock.set(-behind_seconds)
                    await scanner.send([finding])
                    pending.append(finding)
                if HELPLESS in await asyncio.to_thread((kafka / "broker.log").read_text):
                    break
            else:
                raise AssertionError("the broker has come to terms with its clock")
            clock.set(0.0)
            os.kill(kafka_pid(kafka), signal.SIGKILL)  # and is started again
            await log.until_ended(len(pending))
            log.assert_right([finding["id"] for finding in pending], EVENTS)
        assert deployment.restarts == 0
        verification = await deployment.verified(len(pending) * len(EVENTS))
    assert verification["ok"], verification["differences"][:5]
    assert verification["executions"] == len(pending)


@pytest.mark.faults
@pytest.mark.parametrize("ahead_seconds", [-HOUR_SECONDS, HOUR_SECONDS], ids=["back", "forth"])
async def test_the_api_stays_ready_and_its_table_follows_though_the_clock_jumps(
    tmp_path: Path, ahead_seconds: float
) -> None:
    clock = Clock(tmp_path)
    async with deployed(tmp_path, "api-0", environment=clock.environment) as deployment:
        url = deployment.said["api-0"]
        async with asyncio.timeout(60):
            while not await ready(url):
                pass
        clock.set(ahead_seconds)
        until = asyncio.get_running_loop().time() + STEADY_SECONDS
        while asyncio.get_running_loop().time() < until:
            assert await ready(url)
            await asyncio.sleep(0.1)
        assert (tmp_path / "api-0.log").read_text() == ""
