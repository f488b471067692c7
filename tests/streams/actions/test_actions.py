"""What holds for every action, whatever its connector: the same promises to the step agent."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from streams.actions.connector import Call, Connector
from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings
from tests.streams.actions.attempts import attempt, failure, running

MESSAGE = {"channel": "#soc", "message": "hello"}


class BlockParameters(ActionParameters):
    """Whom to block."""

    address: str


class BlockSettings(ConnectorSettings):
    """The firewall."""

    token: str


class Block(Connector[BlockParameters, BlockSettings]):
    """A connector of a third party; it does what the test says."""

    name = "block"
    summary = "Blocks an address."
    Parameters = BlockParameters
    Settings = BlockSettings
    Output = ActionOutput
    secrets = frozenset({"token"})
    idempotency = "natural"
    example_output: ClassVar[Any] = {"blocked": True}
    does: ClassVar[Any] = None

    async def run(self, call: Call[BlockSettings], parameters: BlockParameters) -> Any:
        """Do it."""
        return self.does(call, parameters)


def blocking(monkeypatch: pytest.MonkeyPatch, does: Any) -> Actions:
    monkeypatch.setattr(Block, "does", staticmethod(does))
    return Actions({"act-block": {"connector": "block", "token": "t0p-secret"}}, None, [Block])


async def run_block(actions: Actions) -> Any:
    await actions.start()
    try:
        return await actions.run(attempt("act-block", {"address": "192.0.2.7"}))
    finally:
        await actions.stop()


async def test_log_returns_what_it_was_told(actions: Actions) -> None:
    said = {"title": "SQL injection", "n": 3, "tags": ["a", None], "model_dump": {"x": True}}
    with capture_logs() as logs:
        assert await actions.run(attempt("act-log", said)) == said
    [line] = logs
    assert (line["step_id"], line["parameters"]) == ("notify", said)


async def test_an_unknown_reference_is_refused_with_the_known_ones(actions: Actions) -> None:
    error = await failure(actions, attempt("act-slak-notify"))
    assert (error.code, error.retryable) == ("unknown_action", False)
    assert "did you mean act-slack-notify?" in str(error)
    assert "act-http-request" in str(error)


@pytest.mark.parametrize(
    ("ref", "keys"),
    [("act-slack-notify", ["token"]), ("act-jira-create", ["base_url", "token"])],
)
async def test_an_action_without_its_settings_says_which_and_where(
    ref: str, keys: list[str]
) -> None:
    async with running() as actions:
        error = await failure(actions, attempt(ref, MESSAGE))
    assert (error.code, error.retryable) == ("not_configured", False)
    assert "PLAYBOOKS_ACTIONS_FILE" in str(error)
    assert all(f"{key}: is required" in str(error) for key in keys)


async def test_a_setting_whose_secret_is_missing_is_not_configured(tmp_path: Path) -> None:
    entry = {"connector": "slack", "token": "secret:NOWHERE"}
    async with running({"act-slack-notify": entry}, tmp_path) as actions:
        error = await failure(actions, attempt("act-slack-notify", MESSAGE))
    assert error.code == "not_configured"
    assert "token: secret NOWHERE is missing: set PLAYBOOKS_SECRET_NOWHERE" in str(error)


async def test_a_rotated_secret_counts_for_the_next_call(stand_in: StandIn, tmp_path: Path) -> None:
    configuration = stand_in.actions()
    configuration["act-slack-notify"]["token"] = "secret:SLACK_TOKEN"
    token = tmp_path / "SLACK_TOKEN"
    token.write_text("old")
    async with running(configuration, tmp_path) as actions:
        assert (await failure(actions, attempt("act-slack-notify", MESSAGE))).code == "refused"
        token.write_text("stand-in-token\n")
        assert (await actions.run(attempt("act-slack-notify", MESSAGE)))["message_ts"]


async def test_a_secret_of_a_step_is_filled_in_and_taken_out_again(
    stand_in: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "API_KEY").write_text("k3y/with+signs")
    url = f"{stand_in.base_url}/hooks/here"
    said = {"url": url, "method": "POST", "headers": {"X-Key": "Key {{ secrets.API_KEY }}"}}
    parts = {"/headers/X-Key": ("Key ", {"secret": "API_KEY"})}
    async with running(None, tmp_path) as actions:
        await actions.run(attempt("act-http-request", said, secrets=parts))
        assert stand_in.received[0].headers["x-key"] == "Key k3y/with+signs"
        logged = {"key": "k3y/with+signs"}
        with capture_logs() as logs:
            output = await actions.run(
                attempt("act-log", logged, secrets={"/key": ({"secret": "API_KEY"},)})
            )
    assert output == {"key": "[secret API_KEY]"}
    assert "k3y" not in str(logs)


async def test_a_missing_secret_of_a_step_sends_nothing(actions: Actions) -> None:
    secrets = {"/channel": ({"secret": "NOWHERE"},)}
    error = await failure(actions, attempt("act-slack-notify", MESSAGE, secrets=secrets))
    assert (error.code, error.retryable) == ("secret_not_found", False)


async def test_text_that_looks_like_a_reference_stays_text(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_SLACK_TOKEN", "xoxb-real")
    said = {"a": "secret:SLACK_TOKEN", "b": "{{ secrets.SLACK_TOKEN }}"}
    assert await actions.run(attempt("act-log", said)) == said


async def test_fixed_parameters_are_not_the_step_s_to_say(stand_in: StandIn) -> None:
    entry = stand_in.actions()["act-slack-notify"] | {"channel": "#soc"}
    async with running({"act-soc": entry}) as actions:
        await actions.run(attempt("act-soc", {"message": "hello"}))
        error = await failure(actions, attempt("act-soc", MESSAGE))
    assert stand_in.received[0].body["channel"] == "#soc"
    assert (error.code, len(stand_in.received)) == ("invalid_parameters", 1)
    assert "channel: is fixed by the operator" in str(error)


async def test_a_fixed_parameter_may_be_a_secret(stand_in: StandIn, tmp_path: Path) -> None:
    (tmp_path / "HOOK_URL").write_text(f"{stand_in.base_url}/hooks/hidden")
    configuration = {"act-tell": {"connector": "webhook", "url": "secret:HOOK_URL"}}
    async with running(configuration, tmp_path) as actions:
        await actions.run(attempt("act-tell", {"payload": {}}))
    assert stand_in.received[0].path == "/hooks/hidden"


@pytest.mark.parametrize("ref", ["act-log", "act-http-request", "act-slack-notify"])
async def test_a_dry_run_answers_with_an_example_and_sends_nothing(ref: str) -> None:
    said = {
        "act-log": {"a": 1},
        "act-http-request": {"url": "{{ secrets.URL }}"},
        "act-slack-notify": MESSAGE,
    }[ref]
    secrets = {"/url": ({"secret": "URL"},)} if ref == "act-http-request" else {}
    actions = Actions()  # never started: there is no session to send with
    output = await actions.run(attempt(ref, said, secrets=secrets, dry_run=True))
    assert (
        output
        == {
            "act-log": {"a": 1},
            "act-http-request": {
                "status": 200,
                "headers": {"content-type": "application/json"},
                "body": {},
                "truncated": False,
            },
            "act-slack-notify": {"message_ts": "1503435956.000247", "channel": "C1H9RESGL"},
        }[ref]
    )


async def test_a_dry_run_finds_wrong_parameters() -> None:
    error = await failure(Actions(), attempt("act-slack-notify", {"text": "a"}, dry_run=True))
    assert error.code == "invalid_parameters"


async def test_a_connector_of_somebody_else_runs_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actions = blocking(monkeypatch, lambda call, said: {"blocked": said.address, "a": call.attempt})
    assert await run_block(actions) == {"blocked": "192.0.2.7", "a": 1}


async def test_an_unexpected_exception_is_an_internal_error_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(call: Call[BlockSettings], said: BlockParameters) -> None:
        raise KeyError(f"no such thing: {call.settings.token}")

    actions = blocking(monkeypatch, fails)
    await actions.start()
    with capture_logs() as logs:
        error = await failure(actions, attempt("act-block", {"address": "192.0.2.7"}))
    await actions.stop()
    assert (error.code, error.retryable) == ("internal_error", False)
    assert "KeyError" in str(error)
    assert "t0p-secret" not in str(error)
    assert "t0p-secret" not in str(logs)
    assert "test_actions.py" in str(logs[0]["where"])


@pytest.mark.parametrize(
    "output", [{1, 2}, {1: 2}, {"a": b"x"}, 2**70, [[[]]] * 2, float], ids=repr
)
async def test_an_output_that_is_no_json_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, output: Any
) -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    actions = blocking(monkeypatch, lambda call, said: deep if output == [[[]]] * 2 else output)
    await actions.start()
    error = await failure(actions, attempt("act-block", {"address": "192.0.2.7"}))
    await actions.stop()
    assert error.code == "internal_error"


def test_two_connectors_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two connectors are called block"):
        Actions(None, None, [Block, Block])


def test_descriptions_say_what_is_needed_and_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_SLACK_TOKEN", "xoxb-value")
    entry = {"connector": "slack", "token": "secret:SLACK_TOKEN", "channel": "#soc"}
    described = {each["id"]: each for each in Actions({"act-soc": entry}).describe()}
    soc = described["act-soc"]
    assert (soc["type"], soc["configured"], soc["reason"]) == ("slack", True, None)
    assert soc["secrets"] == [{"key": "token", "name": "SLACK_TOKEN", "required": True}]
    assert soc["parameters"]["required"] == ["message"]
    assert "channel" not in soc["parameters"]["properties"]
    jira = described["act-jira-create"]
    assert (jira["configured"], jira["idempotency"]) == (False, "search_before_create")
    assert "base_url: is required" in str(jira["reason"])
    assert "xoxb-value" not in str(described)
