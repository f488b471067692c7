"""Imported CACAO playbooks on real Kafka: from the document to the end of their executions."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.cacao.importing import imported
from engine.consequences import CURRENT
from engine.evolution import fold
from schemas.commands import StartExecution
from schemas.events import Event
from schemas.executions import Execution, Status
from schemas.playbooks import Playbook
from streams.actions.actions import Actions
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings
from tests.e2e.log import assert_gapless, events_until_ended, send_commands
from tests.e2e.runner import Runner, runner
from tests.engine.cacao.documents import action, bash, document, loaded, real, variable
from tests.examples import told

pytestmark = pytest.mark.usefixtures("worker")

CHILD = "playbook--2f0c1a52-5d4c-4bc9-9a0e-4a2f6f1f7a55"


@pytest.fixture
async def runs() -> AsyncIterator[Runner]:
    async with runner() as found:
        yield found


@pytest.fixture
async def actions(settings: Settings, runs: Runner) -> AsyncIterator[Actions]:
    """The runner runs every type of command."""
    mapped = {
        f"cacao:{kind}": {"connector": "webhook", "url": f"{runs.base_url}/run"}
        for kind in ("bash", "ssh", "openc2-http", "powershell")
    }
    base = {"cacao:http-api": {"connector": "http-api", "base_url": runs.base_url}}
    actions = Actions(mapped | base, settings.secrets_dir)
    await actions.start()
    yield actions
    await actions.stop()


async def publish(registry: PlaybookRegistry, whole: dict[str, Any], playbook_id: str) -> None:
    found = imported(whole)
    assert found.definition is not None, found.problems
    definition = Playbook.model_validate({"id": playbook_id, **found.definition})
    await registry.publish(definition, by="test", expected=None)


async def run(
    settings: Settings, executions: int = 1, **parameters: Any
) -> tuple[dict[str, Execution], dict[str, list[Event]]]:
    """Start pb-example; return the executions and their events, by playbook, once all ended."""
    start = StartExecution(
        id="start",
        execution_id="pexec-1",
        at=datetime.now(UTC),
        playbook_id="pb-example",
        playbook_revision=CURRENT,
        trigger="manual",
        parameters=parameters,
    )
    await send_commands(settings, [start])
    histories = await events_until_ended(settings, executions)
    assert_gapless(histories)
    folded = {key: fold(None, history) for key, history in histories.items()}
    ids = {key: each.playbook_id for key, each in folded.items() if each is not None}
    return (
        {ids[key]: each for key, each in folded.items() if each is not None},
        {ids[key]: history for key, history in histories.items()},
    )


async def test_loops_branches_and_other_playbooks_run_in_order_and_share_variables(
    settings: Settings, registry: PlaybookRegistry, runs: Runner
) -> None:
    whole = document(
        {
            "name": "while-condition loop",
            "condition": "__n__:value < 3",
            "on_true": "action add",
            "on_completion": "switch-condition choose",
        },
        action("add", bash("add __n__:value 1"), out_args=["__sum__"], on_success="action keep"),
        action("keep", bash("add 0 __sum__:value"), out_args=["__n__"]),
        {
            "name": "switch-condition choose",
            "switch": "__n__:value",
            "cases": {"3": "parallel fork", "default": "end"},
            "on_completion": "playbook-action call",
        },
        {"name": "parallel fork", "next_steps": ["action a", "action b"], "on_completion": "end"},
        action("a", bash("a")),
        action("b", bash("b")),
        {
            "name": "playbook-action call",
            "playbook_id": CHILD,
            "in_args": ["__n__"],
            "out_args": ["__result__"],
            "on_completion": "action tell",
        },
        action(
            "tell",
            {
                "type": "http-api",
                "command": "POST /tell?n=__n__:value HTTP/1.1",
                "content": '{"result": "__result__:value", "quote": "__quote__:value"}',
            },
        ),
        playbook_variables={
            "__n__": variable("0", "integer", external=True),
            "__sum__": variable(kind="integer"),
            "__result__": variable(kind="integer"),
            "__quote__": variable('say "hi"\n'),
        },
    )
    child = document(
        action("double", bash("add __n__:value __n__:value"), out_args=["__result__"]),
        id=CHILD,
        name="Child",
        playbook_variables={
            "__n__": variable(kind="integer", external=True),
            "__result__": variable(kind="integer"),
        },
    )
    await publish(registry, child, "pb-child")
    await publish(registry, whole, "pb-example")
    executions, histories = await run(settings, 2, n=1)
    parent, called = executions["pb-example"], executions["pb-child"]
    assert (parent.status, called.status) == (Status.COMPLETED, Status.COMPLETED)
    assert parent.variables == {"": {"__sum__": "3", "__n__": "3", "__result__": "6"}}
    assert runs.asked[-1] == {"result": "6", "quote": 'say "hi"\n'}
    starts = [told(each)[12:] for each in histories["pb-example"] if each.type == "StepStarted"]
    assert starts[:6] == ["loop", "add", "keep", "add", "keep", "choose"]
    assert sorted(starts[6:9]) == ["a", "b", "fork"]
    assert starts[9:] == ["call", "tell"]


@pytest.mark.parametrize("name", ["executable-playbooks.0.json", "ssh-playbook.json"])
async def test_a_real_playbook_of_others_runs_to_its_end(
    name: str, settings: Settings, registry: PlaybookRegistry, runs: Runner
) -> None:
    path = next((path for path in real() if path.name == name), None)
    if path is None:
        pytest.skip("the files of others are not here")
    whole = loaded(path)
    if name.startswith("executable"):
        _within_reach(whole, runs)
    await publish(registry, whole, "pb-example")
    given = {"target_ip": "192.0.2.7", "openc2_actuator_ip": "192.0.2.8"}
    executions, _ = await run(settings, **(given if name.startswith("executable") else {}))
    statuses = {run.status.value for run in executions["pb-example"].steps.values()}
    assert executions["pb-example"].status is Status.COMPLETED
    assert statuses == {"completed"}
    assert runs.asked


def _within_reach(whole: dict[str, Any], runs: Runner) -> None:
    """Let its counter be counted by the runner, and its HTTP request go there."""
    for step in whole["workflow"].values():
        for command in step.get("commands", []):
            if command["type"] == "http-api":
                command["command"] = f"POST {runs.base_url}/get HTTP/1.1"
                command["content"] = "{}"
            if "python" in command.get("command", ""):
                command["command"] = "add __soarca_ssh_result__:value 1"
                step["out_args"] = ["__soarca_ssh_result__"]
