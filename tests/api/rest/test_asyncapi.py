"""The AsyncAPI document as strangers use it: it alone is enough to read all that a run says."""

import asyncio
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from jsonschema import Draft202012Validator

from schemas.messages import JsonObject
from tests.api.rest.conftest import System
from tests.examples import action, step

pytestmark = pytest.mark.asyncio(loop_scope="module")

README = Path(__file__).parents[3] / "README.md"


class Decoder:
    """Decodes records by the document, and knows nothing else."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self.addresses = {each["address"]: each for each in document["channels"].values()}

    def decode(self, topic: str, headers: dict[str, str], value: Any) -> str:
        """Return which message a record is. AssertionError: it is none, or more than one."""
        names = self.addresses[topic]["messages"]
        said = [name for name in names if self._is(name, headers, value)]
        assert len(said) == 1, (topic, said, value)
        return said[0]

    def _is(self, name: str, headers: dict[str, str], value: Any) -> bool:
        message = self._document["components"]["messages"][name]
        return self._valid(message["payload"], value) and (
            "headers" not in message or self._valid(message["headers"], headers)
        )

    def _valid(self, schema: JsonObject, value: Any) -> bool:
        whole = schema | {"components": self._document["components"]}
        return bool(Draft202012Validator(whole).is_valid(value))


async def records(broker: str, topics: list[str]) -> list[tuple[str, dict[str, str], Any]]:
    """Return all that stands on these topics: topic, headers, value."""
    found = []
    async with AIOKafkaConsumer(
        bootstrap_servers=broker, isolation_level="read_committed"
    ) as consumer:
        await consumer._client.force_metadata_update()
        places = []
        for topic in topics:
            await consumer._client.add_topic(topic)
            numbers = consumer.partitions_for_topic(topic) or set()
            places += [TopicPartition(topic, number) for number in numbers]
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning()
        while any([await consumer.position(place) < ends[place] for place in places]):
            for taken in (await consumer.getmany(timeout_ms=200)).values():
                for record in taken:
                    headers = {name: value.decode() for name, value in record.headers}
                    found.append((record.topic, headers, orjson.loads(record.value)))
    return found


async def run_everything(system: System) -> str:
    """Have playbooks of every kind run to their end; return the id of one execution."""
    client = system.client
    title = f"run {uuid4()}"
    triggered = await client.create(
        step("both", "parallel", branches=[["left"], ["right"]], on_success="end"),
        action("left"),
        action("right"),
        trigger={
            "event": "finding.new",
            "conditions": {"title": title},
            "dedupe": {"key": "{{ finding.title }}", "window": "1h"},
        },
    )
    failing = await client.create(
        action("fails", action_ref="act-none", retry={"max_attempts": 2, "delay_seconds": 0.01})
    )
    asking = await client.create(step("ask", "approval", message="Go on?"), action("then"))
    for _ in range(2):  # the second one is dropped
        data = {"finding_id": f"f-{uuid4()}", "title": title, "severity": "high"}
        await client.post("/api/findings", {"event": "finding.new", "data": data})
    await client.run_to_end(failing)
    started = (await client.post(f"/api/playbooks/{asking}/run")).data["execution_id"]
    path = f"/api/playbooks/executions/{started}"
    while (await client.get(f"{path}/steps")).data[0]["status"] != "waiting":
        pass
    await client.post(f"{path}/pause")
    await client.post(f"{path}/resume")
    assert (await client.post(f"{path}/steps/ask/approve")).status < 300
    await client.ended(started)
    while True:
        reply = await client.get("/api/playbooks/executions", playbook_id=triggered)
        if [each["status"] for each in reply.data] == ["completed"]:
            break
    removed = await client.create()
    assert (await client.ask("DELETE", f"/api/playbooks/{removed}")).status < 300
    return str(started)


async def test_a_consumer_made_from_the_document_decodes_every_message_of_a_run(
    system: System,
) -> None:
    await run_everything(system)
    decoder = Decoder((await system.client.get("/asyncapi.json")).body)
    broker = str(system.parts.settings.broker)
    read = await records(broker, list(decoder.addresses))
    counted = Counter(decoder.decode(*each) for each in read)
    assert {
        "Finding", "PlaybookPublished", "PlaybookDeleted", "AdmitExecution", "StartExecution",
        "CompleteStep", "FailStep", "ResolveApproval", "PauseExecution", "ResumeExecution",
        "ActionRequest", "Rejection", "ExecutionStarted", "ExecutionPaused",
        "ExecutionResumed", "ExecutionCompleted", "ExecutionFailed", "StepStarted",
        "StepWaiting", "StepRetryScheduled", "StepCompleted", "StepFailed", "ApprovalRecorded",
    } <= counted.keys()  # fmt: skip


async def test_the_consumer_of_the_readme_tells_every_event(system: System, tmp_path: Path) -> None:
    [source] = re.findall(r"```python\n(# consumer\.py.*?)```", README.read_text(), re.DOTALL)
    program = tmp_path / "consumer.py"
    program.write_text(source)
    execution_id = await run_everything(system)
    events = (await system.client.get(f"/api/playbooks/executions/{execution_id}/events")).data
    settings = system.parts.settings
    topic = f"{settings.topic_prefix}execution-events"
    running = await asyncio.create_subprocess_exec(
        sys.executable, program, str(settings.broker), topic, stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    told: list[list[str]] = []
    try:
        while len(told) < len(events):
            line = (await running.stdout.readline()).decode()
            assert line, "it has ended"
            if line.startswith(execution_id):
                told.append(line.split()[1:3])
    finally:
        running.kill()
        await running.communicate()
    assert told == [[str(event["sequence"]), event["type"]] for event in events]


async def test_the_document_needs_a_key_that_may_read(system: System) -> None:
    may_not = system.client.with_key(system.keys["write:findings"])
    assert (await may_not.get("/asyncapi.json")).status == 403
