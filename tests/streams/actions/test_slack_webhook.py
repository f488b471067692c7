"""Incoming webhooks of Slack: the address is the credential, and the answers are plain words."""

from collections.abc import AsyncIterator

import pytest

from api.demo.failures import Failure
from schemas.commands import FailStep
from streams import attempts
from streams.actions.actions import Actions
from tests.streams.actions.attempts import KEY, attempt, failure, running
from tests.streams.actions.raw import answering, response
from tests.streams.actions.remotes import TOKEN, Remote, remotes

PATH = f"/services/T0/B0/{TOKEN}"
MESSAGE = {"message": "Critical finding: <!channel> SQL injection"}
REQUEST = attempt("act-slack-notify", MESSAGE)


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """Slack."""
    async with remotes() as remote:
        yield remote


@pytest.fixture
async def actions(remote: Remote) -> AsyncIterator[Actions]:
    """Actions that have a webhook of it."""
    async with running(remote.actions()) as actions:
        yield actions


async def test_a_message_is_posted_and_mentions_nobody(actions: Actions, remote: Remote) -> None:
    assert await actions.run(REQUEST) == {"posted": True}
    [(_, path, body, headers)] = remote.asked
    assert (path, headers["idempotency-key"]) == (PATH, KEY)
    assert body == {
        "text": "Critical finding: &lt;!channel&gt; SQL injection",
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_a_channel_goes_along_for_webhooks_that_heed_it(
    actions: Actions, remote: Remote
) -> None:
    await actions.run(attempt("act-slack-notify", MESSAGE | {"channel": "#soc"}))
    assert remote.made(PATH)[0]["channel"] == "#soc"


@pytest.mark.parametrize(
    ("status", "word", "advice"),
    [
        ("400 Bad Request", b"invalid_payload", "refused: invalid_payload"),
        ("403 Forbidden", b"invalid_token", "invalid_token (check the url)"),
        ("404 Not Found", b"no_service\n", "no_service (the webhook is gone: make another"),
        ("410 Gone", b"channel_is_archived", "channel_is_archived (choose another channel)"),
    ],
)
async def test_a_refusal_is_final_and_says_what_to_do(
    status: str, word: bytes, advice: str
) -> None:
    async with answering(response(word, status=status)) as url:
        entry = {"connector": "slack-webhook", "url": f"{url}{PATH}"}
        async with running({"act-slack-notify": entry}) as actions:
            error = await failure(actions, REQUEST)
    assert (error.code, error.retryable) == ("refused", False)
    assert advice in str(error)
    assert TOKEN not in str(error)


async def test_too_many_requests_is_tried_again_when_slack_says(
    actions: Actions, remote: Remote
) -> None:
    remote.failures.append(Failure("status", status=429, retry_after="30"))
    error = await failure(actions, REQUEST)
    assert (error.code, error.retryable, error.retry_after_seconds) == ("rate_limited", True, 30.0)
    assert await actions.run(REQUEST)


async def test_an_error_of_slack_is_tried_again(actions: Actions, remote: Remote) -> None:
    remote.failures.append(Failure("status", status=500))
    error = await failure(actions, REQUEST)
    assert (error.code, error.retryable) == ("http_status", True)


async def test_an_answer_that_is_not_ok_is_no_success_and_not_tried_again(
    actions: Actions, remote: Remote
) -> None:
    remote.failures.append(Failure("malformed", carried_out=True))
    error = await failure(actions, REQUEST)
    assert (error.code, error.retryable) == ("invalid_answer", False)


async def test_a_lost_answer_is_an_outcome_that_nobody_knows(
    actions: Actions, remote: Remote
) -> None:
    # Twice: a connection that breaks is tried once more by the client.
    remote.failures.extend([Failure("drop", carried_out=True)] * 2)
    result = await attempts.run(actions, REQUEST)
    assert isinstance(result, FailStep)
    assert result.error.code == "outcome_unknown"


async def test_without_an_address_the_step_fails_and_says_so() -> None:
    async with running({"act-slack-notify": {"connector": "slack-webhook"}}) as actions:
        error = await failure(actions, REQUEST)
    assert (error.code, error.retryable) == ("not_configured", False)
    assert "url: is required" in str(error)
