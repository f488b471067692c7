"""The stand-in answers as the real ones do, and remembers what it was sent."""

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ServerDisconnectedError

from api.demo.failures import Failure
from api.demo.stand_in import StandIn

TOKEN = {"Authorization": "Bearer stand-in-token"}
ISSUE = {"project": {"key": "SEC"}, "issuetype": {"name": "Task"}, "summary": "a", "labels": ["x"]}


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """The server."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def session(stand_in: StandIn) -> AsyncIterator[ClientSession]:
    """A client of it."""
    async with ClientSession(stand_in.base_url, headers=TOKEN) as session:
        yield session


async def test_it_remembers_what_it_was_sent_in_order(
    session: ClientSession, stand_in: StandIn
) -> None:
    await session.post("/hooks/a", data=b"not json \xff")
    await session.post("/api/chat.postMessage", json={"channel": "#a", "text": "hello"})
    await session.post("/rest/api/3/issue", json={"fields": ISSUE})
    await session.post("/blocks", json={"ip": "192.0.2.7"})
    assert [(each.kind, each.text) for each in stand_in.received] == [
        ("hook", "not json \ufffd"),
        ("slack", "hello"),
        ("jira_issue", "a"),
        ("block", '{"ip":"192.0.2.7"}'),
    ]


@pytest.mark.parametrize(
    ("message", "headers", "error"),
    [
        ({"channel": "#a", "text": "a"}, {"Authorization": "Bearer wrong"}, "invalid_auth"),
        ({"channel": "#a", "text": "a"}, {"Authorization": ""}, "not_authed"),
        ({"channel": "#a", "text": ""}, TOKEN, "no_text"),
        ({"channel": "", "text": "a"}, TOKEN, "channel_not_found"),
        ([], TOKEN, "invalid_arguments"),
    ],
)
async def test_slack_says_no_with_status_200(
    session: ClientSession, message: object, headers: dict[str, str], error: str
) -> None:
    async with session.post("/api/chat.postMessage", json=message, headers=headers) as answer:
        assert answer.status == 200
        assert await answer.json() == {"ok": False, "error": error}


@pytest.mark.parametrize(("api", "search"), [(3, "search/jql"), (2, "search")])
async def test_an_issue_is_found_by_its_label(
    session: ClientSession, api: int, search: str
) -> None:
    await session.post(f"/rest/api/{api}/issue", json={"fields": ISSUE})
    for label, keys in (("x", ["SEC-1"]), ("y", [])):
        asked = {"jql": f'labels = "{label}"', "maxResults": 5}
        async with session.post(f"/rest/api/{api}/{search}", json=asked) as answer:
            assert [issue["key"] for issue in (await answer.json())["issues"]] == keys


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": {}},
        {"issuetype": None},
        {"summary": "two\nlines"},
        {"labels": ["a b"]},
        {"description": "no document"},
    ],
)
async def test_jira_refuses_what_jira_refuses(
    session: ClientSession, stand_in: StandIn, wrong: dict[str, object]
) -> None:
    async with session.post("/rest/api/3/issue", json={"fields": ISSUE | wrong}) as answer:
        assert answer.status == 400
        assert wrong.keys() == (await answer.json())["errors"].keys()
    assert len(stand_in.jira.issues) == 0


async def test_jira_takes_a_token_with_an_email(stand_in: StandIn) -> None:
    for password, status in (("stand-in-token", 201), ("wrong", 401)):
        basic = b64encode(f"soc@example.com:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        async with (
            ClientSession(stand_in.base_url, headers=headers) as session,
            session.post("/rest/api/3/issue", json={"fields": ISSUE}) as answer,
        ):
            assert answer.status == status


async def test_a_failure_counts_once_and_only_for_its_kind(
    session: ClientSession, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("status", status=503), Failure("drop"))
    await session.post("/blocks", json={})
    async with session.post("/hooks/a") as answer:
        assert answer.status == 503
    with pytest.raises(ServerDisconnectedError):
        await session.post("/hooks/a")
    async with session.post("/hooks/a") as answer:
        assert answer.status == 200
    assert [each.failed for each in stand_in.received] == [False, True, True, False]


async def test_it_starts_again_after_a_stop(stand_in: StandIn) -> None:
    await stand_in.stop()
    await stand_in.start()
    async with ClientSession(stand_in.base_url) as session, session.get("/hooks/a") as answer:
        assert answer.status == 200
