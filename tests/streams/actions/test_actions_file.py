"""The actions file: everything that is wrong with it, at once, with its place."""

from pathlib import Path

import pytest

from streams.actions.actions import Actions
from streams.actions.actions_file import ActionsFileError
from streams.actions.catalogue import ALWAYS, CONNECTORS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file stands."""
    return tmp_path / "actions.yaml"


def problems(path: Path, text: str) -> list[str]:
    """Return what is wrong with a file, its name left out."""
    path.write_text(text)
    with pytest.raises(ActionsFileError) as refused:
        Actions(path)
    return [problem.removeprefix(f"{path}:") for problem in refused.value.problems]


def test_a_file_sets_up_what_is_there_and_adds_what_is_not(path: Path) -> None:
    path.write_text(
        "act-slack-notify: {connector: slack, base_url: https://slack.com/api,"
        " token: secret:SLACK_TOKEN}\n"
        "act-jira-create: {connector: jira, base_url: https://example.atlassian.net,"
        " email: soc@example.com, token: secret:JIRA_TOKEN, api: 3}\n"
        "act-soc:\n  connector: slack\n  token: secret:SLACK_TOKEN\n  channel: '#soc'\n"
    )
    assert {each["id"] for each in Actions(path).describe()} == {*ALWAYS, "act-soc"}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}"])
def test_an_empty_file_changes_nothing(path: Path, text: str) -> None:
    path.write_text(text)
    assert Actions(path).describe() == Actions().describe()


def test_all_problems_are_said_at_once(path: Path) -> None:
    assert problems(
        path,
        "act-a: {connector: slak}\n"
        "act-b:\n"
        "  connector: slack\n"
        "  tokn: x\n"
        "act-c: {connector: jira, api: 4}\n"
        "act-d: {connector: http, url: 'ftp://x'}\n",
    ) == [
        "1:9: act-a: there is no connector 'slak', did you mean slack? "
        f"known: {', '.join(sorted(each.name for each in CONNECTORS))}",
        "4:3: act-b: slack has no 'tokn', did you mean token? "
        "known: base_url, channel, escape, message, token",
        "5:26: act-c: api: input should be 2 or 3",
        "6:26: act-d: url: is not a url that begins with http:// or https:// and a host",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- act-a\n", "1:1: is not a mapping"),
        ("act-a: slack\n", "1:1: act-a: is not a mapping"),
        ("act-a:\n", "1:1: act-a: is not a mapping"),
        ("act-a: {token: x}\n", "1:1: act-a: names no connector"),
        ("act-a: {connector: [slack]}\n", "1:1: act-a: names no connector"),
        ("'act a': {connector: log}\n", "1:1: 'act a' is not an action reference"),
        ("7: {connector: log}\n", "1:1: the key 7 is not a text"),
        ("act-a: {connector: slack, token: 'secret:A B'}\n", "1:27: act-a: token: is not secret:"),
        (
            "act-a: {connector: slack, base_url: https://x/?y}\n",
            "1:27: act-a: base_url: has a query",
        ),
        (
            "act-a: {connector: slack, token: 7}\n",
            "1:27: act-a: token: input should be a valid str",
        ),
        ("act-a: {connector: log}\nact-a: {connector: log}\n", "2:1: found duplicate key"),
        ("act-a: {connector: log\n", "2:1: "),
        ("act-a: &x {connector: log}\nact-b: *x\n", "1:8: anchors and aliases are not allowed"),
        ("act-a: !!python/name:os.system {}\n", "1:8: tags are not allowed"),
        ("act-a: {connector: log, when: 2026-01-01}\n", "1:31: 2026-01-01 is not a value of JSON"),
        ("act-a: {connector: log, n: .inf}\n", "1:28: inf is not a value of JSON"),
        ("a: 1\n---\nb: 2\n", "2:1: "),
        ("x: " + "[" * 40 + "]" * 40, "1:35: is nested deeper"),
        ("x: " + "[" * 100_000, ""),
        ("#" * 300_000, " is larger than"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(path: Path, text: str, problem: str) -> None:
    [found] = problems(path, text)
    assert found.startswith(problem)


def test_words_of_yaml_1_1_stay_words(path: Path) -> None:
    path.write_text("act-a: {connector: log, on: no, at: 12:30}\n")
    Actions(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(ActionsFileError, match=r"actions\.yaml: cannot be read: No such file"):
        Actions(path)


def test_a_file_that_is_not_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ActionsFileError, match="is not UTF-8 text"):
        Actions(path)


def test_a_problem_shows_no_value(path: Path) -> None:
    text = "act-a: {connector: slack, token: ['xoxb-in-the-wrong-place']}\n"
    assert "xoxb" not in problems(path, text)[0]
