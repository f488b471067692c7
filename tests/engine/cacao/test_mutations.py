"""Whatever a document says: an answer, soon, and never half a playbook."""

from random import Random
from time import process_time
from typing import Any

import orjson
import pytest

from engine import playbooks
from engine.cacao.importing import Imported, imported
from engine.compiling import compiled
from engine.executions import decide
from schemas.commands import Command, Rejection
from schemas.executions import ENDED, UNDER_WAY, Execution
from schemas.playbooks import Playbook
from tests.engine.cacao.documents import action, bash, document, key, loaded, real, variable
from tests.engine.cacao.mutations import mutated
from tests.evolutions import followed
from tests.examples import Story, told

SECONDS_MAX = 1.0
"""Of computing, for one document; what others compute meanwhile does not count."""

ROUNDS_MAX = 3_000
"""Answers to one run. It has at most 1,000 visits; people sometimes do nothing for a while."""


class Followed(Story):
    """A story that remembers the execution as it stands, so that long ones are told quickly."""

    state: Execution | None = None

    @property
    def execution(self) -> Execution:
        """The execution as it stands."""
        assert self.state is not None
        return self.state

    def give(self, command: Command) -> list[str] | Rejection:
        """Decide a command, and check that what happened is what became of it."""
        decision = decide(self.state, command, self.graph)
        if isinstance(decision, Rejection):
            return decision
        self.state, wrong = followed(self.state, decision)
        assert wrong == []
        return [told(event) for event in decision]


@pytest.fixture(scope="module")
def seeds(request: pytest.FixtureRequest) -> int:
    """How many documents are made up (``--mutations``)."""
    return int(request.config.getoption("--mutations"))


def everything() -> dict[str, Any]:
    """Return a document with every type of step."""
    return document(
        {
            "name": "while-condition loop",
            "condition": "__n__:value < 2",
            "on_true": "action add",
            "on_completion": "switch-condition choose",
        },
        action("add", bash("add __n__:value"), out_args=["__n__"]),
        {
            "name": "switch-condition choose",
            "switch": "__n__:value",
            "cases": {"2": "parallel fork", "default": "end"},
            "on_success": "if-condition ask",
            "on_failure": "action mend",
        },
        {"name": "parallel fork", "next_steps": ["action a", "action b"], "on_completion": "end"},
        action("a", bash("a"), on_completion="action shared"),
        action("b", bash("b"), on_completion="action shared"),
        action("shared", bash("one"), bash("two"), targets=["linux--1"], delay=5, timeout=7),
        {
            "name": "if-condition ask",
            "condition": "[__n__:value IN ('1', '2') AND NOT __x__:value]",
            "on_true": "playbook-action call",
            "on_false": "end",
        },
        {
            "name": "playbook-action call",
            "playbook_id": "playbook--x",
            "in_args": ["__n__"],
            "on_completion": "end",
        },
        action("mend", {"type": "manual", "command": "Look"}, out_args=["__x__"]),
        {"name": "end other"},
        workflow_exception=key("action mend"),
        playbook_variables={"__n__": variable("0", "integer"), "__x__": variable("no", "bool")},
        target_definitions={"linux--1": {"type": "linux", "name": "web"}},
    )


def test_any_document_is_imported_whole_or_refused(seeds: int) -> None:
    others = [each for each in map(loaded, real()) if len(orjson.dumps(each)) < 20_000]
    # Half of them from the one with everything in it.
    originals = [*[everything()] * max(1, len(others)), *others]
    for seed in range(seeds):
        random = Random(seed)
        whole = mutated(random.choice(originals), random)
        began = process_time()
        found = imported(whole)
        _consistent(found, seed)
        assert process_time() - began < SECONDS_MAX, (
            f"seed {seed} took {process_time() - began:.1f} s"
        )
        if found.definition is not None:
            _walk(found.definition, random, seed)


def _consistent(found: Imported, seed: int) -> None:
    assert (found.definition is None) is bool(found.problems), f"seed {seed}"
    if found.definition is not None:
        assert playbooks.problems(found.definition) == [], f"seed {seed}"


def _walk(definition: dict[str, Any], random: Random, seed: int) -> None:
    """Run it, with good and bad results in any order, to an end of whatever kind."""
    playbook = Playbook.model_validate({"id": "pb-example", **definition})
    story = Followed(compiled(playbook, playbooks.revision(playbook)))
    workflow = story.graph.workflow
    assert workflow is not None
    given = [*workflow.undeclared, *(n for n, v in workflow.variables.items() if v.external)]
    decision = story.start(event=None, parameters=dict.fromkeys(given, "1"))
    if not isinstance(decision, list):
        return
    for _ in range(ROUNDS_MAX):
        if story.execution.status in ENDED:
            return
        waiting = [r for r in story.execution.steps.values() if r.status in UNDER_WAY]
        moving = [r for r in waiting if r.type in ("command", "playbook-action", "manual", "delay")]
        assert moving, f"seed {seed} is stuck: {[r.id for r in waiting]}"
        _answer(story, random.choice(moving), random)
    raise AssertionError(f"seed {seed} does not end")


def _answer(story: Story, run: Any, random: Random) -> None:
    if run.type == "delay":
        story.fire_next()
    elif run.type == "manual":
        if random.random() < 0.2 or isinstance(story.approve(run.id, output={"x": "true"}), list):
            return
        story.reject(run.id)
    elif random.random() < 0.2:
        story.fail(run.id)
    else:
        story.complete(run.id, random.choice([{"body": 1}, {"n": "2"}, "5", None, {"stdout": "x"}]))
