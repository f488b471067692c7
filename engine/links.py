"""Where the flow of a playbook may go: every link leads somewhere, and none in a circle."""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from schemas.problems import Problem
from schemas.steps import ABORT, CONTINUE, END, NEXT, RESERVED_IDS, Step

_SUCCESS_WORDS = frozenset({END, NEXT})
_FAILURE_WORDS = frozenset({END, ABORT, CONTINUE})


def problems(steps: list[Step | None]) -> list[Problem]:
    """Return what is wrong with the ids and links of ``steps``; None stands for an unreadable one.

    Order and reach are judged only when every step can be read and every link leads to a
    step: before that they would be guesses.
    """
    found = [*_ids(steps), *_targets(steps)]
    whole = [step for step in steps if step is not None]
    if found or not steps or len(whole) < len(steps):
        return found
    return [*_circles(whole), *_unreachable(whole), *_unsaid_falls(whole)]


def _ids(steps: list[Step | None]) -> Iterator[Problem]:
    counts = Counter(step.id for step in steps if step is not None)
    for index, step in enumerate(steps):
        if step is None:
            continue
        if counts[step.id] > 1:
            yield Problem(f"/steps/{index}/id", f"id {step.id} is used by {counts[step.id]} steps")
        if step.id in RESERVED_IDS:
            yield Problem(
                f"/steps/{index}/id",
                f"{step.id} is a word that links use, not an id: choose another",
            )


def _targets(steps: list[Step | None]) -> Iterator[Problem]:
    if any(step is None for step in steps):
        return
    known = {step.id for step in steps if step is not None}
    for index, step in enumerate(steps):
        if step is None:
            continue
        for key, target, words in (
            ("on_success", step.on_success, _SUCCESS_WORDS),
            ("on_failure", step.on_failure, _FAILURE_WORDS),
        ):
            if target is not None and target not in words and target not in known:
                yield Problem(f"/steps/{index}/{key}", _unknown(target, known, words))


def _unknown(target: str, known: set[str], words: frozenset[str]) -> str:
    near = get_close_matches(target, sorted(known | words), n=1)
    hint = f": did you mean {near[0]}" if near else f": write a step id or {_listed(words)}"
    return f"there is no step {target}{hint}"


def _listed(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))


def successors(steps: list[Step]) -> dict[str, list[tuple[str, str]]]:
    """Return for each step the links that leave it, as (key, target step id)."""
    following = [step.id for step in steps[1:]] + [END]
    links: dict[str, list[tuple[str, str]]] = {}
    for step, after in zip(steps, following, strict=True):
        onward = after if step.on_success in (None, NEXT) else str(step.on_success)
        leaving = [("on_success", onward)]
        if step.on_failure is not None and step.on_failure not in _FAILURE_WORDS:
            leaving.append(("on_failure", step.on_failure))
        links[step.id] = [(key, target) for key, target in leaving if target != END]
    return links


def _circles(steps: list[Step]) -> Iterator[Problem]:
    """Report each link that closes a circle."""
    links = successors(steps)
    index_of = {step.id: index for index, step in enumerate(steps)}
    done: set[str] = set()
    for root in links:
        path: list[str] = []
        pending = [(root, False)]
        while pending:
            step_id, left = pending.pop()
            if left:
                path.pop()
                done.add(step_id)
                continue
            if step_id in done or step_id in path:
                continue
            path.append(step_id)
            pending.append((step_id, True))
            for key, target in links[step_id]:
                if target in path:
                    circle = " → ".join([*path[path.index(target) :], target])
                    yield Problem(
                        f"/steps/{index_of[step_id]}/{key}",
                        f"the flow would run in a circle: {circle}",
                    )
                pending.append((target, False))


def _unreachable(steps: list[Step]) -> Iterator[Problem]:
    links = successors(steps)
    reached: set[str] = set()
    pending = [steps[0].id] if steps else []
    while pending:
        step_id = pending.pop()
        if step_id not in reached:
            reached.add(step_id)
            pending += [target for _, target in links[step_id]]
    for index, step in enumerate(steps):
        if step.id not in reached:
            yield Problem(
                f"/steps/{index}",
                f"step {step.id} can never be reached: link to it or remove it",
            )


def _unsaid_falls(steps: list[Step]) -> Iterator[Problem]:
    """Report falling, by saying nothing, into a step that is there for a special case.

    A host must not be isolated because somebody forgot an ``end``.
    """
    special = {step.on_failure: step.id for step in steps if step.on_failure}
    for index, (step, after) in enumerate(pairwise(steps)):
        if step.on_success is None and after.id in special:
            yield Problem(
                f"/steps/{index}",
                f"step {step.id} would fall through into {after.id}, which is the on_failure of "
                f"{special[after.id]}: say on_success: end, next or a step id",
            )
