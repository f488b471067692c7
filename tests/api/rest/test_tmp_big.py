"""tmp"""
import asyncio
import pytest
from tests.e2e.log import send, values
from streams import topics
pytestmark = pytest.mark.asyncio(loop_scope="module")

async def test_big(system, client):
    pid = await client.create(trigger={"event": "finding.new", "conditions": {"severity": "critical"}})
    big = b'{"id":"evt-big","event":"finding.new","data":{"severity":"critical","finding_id":"f","n":1180591620717411303424,"asset":{"id":"a"}}}'
    await asyncio.sleep(1)
    await send(system.parts.settings, topics.FINDINGS, [(b"a", big)])
    await asyncio.sleep(3)
    print(await values(system.parts.settings, topics.DEAD_LETTERS))
    print(await client.get("/api/playbooks/executions"))
    r = await client.post(f"/api/playbooks/{pid}/run")
    print(r)
    for i in range(4):
        r = await client.post(f"/api/playbooks/{pid}/run")
        print(r.status)
