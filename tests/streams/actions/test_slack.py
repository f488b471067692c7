"""Slack: one message per run, and no way for a finding to do more than be shown."""

import pytest

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from streams.actions.slack import MESSAGE_LENGTH_MAX
from tests.streams.actions.attempts import EXECUTION_ID, KEY, attempt, failure, running

MESSAGE = {"channel": "#security-alerts", "message": "Critical finding: SQL injection"}


async def test_a_message_is_posted(actions: Actions, stand_in: StandIn) -> None:
    output = await actions.run(attempt("act-slack-notify", MESSAGE))
    [received] = stand_in.received
    assert received.body["channel"] == "#security-alerts"
    assert received.body["text"] == "Critical finding: SQL injection"
    assert output.keys() == {"message_ts", "channel"}
    assert output["channel"].startswith("C")


async def test_the_message_tells_which_step_it_comes_from(
    actions: Actions, stand_in: StandIn
) -> None:
    await actions.run(attempt("act-slack-notify", MESSAGE))
    [received] = stand_in.received
    assert received.headers["idempotency-key"] == KEY
    assert received.body["metadata"]["event_payload"] == {
        "execution_id": EXECUTION_ID,
        "step_id": "notify",
        "idempotency_key": KEY,
    }


async def test_text_from_a_finding_mentions_nobody_and_disguises_no_link(
    actions: Actions, stand_in: StandIn
) -> None:
    hostile = "<!channel> <@U1> <http://evil.example|our wiki> & &lt;"
    await actions.run(attempt("act-slack-notify", MESSAGE | {"message": hostile}))
    [received] = stand_in.received
    assert received.body["text"] == (
        "&lt;!channel&gt; &lt;@U1&gt; &lt;http://evil.example|our wiki&gt; &amp; &amp;lt;"
    )
    assert not received.body["link_names"]
    assert not received.body["unfurl_links"]
    assert not received.body["unfurl_media"]


async def test_markup_counts_where_the_step_says_so(actions: Actions, stand_in: StandIn) -> None:
    link = "<https://example.com|the runbook>"
    await actions.run(attempt("act-slack-notify", MESSAGE | {"message": link, "escape": False}))
    assert stand_in.received[0].body["text"] == link


async def test_a_long_message_is_cut_between_two_characters(
    actions: Actions, stand_in: StandIn
) -> None:
    await actions.run(attempt("act-slack-notify", MESSAGE | {"message": "<" * MESSAGE_LENGTH_MAX}))
    text = stand_in.received[0].body["text"]
    assert len(text) <= MESSAGE_LENGTH_MAX
    assert text.replace("&lt;", "") == "…"


async def test_a_number_is_a_message_too(actions: Actions, stand_in: StandIn) -> None:
    await actions.run(attempt("act-slack-notify", MESSAGE | {"message": 9.8}))
    assert stand_in.received[0].body["text"] == "9.8"


async def test_ok_false_is_a_failure_with_its_reason_and_what_to_do(stand_in: StandIn) -> None:
    configuration = stand_in.actions()
    configuration["act-slack-notify"]["token"] = "xoxb-wrong"
    async with running(configuration) as actions:
        error = await failure(actions, attempt("act-slack-notify", MESSAGE))
    assert (error.code, error.retryable) == ("refused", False)
    assert "invalid_auth (check the token)" in str(error)


async def test_too_many_requests_is_tried_again_when_slack_says(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("slack", Failure("status", status=429, retry_after="30"))
    error = await failure(actions, attempt("act-slack-notify", MESSAGE))
    assert (error.code, error.retryable, error.retry_after_seconds) == ("rate_limited", True, 30.0)
    assert (await actions.run(attempt("act-slack-notify", MESSAGE)))["message_ts"]


async def test_an_answer_that_ends_in_the_middle_is_not_tried_again(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("slack", Failure("malformed", carried_out=True))
    error = await failure(actions, attempt("act-slack-notify", MESSAGE))
    assert (error.code, error.retryable) == ("invalid_answer", False)


@pytest.mark.parametrize("missing", ["channel", "message"])
async def test_nothing_is_posted_without_channel_and_message(
    actions: Actions, stand_in: StandIn, missing: str
) -> None:
    said = {key: value for key, value in MESSAGE.items() if key != missing}
    error = await failure(actions, attempt("act-slack-notify", said))
    assert (error.code, error.retryable) == ("invalid_parameters", False)
    assert f"{missing}: is required" in str(error)
    assert stand_in.received == []
