"""Where the workflow of a document may go: every link leads somewhere, and none in a circle.

A step that opens branches is left for each of them, and comes back to itself when the branch
has come to an ``end``; that return is no link.
"""

from collections.abc import Iterator
from typing import NamedTuple

from engine.cacao.documents import Document, StepPart
from schemas.problems import Problem, below

NESTING_MAX = 32
"""How deep branches may stand in each other."""

STEP_TYPES = frozenset({
    "start", "end", "action", "playbook-action", "parallel", "if-condition", "while-condition",
    "switch-condition",
})  # fmt: skip


class Link(NamedTuple):
    """A way from a step to another. pointer: below the step. opens: it begins a branch."""

    pointer: str
    target: str
    opens: bool


def links(step: StepPart) -> Iterator[Link]:
    """Yield the ways that lead on from a step, as far as its type has them."""
    if step.type == "parallel":
        for index, target in enumerate(step.next_steps or ()):
            yield Link(f"/next_steps/{index}", target, True)
    elif step.type in ("if-condition", "while-condition"):
        if step.on_true is not None:
            yield Link("/on_true", step.on_true, True)
        if step.on_false is not None and step.type == "if-condition":
            yield Link("/on_false", step.on_false, True)
    elif step.type == "switch-condition":
        for case, target in (step.cases or {}).items():
            yield Link(below("/cases", case), target, True)
    for name in ("on_completion", "on_success", "on_failure"):
        if step.type != "end" and (target := getattr(step, name)) is not None:
            yield Link(f"/{name}", target, False)


def reached(document: Document) -> list[str]:
    """Return the keys of the steps that a run may come to, each before those it leads to.

    Only of a document without ``problems``.
    """
    order: list[str] = []
    done: set[str] = set()
    for root in _roots(document)[::-1]:
        pending = [(root, False)]
        while pending:
            key, left = pending.pop()
            if left:
                order.append(key)
            elif key not in done:
                done.add(key)
                pending.append((key, True))
                pending += [(link.target, False) for link in links(document.workflow[key])]
    return order[::-1]


def problems(document: Document) -> list[Problem]:
    """Return why the workflow cannot be walked; of steps that no run comes to, nothing."""
    missing = list(_missing(document))
    return missing or [*_unknown_types(document), *_circles(document), *_depths(document)]


def pointer(key: str) -> str:
    """Return the JSON pointer of a step."""
    return below("/workflow", key)


def _roots(document: Document) -> list[str]:
    exception = document.workflow_exception
    known = exception is not None and exception in document.workflow
    return [document.workflow_start, *([exception] if known and exception else [])]


def _reached(document: Document) -> Iterator[str]:
    """Yield the reached steps of a document that may have links to nowhere, and circles."""
    pending = _roots(document)[::-1]
    done: set[str] = set()
    while pending:
        key = pending.pop()
        if key in done or key not in document.workflow:
            continue
        done.add(key)
        yield key
        pending += [link.target for link in links(document.workflow[key])]


def _missing(document: Document) -> Iterator[Problem]:
    for key in _reached(document):
        for link in links(document.workflow[key]):
            if link.target not in document.workflow:
                yield Problem(
                    pointer(key) + link.pointer, f"there is no step {link.target} in the workflow"
                )


def _unknown_types(document: Document) -> Iterator[Problem]:
    for key in _reached(document):
        step = document.workflow[key]
        if step.type not in STEP_TYPES:
            known = ", ".join(sorted(STEP_TYPES))
            message = f"{step.type!r} is no type of step of CACAO 2.0: {known}"
            yield Problem(f"{pointer(key)}/type", message)


def _circles(document: Document) -> Iterator[Problem]:
    done: set[str] = set()
    for root in _roots(document):
        path: dict[str, None] = {}
        pending = [(root, False)]
        while pending:
            key, left = pending.pop()
            if left:
                del path[key]
                done.add(key)
            elif key not in done and key not in path:
                path[key] = None
                pending.append((key, True))
                for link in links(document.workflow[key]):
                    if link.target in path:
                        yield Problem(
                            pointer(key) + link.pointer,
                            f"leads back to {link.target}: steps do not go in circles; repeat with "
                            "a while-condition, whose branch returns by an end step",
                        )
                    pending.append((link.target, False))


def _depths(document: Document) -> Iterator[Problem]:
    """Report where branches open branches without end. Needs a workflow without circles."""
    if next(_circles(document), None) is not None:
        return
    depth: dict[str, int] = {}
    for key in reached(document):
        here = depth.setdefault(key, 0)
        if here > NESTING_MAX:
            yield Problem(pointer(key), f"stands more than {NESTING_MAX} branches deep")
            return
        for link in links(document.workflow[key]):
            depth[link.target] = max(depth.get(link.target, 0), here + link.opens)
