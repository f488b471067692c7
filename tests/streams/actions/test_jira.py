"""Jira: one ticket per request however often it runs, and its text is only text."""

from typing import Any

import pytest

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from tests.streams.actions.attempts import EXECUTION_ID, attempt, failure, running

TICKET = {
    "project": "SEC",
    "summary": "SQL Injection in login form",
    "description": "The parameter id is not escaped.",
    "priority": "Critical",
}


def configured(stand_in: StandIn, **says: Any) -> dict[str, Any]:
    entry = stand_in.actions()["act-jira-create"] | says
    return {"act-jira-create": {key: value for key, value in entry.items() if value is not None}}


async def test_a_ticket_is_created(actions: Actions, stand_in: StandIn) -> None:
    output = await actions.run(attempt("act-jira-create", TICKET))
    assert output == {"issue_key": "SEC-1", "url": f"{stand_in.base_url}/browse/SEC-1"}
    [issue] = stand_in.jira.issues
    assert issue["fields"]["project"] == {"key": "SEC"}
    assert issue["fields"]["issuetype"] == {"name": "Task"}
    assert issue["fields"]["priority"] == {"name": "Critical"}
    assert issue["fields"]["description"]["content"][0]["content"] == [
        {"type": "text", "text": "The parameter id is not escaped."}
    ]


async def test_the_same_request_again_is_the_same_ticket(
    actions: Actions, stand_in: StandIn
) -> None:
    first = await actions.run(attempt("act-jira-create", TICKET))
    second = await actions.run(attempt("act-jira-create", TICKET))
    assert first == second
    assert len(stand_in.jira.issues) == 1


async def test_a_ticket_whose_answer_was_lost_is_found_again(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("jira_issue", Failure("drop", carried_out=True))
    error = await failure(actions, attempt("act-jira-create", TICKET))
    assert (error.code, error.retryable) == ("connection_lost", True)
    assert (await actions.run(attempt("act-jira-create", TICKET)))["issue_key"] == "SEC-1"
    assert len(stand_in.jira.issues) == 1


async def test_another_visit_of_the_step_is_another_ticket(
    actions: Actions, stand_in: StandIn
) -> None:
    for visit in (1, 2):
        await actions.run(attempt("act-jira-create", TICKET, key=f"{EXECUTION_ID}/ticket/{visit}"))
    assert [issue["key"] for issue in stand_in.jira.issues] == ["SEC-1", "SEC-2"]


async def test_nothing_is_created_while_the_search_fails(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("jira_search", Failure("status", status=503))
    error = await failure(actions, attempt("act-jira-create", TICKET))
    assert (error.code, error.retryable) == ("http_status", True)
    assert len(stand_in.jira.issues) == 0


async def test_data_center_gets_markup_that_does_nothing(stand_in: StandIn) -> None:
    hostile = (
        "{code}x{code} !http://evil.example/a.png! [~admin] [wiki|http://evil.example] C:\\\\x"
    )
    async with running(configured(stand_in, api=2)) as actions:
        await actions.run(attempt("act-jira-create", TICKET | {"description": hostile}))
    assert stand_in.jira.issues[0]["fields"]["description"] == (
        "\\{code\\}x\\{code\\} \\!http://evil.example/a.png\\! \\[~admin\\] "
        "\\[wiki|http://evil.example\\] C:&#92;&#92;x"
    )


async def test_lines_and_paragraphs_of_a_description_are_kept(
    actions: Actions, stand_in: StandIn
) -> None:
    await actions.run(attempt("act-jira-create", TICKET | {"description": "a\r\nb\n\n\nc\x00"}))
    paragraphs = stand_in.jira.issues[0]["fields"]["description"]["content"]
    assert [paragraph["content"] for paragraph in paragraphs] == [
        [{"type": "text", "text": "a"}, {"type": "hardBreak"}, {"type": "text", "text": "b"}],
        [{"type": "text", "text": "c"}],
    ]


async def test_a_summary_is_one_line_of_at_most_255_characters(
    actions: Actions, stand_in: StandIn
) -> None:
    said = TICKET | {"summary": "two\nlines " + "x" * 300}
    await actions.run(attempt("act-jira-create", said))
    summary = stand_in.jira.issues[0]["fields"]["summary"]
    assert summary.startswith("two lines x")
    assert len(summary) == 255


async def test_blanks_in_labels_become_hyphens(actions: Actions, stand_in: StandIn) -> None:
    await actions.run(attempt("act-jira-create", TICKET | {"labels": ["prod env", " "]}))
    labels = stand_in.jira.issues[0]["fields"]["labels"]
    assert labels[0] == "prod-env"
    assert len(labels) == 2


async def test_priorities_are_said_in_the_words_of_the_site(stand_in: StandIn) -> None:
    async with running(configured(stand_in, priorities={"Critical": "Highest"})) as actions:
        await actions.run(attempt("act-jira-create", TICKET))
    assert stand_in.jira.issues[0]["fields"]["priority"] == {"name": "Highest"}


@pytest.mark.parametrize(
    ("email", "scheme"), [("soc@example.com", "Basic "), (None, "Bearer ")], ids=["cloud", "own"]
)
async def test_the_token_is_sent_as_the_site_takes_it(
    stand_in: StandIn, email: str | None, scheme: str
) -> None:
    async with running(configured(stand_in, email=email)) as actions:
        await actions.run(attempt("act-jira-create", TICKET))
    assert all(each.headers["authorization"].startswith(scheme) for each in stand_in.received)


async def test_what_jira_says_against_a_ticket_is_the_reason(
    actions: Actions, stand_in: StandIn
) -> None:
    stand_in.fail("jira_issue", Failure("status", status=400))
    error = await failure(actions, attempt("act-jira-create", TICKET))
    assert (error.code, error.retryable) == ("http_status", False)
    assert "400 Bad Request: out of order" in str(error)


@pytest.mark.parametrize("project", ['SEC" OR project = "HR', "", "1", "SEC HR"])
async def test_a_project_that_is_no_key_is_refused(actions: Actions, project: str) -> None:
    error = await failure(actions, attempt("act-jira-create", TICKET | {"project": project}))
    assert error.code == "invalid_parameters"
    assert "project: is not the key of a project" in str(error)
