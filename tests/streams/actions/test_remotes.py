"""PagerDuty, ServiceNow, GitHub, TheHive and the firewall: done once, and what goes wrong."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.demo.failures import Failure
from schemas.commands import FailStep
from streams import attempts
from streams.actions.actions import Actions
from streams.actions.catalogue import CONNECTORS
from tests.streams.actions.attempts import KEY, attempt, failure
from tests.streams.actions.remotes import TOKEN, Remote, remotes

CASES: dict[str, dict[str, Any]] = {
    "act-pagerduty-trigger": {"summary": "SQL injection", "severity": "high"},
    "act-servicenow-create": {"short_description": "SQL injection", "description": "a"},
    "act-github-issue": {"repository": "soc/findings", "title": "SQL injection", "body": "a"},
    "act-thehive-alert": {"title": "SQL injection", "description": "a", "severity": "critical"},
    "act-block-ip": {"ip_address": "203.0.113.7"},
}

each_action = pytest.mark.parametrize("ref", CASES)


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """The systems."""
    async with remotes() as remote:
        yield remote


@pytest.fixture
async def actions(remote: Remote) -> AsyncIterator[Actions]:
    """Actions that point at them."""
    actions = Actions(remote.actions())
    await actions.start()
    yield actions
    await actions.stop()


def request(ref: str, **says: Any) -> Any:
    return attempt(ref, CASES[ref] | says)


def made(remote: Remote) -> int:
    return len(remote.incidents) + len(remote.issues) + len(remote.alerts)


@each_action
async def test_its_output_is_what_it_declares(actions: Actions, ref: str) -> None:
    output = await actions.run(request(ref))
    [connector] = [each for each in CONNECTORS if each.name == ref_type(actions, ref)]
    assert connector.Output.model_validate(output).model_dump() == output


def ref_type(actions: Actions, ref: str) -> str:
    [described] = [each for each in actions.describe() if each["id"] == ref]
    assert described["configured"], described["reason"]
    return described["type"]


@each_action
async def test_the_same_request_again_makes_nothing_more(
    actions: Actions, remote: Remote, ref: str
) -> None:
    first = await actions.run(request(ref))
    count = made(remote)
    second = await actions.run(request(ref))
    assert made(remote) == count
    assert {**first, "existed": 0, "headers": 0} == {**second, "existed": 0, "headers": 0}


@each_action
async def test_its_answer_got_lost_and_it_is_made_once_all_the_same(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.extend([Failure("drop", carried_out=True)] * 2)
    result = await attempts.run(actions, request(ref))
    assert isinstance(result, FailStep)
    assert (result.error.code, result.error.retryable) == ("connection_lost", True)
    remote.failures.clear()
    await actions.run(request(ref))
    assert made(remote) <= 1


@each_action
async def test_too_many_requests_is_tried_again_when_it_says(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.append(Failure("status", status=429, retry_after="30"))
    error = await failure(actions, request(ref))
    assert (error.code, error.retryable, error.retry_after_seconds) == ("rate_limited", True, 30.0)
    assert await actions.run(request(ref))


@each_action
async def test_an_error_of_the_other_side_may_be_tried_again_and_again(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.extend([Failure("status", status=500)] * 3)
    for _ in range(3):
        error = await failure(actions, request(ref))
        assert (error.code, error.retryable) == ("http_status", True)
    assert await actions.run(request(ref))


@each_action
async def test_no_answer_is_waited_for_only_so_long(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.append(Failure("hang"))
    late = request(ref).model_copy(
        update={"timeout_at": datetime.now(UTC) + timedelta(seconds=0.2)}
    )
    assert (await failure(actions, late)).code == "timed_out"


@pytest.mark.parametrize("ref", [each for each in CASES if each != "act-block-ip"])
async def test_an_answer_that_ends_in_the_middle_is_not_tried_again(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.append(Failure("malformed"))
    error = await failure(actions, request(ref))
    assert (error.code, error.retryable) == ("invalid_answer", False)


@each_action
async def test_a_no_says_what_to_do_and_shows_no_token(
    actions: Actions, remote: Remote, ref: str
) -> None:
    remote.failures.append(Failure("status", status=401))
    error = await failure(actions, request(ref))
    assert (error.code, error.retryable) == ("http_status", False)
    assert "check the token" in str(error)
    assert TOKEN not in str(error)


async def test_an_alert_of_pagerduty_has_the_key_of_its_step(
    actions: Actions, remote: Remote
) -> None:
    await actions.run(request("act-pagerduty-trigger"))
    [event] = remote.made("/v2/enqueue")
    assert event["dedup_key"] == KEY
    assert event["payload"]["severity"] == "error"


async def test_a_later_step_settles_the_alert(actions: Actions, remote: Remote) -> None:
    says = {"event_action": "resolve", "dedup_key": KEY}
    await actions.run(request("act-pagerduty-trigger", **says))
    assert remote.made("/v2/enqueue")[0]["event_action"] == "resolve"


async def test_a_long_summary_is_cut_and_in_one_line(actions: Actions, remote: Remote) -> None:
    await actions.run(request("act-pagerduty-trigger", summary="a\nb " + "x" * 3_000))
    summary = remote.made("/v2/enqueue")[0]["payload"]["summary"]
    assert summary.startswith("a b x")
    assert len(summary) == 1_024


async def test_an_issue_mentions_nobody_and_shows_no_picture(
    actions: Actions, remote: Remote
) -> None:
    hostile = "@everyone #1 ![x](https://evil.example/?) <img src=x> [our wiki](https://e.example)"
    await actions.run(request("act-github-issue", body=hostile + " -->"))
    body = remote.issues[0]["body"]
    for harmful in ("@everyone", "#1", "![", "<img", "[our wiki]("):
        assert harmful not in body
    assert body.count("-->") == 1  # the mark of the step alone


async def test_a_second_rate_limit_of_github_is_waited_for(
    actions: Actions, remote: Remote
) -> None:
    remote.failures.append(Failure("status", status=403, retry_after="60"))
    error = await failure(actions, request("act-github-issue"))
    assert (error.code, error.retry_after_seconds) == ("rate_limited", 60.0)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0/0", "10.0.0.0/8", "::/0", "127.0.0.1", "224.0.0.1", "0.0.0.0", "198.51.100.9",
     "198.51.100.0/24", "app.example.com", "203.0.113.7; drop", "203.0.113.7/24"],
)  # fmt: skip
async def test_what_must_not_be_blocked_is_refused(
    actions: Actions, remote: Remote, address: str
) -> None:
    error = await failure(actions, attempt("act-block-ip", {"ip_address": address}))
    assert error.code == "invalid_parameters"
    assert remote.asked == []


async def test_who_is_blocked_and_how_long_is_asked(actions: Actions, remote: Remote) -> None:
    await actions.run(request("act-block-ip", duration_hours=4))
    [asked] = remote.made("/blocks")
    assert (asked["ip_address"], asked["duration_hours"]) == ("203.0.113.7", 4)
