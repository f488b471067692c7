"""Lists of executions over HTTP: pages by number, and on from link to link."""

import re
from datetime import datetime

import pytest

from tests.api.rest.client import Client, Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXECUTIONS = "/api/playbooks/executions"


def ids(reply: Reply) -> list[str]:
    return [execution["execution_id"] for execution in reply.data]


def next_path(reply: Reply) -> str | None:
    """Return where the link of a page leads, None when it has none."""
    found = re.fullmatch(r'<(/api/\S+)>; rel="next"', reply.headers.get("link", ""))
    return None if found is None else found[1]


async def test_executions_are_listed_newest_first_in_pages(client: Client) -> None:
    playbook_id = await client.create()
    ran = [(await client.run_to_end(playbook_id))["execution_id"] for _ in range(3)]
    first = await client.get(EXECUTIONS, playbook_id=playbook_id, per_page=2)
    second = await client.get(EXECUTIONS, playbook_id=playbook_id, per_page=2, page=2)
    assert first.body["meta"] == {"total": 3, "page": 1, "per_page": 2}
    assert [e["execution_id"] for e in first.data + second.data] == ran[::-1]


async def test_a_list_is_followed_from_link_to_link(client: Client) -> None:
    playbook_id = await client.create()
    ran = [(await client.run_to_end(playbook_id))["execution_id"] for _ in range(5)]
    asked = {
        "playbook_id": playbook_id,
        "status": "completed",
        "since": "2020-01-01T00:00:00+00:00",
    }
    replies = [await client.get(EXECUTIONS, **asked, per_page=2)]
    while (path := next_path(replies[-1])) is not None:
        replies.append(await client.get(path))
    assert [ids(reply) for reply in replies] == [ran[4:2:-1], ran[2:0:-1], ran[:1]]
    assert [reply.body["meta"] for reply in replies] == [
        {"total": 5, "page": page, "per_page": 2} for page in (1, 2, 3)
    ]


async def test_what_starts_meanwhile_is_told_on_no_later_page(client: Client) -> None:
    playbook_id = await client.create()
    ran = [(await client.run_to_end(playbook_id))["execution_id"] for _ in range(3)]
    first = await client.get(EXECUTIONS, playbook_id=playbook_id, per_page=2)
    await client.run_to_end(playbook_id)
    second = await client.get(next_path(first) or "")
    assert ids(first) + ids(second) == ran[::-1]
    assert second.body["meta"]["total"] == 4
    assert next_path(second) is None


async def test_a_page_by_its_number_leads_on_too(client: Client) -> None:
    playbook_id = await client.create()
    ran = [(await client.run_to_end(playbook_id))["execution_id"] for _ in range(3)]
    second = await client.get(EXECUTIONS, playbook_id=playbook_id, per_page=1, page=2)
    third = await client.get(next_path(second) or "")
    assert (ids(third), third.body["meta"]["page"]) == (ran[:1], 3)
    assert next_path(third) is None


async def test_a_page_that_is_the_last_one_has_no_link(client: Client) -> None:
    execution = await client.run_to_end(await client.create())
    reply = await client.get(EXECUTIONS, playbook_id=execution["playbook_id"], per_page=1)
    assert next_path(reply) is None
    assert datetime.fromisoformat(reply.data[0]["started_at"])


@pytest.mark.parametrize(
    "cursor", ["", "x", "W10", "WzEsMiwzXQ", "WzAsMSwiYSJd", "WzEsLTEsImEiXQ", "ä", "bnVsbA"]
)
async def test_a_cursor_that_nobody_gave_is_refused(client: Client, cursor: str) -> None:
    reply = await client.get(EXECUTIONS, cursor=cursor)
    assert reply.refusal == (400, "invalid_parameter")
    assert reply.error["parameter"] == "cursor"


async def test_a_cursor_and_a_page_are_not_said_together(client: Client) -> None:
    playbook_id = await client.create()
    for _ in range(2):
        await client.run_to_end(playbook_id)
    path = next_path(await client.get(EXECUTIONS, playbook_id=playbook_id, per_page=1))
    reply = await client.get(f"{path}&page=2")
    assert reply.refusal == (400, "invalid_parameter")
    assert reply.error["parameter"] == "page"
