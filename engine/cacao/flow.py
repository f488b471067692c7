"""How the steps of a document lead to each other: one start, every step reached, no circles.

``engine/cacao/links.py`` asks whether a document can be run here, and forgives what real ones
do; this asks whether it is as the standard wants it.
"""

from collections.abc import Iterator

from engine.cacao.parts import Steps, texts
from schemas.messages import JsonObject
from schemas.problems import Problem, below

_ONWARD = ("on_completion", "on_success", "on_failure")


def problems(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    """Yield what is wrong with the flow."""
    yield from _start(document, steps)
    for key, step in steps.items():
        yield from _successors(step, below("/workflow", key))
    yield from _unreached(document, steps)
    yield from _circles(steps)


def links(step: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield the links of a step, as (pointer below it, key of the step that it leads to)."""
    for name in (*_ONWARD, "on_true", "on_false"):
        target = step.get(name)
        if isinstance(target, str):
            yield f"/{name}", target
    for index, target in enumerate(texts(step.get("next_steps"))):
        yield f"/next_steps/{index}", target
    cases = step.get("cases")
    for case, target in (cases if isinstance(cases, dict) else {}).items():
        if isinstance(target, str):
            yield below("/cases", case), target


def _start(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    starts = [key for key, step in steps.items() if step.get("type") == "start"]
    begin = document.get("workflow_start")
    if begin not in starts:
        yield Problem("/workflow_start", "is not the key of a step of the type start")
    for key in starts:
        if len(starts) > 1 and key != begin:
            yield Problem(below("/workflow", key), "is a second start: a workflow has one")
    ends = [key for key, step in steps.items() if step.get("type") == "end"]
    if steps and not ends:
        yield Problem("/workflow", "has no step of the type end")
    if steps and not {"action", "playbook-action"} & {str(s.get("type")) for s in steps.values()}:
        yield Problem("/workflow", "has neither an action nor a playbook-action")


def _successors(step: JsonObject, at: str) -> Iterator[Problem]:
    said = [name for name in _ONWARD if name in step]
    kind = step.get("type")
    if kind == "end":
        for name in said:
            yield Problem(f"{at}/{name}", "an end leads nowhere")
        return
    if "on_completion" in said and len(said) > 1:
        yield Problem(at, "says on_completion and on_success or on_failure: one excludes the other")
    if kind == "start":
        for name in said:
            if name != "on_completion":
                yield Problem(f"{at}/{name}", "a start has on_completion only")
    if not {"on_completion", "on_success"} & set(said):
        yield Problem(at, "leads nowhere: say on_completion or on_success")


def _unreached(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    pending = [
        key
        for name in ("workflow_start", "workflow_exception")
        if isinstance(key := document.get(name), str)
    ]
    reached: set[str] = set()
    while pending:
        key = pending.pop()
        if key in steps and key not in reached:
            reached.add(key)
            pending += [target for _, target in links(steps[key])]
    for key in steps:
        if key not in reached:
            yield Problem(below("/workflow", key), "is never reached")


def _circles(steps: Steps) -> Iterator[Problem]:
    """Yield each link that closes a circle. A while is none: its branch returns by an end."""
    done: set[str] = set()
    for root in steps:
        path: dict[str, None] = {}
        pending: list[tuple[str, str, bool]] = [(root, "", False)]
        while pending:
            key, pointer, left = pending.pop()
            if left:
                del path[key]
                done.add(key)
            elif key in path:
                yield Problem(pointer, f"leads back to {key}: only a while-condition repeats")
            elif key in steps and key not in done:
                path[key] = None
                pending.append((key, "", True))
                at = below("/workflow", key)
                pending += [(target, at + way, False) for way, target in links(steps[key])]
