"""Workers that run actions: they crash before, after and between, and some results come late."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep, StepError
from streams import codecs, topics
from tests.simulation.faults import Faults
from tests.simulation.logs import Log

CRASHES_MAX = 3
"""Of one request: in the end some worker lives long enough."""

ERRORS = (
    StepError(code="http_status", message="it broke"),
    StepError(code="http_status", message="try again", retryable=True, retry_after_seconds=2.0),
    StepError(code="outcome_unknown", message="nobody knows"),
)


class Errand:
    """A request that has not been acknowledged."""

    def __init__(self, request: ActionRequest) -> None:
        self.request = request
        self.crashes = 0


class Workers:
    """The step agent, wherever it runs. calls: how often each attempt took effect."""

    def __init__(self, log: Log, random: Random, faults: Faults) -> None:
        self.open: list[Errand] = []
        self.results = 0
        self._log = log
        self._random = random
        self._faults = faults
        self._read = dict.fromkeys(range(log.partitions), 0)

    def fetch(self) -> None:
        """Read the requests that have been committed since."""
        for partition, offset in self._read.items():
            records = self._log.read(topics.ACTION_REQUESTS, partition, offset, 1_000)
            self._read[partition] = offset + len(records)
            self.open += [Errand(codecs.decode_request(r.value or b"")) for r in records]

    def act(self, now: datetime) -> None:
        """Let a worker take some request: to the end, or to where the worker crashes.

        Before the call and after it a crash leaves the request as it was. After the result is
        published, another worker runs the request again: the result comes twice, or differs.
        """
        errand = self._random.choice(self.open)
        crashes = errand.crashes < CRASHES_MAX and self._random.random() < self._faults.worker
        where = self._random.choice(["before", "called", "published"]) if crashes else "never"
        errand.crashes += crashes
        if where in ("never", "published"):
            self._publish(errand.request, now)
        if where == "never":
            self.open.remove(errand)

    def _publish(self, request: ActionRequest, now: datetime) -> None:
        self.results += 1
        skew = timedelta(seconds=self._random.uniform(-1, 1) * self._faults.skew_seconds)
        common: dict[str, Any] = {
            "id": f"result-{self.results}",
            "execution_id": request.execution_id,
            "at": now + skew,
            "step_id": request.step_id,
            "visit": request.visit,
            "attempt": request.attempt,
        }
        if self._random.random() < 0.75:
            output = self._random.choice([None, {"id": 7}, ["a", 1.5], "text", 10**20])
            self._send(CompleteStep(**common, output=output))
        else:
            self._send(FailStep(**common, error=self._random.choice(ERRORS)))

    def _send(self, result: CompleteStep | FailStep) -> None:
        key = result.execution_id.encode()
        for _ in range(2 if self._random.random() < self._faults.double else 1):
            self._log.append(topics.EXECUTION_COMMANDS, key, codecs.encode(result))
