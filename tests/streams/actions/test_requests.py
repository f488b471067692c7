"""What goes wrong on the way, told apart: what was not sent, what may have happened, and
whether trying again may help. Every connector sends in the same way, so one stands for all."""

import asyncio
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from tests.streams.actions.attempts import attempt, failure
from tests.streams.actions.raw import answering, response


def hook(stand_in: StandIn, **says: Any) -> dict[str, Any]:
    return {"url": f"{stand_in.base_url}/hooks/here?key=private", "method": "POST"} | says


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_error_of_the_other_side_may_be_tried_again(
    actions: Actions, stand_in: StandIn, status: int
) -> None:
    stand_in.fail("hook", Failure("status", status=status))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert (error.code, error.retryable) == ("http_status", True)
    assert str(status) in str(error)
    assert (await actions.run(attempt("act-http-request", hook(stand_in))))["status"] == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
async def test_an_error_of_this_side_is_not_tried_again(
    actions: Actions, stand_in: StandIn, status: int
) -> None:
    stand_in.fail("hook", Failure("status", status=status, retry_after="5"))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert (error.code, error.retryable) == ("http_status", False)
    assert error.retry_after_seconds is None


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("120", 120.0), ("0", 0.0), ("99999999999999999999", 86_400.0)]
    + [(wish, None) for wish in ("soon", "-5", "1.5", "nan", "١٢", None)],
)
async def test_the_wish_of_the_other_side_is_handed_on(
    actions: Actions,
    stand_in: StandIn,
    status: int,
    retry_after: str | None,
    seconds: float | None,
) -> None:
    stand_in.fail("hook", Failure("status", status=status, retry_after=retry_after))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert error.retryable
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("offset", "at_least", "at_most"),
    [
        (timedelta(minutes=5), 290.0, 300.0),
        (timedelta(minutes=-5), 0.0, 0.0),
        (timedelta(days=3_000), 86_400.0, 86_400.0),
    ],
    ids=["later", "past", "never"],
)
async def test_the_wish_may_be_a_date(
    actions: Actions, stand_in: StandIn, offset: timedelta, at_least: float, at_most: float
) -> None:
    date = format_datetime(datetime.now(UTC) + offset, usegmt=True)
    stand_in.fail("hook", Failure("status", status=429, retry_after=date))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert error.retry_after_seconds is not None
    assert at_least <= error.retry_after_seconds <= at_most


async def test_a_connection_lost_after_sending_may_have_had_its_effect(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("drop"))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert (error.code, error.retryable) == ("connection_lost", True)
    assert "may have been carried out" in str(error)
    assert len(stand_in.received) == 1


async def test_no_connection_means_that_nothing_was_sent(actions: Actions) -> None:
    async with answering(b"") as url:
        pass
    error = await failure(actions, attempt("act-http-request", {"url": url}))
    assert (error.code, error.retryable) == ("connection_failed", True)
    assert "cannot connect" in str(error)


async def test_an_answer_that_does_not_come_is_waited_for_only_so_long(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("hang"))
    request = attempt("act-http-request", hook(stand_in, timeout_seconds=0.05))
    error = await failure(actions, request)
    assert (error.code, error.retryable) == ("timed_out", True)


async def test_when_the_time_of_the_attempt_is_over_it_is_over(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("hang"))
    timeout_at = datetime.now(UTC) + timedelta(seconds=0.1)
    request = attempt("act-http-request", hook(stand_in), timeout_at=timeout_at)
    error = await failure(actions, request)
    assert (error.code, error.retryable) == ("timed_out", False)


async def test_an_attempt_takes_no_longer_than_it_was_given_though_the_clock_has_been_set_back(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("hang"))
    at = datetime.now(UTC) + timedelta(hours=1)
    timeout_at = at + timedelta(seconds=0.1)
    request = attempt("act-http-request", hook(stand_in), timeout_at=timeout_at)
    error = await failure(actions, request.model_copy(update={"at": at}))
    assert (error.code, error.retryable) == ("timed_out", False)


async def test_an_attempt_that_comes_too_late_sends_nothing(
    actions: Actions, stand_in: StandIn
) -> None:
    timeout_at = datetime.now(UTC) - timedelta(seconds=1)
    request = attempt("act-http-request", hook(stand_in), timeout_at=timeout_at)
    assert (await failure(actions, request)).code == "timed_out"
    assert stand_in.received == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "invalid_answer"),
        (b"", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "connection_lost"),
        (response(b"no gzip", more="Content-Encoding: gzip\r\n"), "connection_lost"),
        (response(b"", more=f"X: {'x' * 20_000}\r\n"), "invalid_answer"),
    ],
    ids=["not http", "nothing", "half", "not gzip", "long header"],
)
async def test_what_is_no_whole_answer_is_a_failure(
    actions: Actions, answer: bytes, code: str
) -> None:
    async with answering(answer) as url:
        error = await failure(actions, attempt("act-http-request", {"url": url}))
    assert error.code == code


async def test_an_answer_that_unpacks_to_much_is_not_unpacked_whole(actions: Actions) -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(bytes(50_000_000)) + packer.flush()
    async with answering(response(packed, more="Content-Encoding: gzip\r\n")) as url:
        output = await actions.run(attempt("act-http-request", {"url": url}))
    assert output["truncated"]


async def test_an_error_shows_whom_it_asked_but_neither_path_nor_query(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("hook", Failure("status", status=500))
    error = await failure(actions, attempt("act-http-request", hook(stand_in)))
    assert f"POST {stand_in.base_url} answered 500" in str(error)
    assert "private" not in str(error)


async def test_the_proxy_of_the_environment_is_not_used(
    actions: Actions, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert (await actions.run(attempt("act-http-request", hook(stand_in))))["status"] == 200


async def test_a_hundred_run_at_once(actions: Actions, stand_in: StandIn) -> None:
    outputs = await asyncio.gather(
        *(actions.run(attempt("act-http-request", hook(stand_in))) for _ in range(100))
    )
    assert [output["status"] for output in outputs] == [200] * 100
    assert len(stand_in.received) == 100
