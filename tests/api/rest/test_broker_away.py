"""While the broker is away: writes are refused in time, reads go on, and all is well after."""

import asyncio
from pathlib import Path
from typing import Any

from streams.broker.broker import EmbeddedBroker
from tests.api.rest.client import Client, playbook
from tests.api.rest.conftest import running
from tests.examples import FINDING


async def assert_refused(client: Client, playbook_id: str, execution_id: str) -> None:
    """Write in every way there is, all at once."""
    path = f"/api/playbooks/{playbook_id}"
    async with asyncio.timeout(30):
        replies = await asyncio.gather(
            client.post(path + "/run"),
            client.post("/api/findings", FINDING),
            client.post("/api/playbooks/backtest", {"trigger": {"event": "finding.new"}}),
            client.post("/api/playbooks", playbook()),
            client.ask("PATCH", path, {"enabled": False}),
            client.ask("DELETE", path),
            client.post(f"/api/playbooks/executions/{execution_id}/cancel"),
        )
    for reply in replies:
        assert reply.refusal == (503, "broker_unavailable")
        assert int(reply.headers["retry-after"]) > 0
        assert "PLAYBOOKS_BROKER" in reply.error["message"]


async def assert_readable(client: Client, playbook_id: str, execution: dict[str, Any]) -> None:
    """Read what the table and the registry hold."""
    path = f"/api/playbooks/executions/{execution['execution_id']}"
    assert (await client.get(f"/api/playbooks/{playbook_id}")).data["id"] == playbook_id
    reply = await client.get(path)
    assert reply.data == execution
    assert float(reply.headers["x-table-age"]) > 0
    assert len((await client.get(path + "/events")).data) == 4
    error = (await client.get("/readyz")).error
    assert error["reasons"] == ["the Kafka broker does not answer"]
    assert [(check["name"], check["ok"]) for check in error["checks"]] == [
        ("table", True),
        ("broker", False),
    ]


async def test_writes_are_refused_and_reads_go_on_until_the_broker_is_back(tmp_path: Path) -> None:
    first = EmbeddedBroker(tmp_path / "kafka", port=0)
    address = await first.start()
    again = EmbeddedBroker(tmp_path / "kafka", port=int(address.rpartition(":")[2]))
    try:
        async with running(address, tmp_path / "data") as system:
            client = system.client
            playbook_id = await client.create()
            execution = await client.run_to_end(playbook_id)
            await first.stop()
            # Twice: once a client of Kafka breaks off, once it cannot even begin.
            for _ in range(2):
                await assert_refused(client, playbook_id, execution["execution_id"])
            await assert_readable(client, playbook_id, execution)
            await again.start()
            while (await client.get("/readyz")).status != 200:
                pass
            await client.run_to_end(playbook_id)
            # Nothing that was refused happens later all the same.
            listed = await client.get("/api/playbooks/executions", playbook_id=playbook_id)
            assert listed.body["meta"]["total"] == 2
            assert (await client.get(f"/api/playbooks/{playbook_id}")).data["enabled"] is True
    finally:
        await first.stop()
        await again.stop()
