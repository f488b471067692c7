"""What is reported of an attempt: a result, a failure, or that nobody knows."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

import pytest

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from schemas.actions import ActionRequest
from schemas.commands import CompleteStep, FailStep
from streams import attempts
from streams.actions.actions import Actions
from streams.actions.connector import Call, Connector
from streams.actions.errors import ActionError
from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings
from tests.examples import action, started, step
from tests.streams.actions.attempts import attempt
from tests.streams.actions.conftest import actions as actions
from tests.streams.actions.conftest import stand_in as stand_in

SLACK = {"channel": "#soc", "message": "a"}


def post(stand_in: StandIn, method: str = "POST") -> ActionRequest:
    return attempt("act-http-request", {"url": f"{stand_in.base_url}/hooks/a", "method": method})


async def code(actions: Actions, request: ActionRequest) -> tuple[str, bool]:
    """Return with what code an attempt fails, and whether it may be tried again."""
    result = await attempts.run(actions, request)
    assert isinstance(result, FailStep)
    return result.error.code, result.error.retryable


async def test_a_success_completes_the_step(actions: Actions) -> None:
    result = await attempts.run(actions, attempt("act-slack-notify", SLACK))
    assert isinstance(result, CompleteStep)
    assert (result.visit, result.attempt) == (1, 1)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_connection_lost_after_sending_is_an_unknown_outcome(
    actions: Actions, stand_in: StandIn, method: str
) -> None:
    stand_in.fail("hook", Failure("drop", carried_out=True))
    assert await code(actions, post(stand_in, method)) == ("outcome_unknown", False)


@pytest.mark.parametrize("method", ["GET", "put", "DELETE"])
async def test_what_does_no_harm_twice_is_tried_again_after_a_lost_connection(
    actions: Actions, stand_in: StandIn, method: str
) -> None:
    # The HTTP client tries such a method once more by itself.
    stand_in.fail("hook", Failure("drop"), Failure("drop"))
    assert await code(actions, post(stand_in, method)) == ("connection_lost", True)


async def test_a_message_that_was_not_answered_is_an_unknown_outcome(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("slack", Failure("drop", carried_out=True))
    assert await code(actions, attempt("act-slack-notify", SLACK)) == ("outcome_unknown", False)


async def test_a_ticket_that_is_searched_for_first_is_tried_again(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("jira_issue", Failure("drop", carried_out=True))
    ticket = attempt("act-jira-create", {"project": "SEC", "summary": "a"})
    assert await code(actions, ticket) == ("connection_lost", True)
    assert isinstance(await attempts.run(actions, ticket), CompleteStep)
    assert len(stand_in.jira.issues) == 1


async def test_a_search_that_lags_is_given_time_before_it_is_relied_on(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("jira_issue", Failure("drop", carried_out=True))
    ticket = attempt("act-jira-create", {"project": "SEC", "summary": "a"})
    result = await attempts.run(actions, ticket)
    assert isinstance(result, FailStep)
    assert result.error.retry_after_seconds == actions.settle_seconds(ticket) > 0


@pytest.mark.parametrize("failure", [Failure("status", status=429), Failure("status", status=503)])
async def test_a_clear_no_is_tried_again(
    actions: Actions, stand_in: StandIn, failure: Failure
) -> None:
    stand_in.fail("slack", failure)
    assert (await code(actions, attempt("act-slack-notify", SLACK)))[1]


@pytest.mark.parametrize(
    ("ref", "parameters", "in_doubt"),
    [
        ("act-slack-notify", {}, True),
        ("act-jira-create", {}, False),
        ("act-http-request", {"url": "https://example.com", "method": "POST"}, True),
        ("act-http-request", {"url": "https://example.com"}, False),
        # Another worker may have an actions file that knows it.
        ("act-of-others", {}, True),
    ],
)
def test_an_attempt_without_a_result_is_in_doubt_unless_it_does_no_harm_twice(
    ref: str, parameters: dict[str, str], in_doubt: bool
) -> None:
    story = started(action("one", action_ref=ref, parameters=parameters))
    found = attempts.is_in_doubt(Actions(), story.execution, story.execution.steps["one"])
    assert found is in_doubt


def test_a_step_that_calls_nothing_is_never_in_doubt() -> None:
    story = started(step("ask", "approval", timeout_seconds=5))
    run = story.execution.steps["ask"]
    assert not attempts.is_in_doubt(Actions(), story.execution, run)


def test_nothing_is_unknown_of_a_dry_run_or_an_action_that_does_not_exist() -> None:
    actions = Actions()
    assert actions.is_repeatable(attempt("act-slack-notify", SLACK, dry_run=True))
    assert actions.is_repeatable(attempt("act-nothing"))
    assert not actions.is_repeatable(attempt("act-slack-notify", SLACK))


class Careless(Connector[ActionParameters, ConnectorSettings]):
    """A connector of a third party, whose mistakes stay its own."""

    name = "careless"
    summary = "Fails."
    Parameters = ActionParameters
    Output = ActionOutput
    idempotency = "none"
    example_output: ClassVar[Any] = {}

    async def run(self, call: Call[ConnectorSettings], parameters: ActionParameters) -> Any:
        """Fail, and say so in a way that no command can be made of."""
        raise ActionError("busy", "come back later", retryable=True, retry_after_seconds=-1)

    def is_repeatable(self, said: Mapping[str, Any]) -> bool:
        """Fail."""
        raise KeyError("method")


@pytest.fixture
async def careless() -> AsyncIterator[Actions]:
    """Actions of it."""
    actions = Actions({"act-careless": {"connector": "careless"}}, None, [Careless])
    await actions.start()
    yield actions
    await actions.stop()


async def test_a_failure_that_says_what_nobody_can_write_is_reported_all_the_same(
    careless: Actions,
) -> None:
    assert await code(careless, attempt("act-careless")) == ("internal_error", False)


async def test_a_connector_that_cannot_say_whether_it_may_run_twice_must_not(
    careless: Actions,
) -> None:
    story = started(action("one", action_ref="act-careless"))
    assert not careless.is_repeatable(attempt("act-careless"))
    assert attempts.is_in_doubt(careless, story.execution, story.execution.steps["one"])
