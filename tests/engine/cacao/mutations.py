"""Documents gone wrong: what a careless hand, another program or an enemy makes of one."""

import copy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, 1e308, "", " ", "end", "\x00", "\ud800", "__x__:value", "$$x$$",
    "__" * 60 + ":value", "NOT " * 40 + "x", "(" * 40, "{{ 7 * 7 }}", "é" * 300, "a" * 70_000,
    "_" * 70_000, "__a" * 20_000, "$$a" * 20_000,
    [], {}, [[]], {"": ""}, [None], {"type": "action"}, "2026-13-45T99:00:00Z", "parallel",
)  # fmt: skip
"""Values where others belong."""

_PROPERTIES = (
    "on_completion", "on_success", "on_failure", "on_true", "on_false", "next_steps", "cases",
    "switch", "condition", "delay", "timeout", "step_variables", "out_args", "in_args", "type",
    "commands", "targets", "agent", "playbook_id", "playbook_version", "workflow_exception",
    "name", "labels", "revoked", "valid_until",
)  # fmt: skip


def mutated(document: dict[str, Any], random: Random) -> Any:
    """Return a copy with a few things wrong."""
    changed = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        random.choice(_CHANGES)(changed, random)
    return changed


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return every container with each of its keys."""
    if isinstance(value, dict | list):
        every = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in list(every):
            found.append((value, key))
            _places(each, found)
    return found


def _replace(document: Any, random: Random) -> None:
    if places := _places(document, []):
        holder, key = random.choice(places)
        holder[key] = copy.deepcopy(random.choice(ODD))


def _remove(document: Any, random: Random) -> None:
    if places := _places(document, []):
        holder, key = random.choice(places)
        del holder[key]


def _steps(document: Any) -> dict[str, Any]:
    workflow = document.get("workflow") if isinstance(document, dict) else None
    steps = workflow if isinstance(workflow, dict) else {}
    return {key: step for key, step in steps.items() if isinstance(step, dict)}


def _relink(document: Any, random: Random) -> None:
    """Let a step lead to another one, by whichever property."""
    if steps := _steps(document):
        step, target = random.choice(list(steps.values())), random.choice(list(steps))
        name = random.choice(_PROPERTIES[:8])
        values = {"next_steps": [target, target], "cases": {"default": target, "": target}}
        step[name] = values.get(name, "__x__:value" if name == "switch" else target)


def _retype(document: Any, random: Random) -> None:
    if steps := _steps(document):
        step = random.choice(list(steps.values()))
        step["type"] = random.choice(
            ["parallel", "if-condition", "while-condition", "switch-condition", "playbook-action"]
        )
        step.setdefault("condition", "__x__:value = 'y'")


def _set(document: Any, random: Random) -> None:
    holders = [document, *_steps(document).values()]
    random.choice(holders)[random.choice(_PROPERTIES)] = copy.deepcopy(random.choice(ODD))


def _swell(document: Any, random: Random) -> None:
    """Give a step many commands on many targets."""
    if steps := _steps(document):
        step = random.choice(list(steps.values()))
        step["commands"] = [{"type": random.choice(["bash", "http-api", "manual", "x y"])}] * 40
        step["targets"] = list(document.get("target_definitions") or ["t"])[:1] * 40


_CHANGES = (_replace, _replace, _remove, _relink, _relink, _retype, _set, _swell)
