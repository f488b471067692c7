"""Findings over HTTP: put on the topic whole, or not at all."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from schemas.messages import JsonObject
from streams import topics
from tests.api.rest.client import Client, Reply, fault_pointers
from tests.api.rest.conftest import System
from tests.e2e.log import values
from tests.engine.formats.reports import NUCLEI
from tests.examples import FINDING

pytestmark = pytest.mark.asyncio(loop_scope="module")


def bare(**says: Any) -> JsonObject:
    return FINDING | {"id": f"evt-{uuid4()}"} | says


def cloudevent(**says: Any) -> JsonObject:
    envelope = {
        "specversion": "1.0",
        "id": f"ce-{uuid4()}",
        "type": "finding.new",
        "source": "/scanner",
        "time": "2026-03-01T12:00:00Z",
        "data": FINDING["data"],
    }
    return envelope | says


async def sent(system: System) -> dict[str, JsonObject]:
    return {value["id"]: value for value in await values(system.parts.settings, topics.FINDINGS)}


async def send(client: Client, body: object, media_type: str = "application/json") -> Reply:
    return await client.ask(
        "POST", "/api/findings", orjson.dumps(body), headers={"Content-Type": media_type}
    )


async def test_a_finding_starts_the_playbook_that_waits_for_it(client: Client) -> None:
    rule = uuid4().hex
    playbook_id = await client.create(
        trigger={"event": "finding.new", "conditions": {"rule": rule}}
    )
    finding = bare(data=FINDING["data"] | {"rule": rule})
    reply = await send(client, finding)
    assert (reply.status, reply.data) == (202, {"accepted": 1, "ids": [finding["id"]]})
    executions: list[Any] = []
    while not executions:
        executions = (await client.get("/api/playbooks/executions", playbook_id=playbook_id)).data
    [execution] = executions
    assert (execution["trigger"], execution["by"]) == ("finding.new", "trigger")
    assert (execution["finding_id"], execution["asset_id"]) == ("f-91827", "a-1001")


async def test_a_batch_is_accepted_in_any_of_the_forms(system: System, client: Client) -> None:
    batch = [bare(), cloudevent()]
    reply = await send(client, batch)
    structured = await send(client, cloudevent(), "application/cloudevents+json")
    several = await send(client, [cloudevent()], "application/cloudevents-batch+json")
    assert reply.data["ids"] == [finding["id"] for finding in batch]
    there = await sent(system)
    assert there[batch[0]["id"]]["data"] == FINDING["data"]
    assert there[structured.data["ids"][0]]["source"] == "/scanner"
    assert several.data["ids"][0] in there


async def test_a_finding_without_an_id_gets_one(system: System, client: Client) -> None:
    reply = await send(client, {"event": "finding.new", "data": {"title": None}})
    [finding_id] = reply.data["ids"]
    assert (await sent(system))[finding_id]["data"] == {"title": None}


async def test_one_bad_finding_keeps_the_whole_batch_out(system: System, client: Client) -> None:
    good = bare()
    reply = await send(client, [good, bare(event="finding.gone"), {"data": 7}, None])
    assert reply.refusal == (422, "invalid_findings")
    assert fault_pointers(reply) == ["/1/event", "/2/event", "/2/data", "/3"]
    assert good["id"] not in await sent(system)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/event", "/data"]),
        ({"event": "manual", "data": {}}, ["/event"]),
        ({"event": "finding.new", "data": {}, "timestamp": "yesterday"}, ["/timestamp"]),
        ({"event": "finding.new", "data": {}, "id": 7}, ["/id"]),
        ({"event": "finding.new", "data": {"x": "x" * (1 << 20)}}, [""]),
        ("finding", [""]),
        ({"specversion": "0.3", "type": "finding.new", "data": {}}, ["/specversion"]),
        ({"specversion": {}, "type": "finding.new", "data": {}}, ["/specversion"]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_no_finding_is_refused_with_its_faults(
    client: Client, body: object, pointers: list[str]
) -> None:
    assert fault_pointers(await send(client, body)) == pointers


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_holds_one_to_a_thousand(client: Client, count: int) -> None:
    assert (await send(client, [bare()] * count)).refusal == (422, "invalid_findings")


async def test_a_thousand_findings_go_in_one_request(client: Client) -> None:
    reply = await send(client, [bare() for _ in range(1_000)])
    assert reply.data["accepted"] == 1_000


async def test_a_cloudevent_may_have_its_attributes_in_headers(
    client: Client, system: System
) -> None:
    identity = f"ce-{uuid4()}"
    headers = {
        "Content-Type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": identity,
        "ce-type": "finding.new",
        "ce-source": "/scanner%20one",
    }
    reply = await client.ask(
        "POST", "/api/findings", orjson.dumps(FINDING["data"]), headers=headers
    )
    assert (reply.status, reply.data) == (202, {"accepted": 1, "ids": [identity]})
    finding = (await sent(system))[identity]
    assert (finding["source"], finding["data"]) == ("/scanner one", FINDING["data"])


async def test_attributes_in_another_charset_are_refused(client: Client) -> None:
    headers = {"ce-specversion": "1.0", "ce-type": "finding.new", "ce-id": "caf%E9"}
    reply = await client.ask("POST", "/api/findings", b"{}", headers=headers)
    assert reply.refusal == (422, "invalid_findings")
    assert "ce-id is not UTF-8" in reply.error["errors"][0]["message"]


async def report(client: Client, format: str, body: bytes, media_type: str) -> Reply:
    return await client.ask(
        "POST", f"/api/findings?format={format}", body, headers={"Content-Type": media_type}
    )


async def test_a_scanners_own_report_is_put_on_the_topic_as_findings(
    client: Client, system: System
) -> None:
    result = {**NUCLEI, "matched-at": f"https://shop.example.com/{uuid4()}"}
    reply = await report(client, "nuclei", orjson.dumps(result), "application/json")
    assert reply.status == 202
    assert (reply.data["accepted"], reply.data["format"]) == (1, "nuclei")
    finding = (await sent(system))[reply.data["ids"][0]]
    assert (finding["event"], finding["source"]) == ("finding.new", "nuclei")
    assert finding["data"]["severity"] == "high"


async def test_a_report_may_be_objects_one_a_line(client: Client) -> None:
    lines = b"\n".join(
        orjson.dumps({**NUCLEI, "matched-at": f"https://{uuid4()}"}) for _ in range(3)
    )
    reply = await report(client, "auto", lines + b"\n", "application/x-ndjson")
    assert (reply.data["accepted"], reply.data["format"]) == (3, "nuclei")


async def test_a_line_that_is_no_json_is_named(client: Client) -> None:
    reply = await report(client, "nuclei", b'{"a": 1}\n{"a":\n', "application/x-ndjson")
    assert reply.refusal == (400, "malformed_json")
    assert "line 2" in reply.error["message"]


async def test_a_scan_that_found_nothing_is_accepted_with_nothing(client: Client) -> None:
    reply = await report(client, "sarif", b'{"version": "2.1.0", "runs": []}', "application/json")
    assert (reply.status, reply.data["accepted"]) == (202, 0)


async def test_what_is_not_in_the_format_that_was_said_is_refused(client: Client) -> None:
    reply = await report(client, "trivy", orjson.dumps(NUCLEI), "application/json")
    assert reply.refusal == (422, "invalid_findings")
    assert "does not look like trivy" in reply.error["message"]
