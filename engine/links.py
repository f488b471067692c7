"""Where the flow of a playbook may go: every link leads somewhere, and none in a circle."""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from engine import nesting
from engine.sequences import Sequence, opened, sequences
from schemas.problems import Problem, below
from schemas.steps import (
    ABORT,
    CONTINUE,
    END,
    NEXT,
    RESERVED_IDS,
    ConditionStep,
    Step,
    SwitchStep,
)

_SUCCESS_WORDS = frozenset({END, NEXT})
_FAILURE_WORDS = frozenset({END, ABORT, CONTINUE})


class Link(NamedTuple):
    """A link as it is written. key: its JSON pointer below the step; target: None is unsaid."""

    key: str
    target: str | None
    words: frozenset[str]


def problems(steps: list[Step | None]) -> list[Problem]:
    """Return what is wrong with the ids and links of ``steps``; None stands for an unreadable one.

    Nesting, order and reach are judged only when every step can be read and every link leads to
    a step: before that they would be guesses.
    """
    found = [*_ids(steps), *_targets(steps)]
    whole = [step for step in steps if step is not None]
    if found or not whole or len(whole) < len(steps):
        return found
    found = nesting.problems(whole) or list(_across(whole))
    if found:
        return found
    return [*_circles(whole), *_unreachable(whole), *_unsaid_falls(whole)]


def links(step: Step) -> Iterator[Link]:
    """Yield the links that a step may have, those that it leaves unsaid with the target None."""
    yield Link("/on_success", step.on_success, _SUCCESS_WORDS)
    yield Link("/on_failure", step.on_failure, _FAILURE_WORDS)
    if isinstance(step, ConditionStep):
        yield Link("/on_true", step.on_true, _SUCCESS_WORDS)
        yield Link("/on_false", step.on_false, _SUCCESS_WORDS)
    elif isinstance(step, SwitchStep):
        for case, target in step.cases.items():
            yield Link(below("/cases", case), target, _SUCCESS_WORDS)
        yield Link("/default", step.default, _SUCCESS_WORDS)


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
    whole = [step for step in steps if step is not None]
    if len(whole) < len(steps):
        return
    known = {step.id for step in whole}
    for index, step in enumerate(whole):
        for key, target, words in links(step):
            if target is not None and target not in words and target not in known:
                yield Problem(f"/steps/{index}{key}", _unknown(target, known, words))
        for sequence in opened(step):
            for place, step_id in enumerate(sequence.step_ids):
                if step_id not in known:
                    pointer = nesting.pointer(step, sequence.index, place)
                    yield Problem(f"/steps/{index}{pointer}", _unknown(step_id, known, frozenset()))


def _unknown(target: str, known: set[str], words: frozenset[str]) -> str:
    near = get_close_matches(target, sorted(known | words), n=1)
    advice = f"write a step id or {_listed(words)}" if words else "write the id of a step"
    return f"there is no step {target}: {f'did you mean {near[0]}' if near else advice}"


def _listed(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))


def _across(steps: list[Step]) -> Iterator[Problem]:
    """Report links that lead out of a branch or a loop, or into one."""
    home = {step_id: each for each in sequences(steps) for step_id in each.step_ids}
    for index, step in enumerate(steps):
        for key, target, words in links(step):
            if target is None or target in words or home[target] == home[step.id]:
                continue
            yield Problem(
                f"/steps/{index}{key}",
                f"step {target} stands in {_place(home[target])}, {step.id} in "
                f"{_place(home[step.id])}: a link stays in its list; end leaves it",
            )


def _place(sequence: Sequence) -> str:
    return "the outermost list" if sequence.owner is None else f"a list of {sequence.owner}"


def successors(steps: list[Step]) -> dict[str, list[tuple[str, str]]]:
    """Return for each step the links that leave it, as (pointer below the step, target step id)."""
    leaving: dict[str, list[tuple[str, str]]] = {}
    by_id = {step.id: step for step in steps}
    for sequence in sequences(steps):
        following = (*sequence.step_ids[1:], END)
        for step_id, after in zip(sequence.step_ids, following, strict=True):
            targets = _leaving(by_id[step_id], after)
            leaving[step_id] = [(key, target) for key, target in targets if target in by_id]
    return leaving


def _leaving(step: Step, after: str) -> Iterator[tuple[str, str]]:
    """Yield every way out of a step. A decision goes by its own links, not by ``on_success``."""
    decides = isinstance(step, ConditionStep | SwitchStep)
    onward = after if step.on_success in (None, NEXT) else step.on_success
    for key, target, _ in links(step):
        if key == "/on_failure":
            yield key, target or ABORT
        elif key == "/on_success":
            if not decides:
                yield key, onward
        else:
            yield key, {None: onward, NEXT: after}.get(target, target or onward)


def _circles(steps: list[Step]) -> Iterator[Problem]:
    """Report each link that closes a circle."""
    leaving = successors(steps)
    index_of = {step.id: index for index, step in enumerate(steps)}
    done: set[str] = set()
    for root in leaving:
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
            for key, target in leaving[step_id]:
                if target in path:
                    circle = " → ".join([*path[path.index(target) :], target])
                    yield Problem(
                        f"/steps/{index_of[step_id]}{key}",
                        f"the flow would run in a circle: {circle}",
                    )
                pending.append((target, False))


def _unreachable(steps: list[Step]) -> Iterator[Problem]:
    leaving = successors(steps)
    inner = {step.id: [each.step_ids[0] for each in opened(step)] for step in steps}
    reached: set[str] = set()
    pending = [sequences(steps)[0].step_ids[0]]
    while pending:
        step_id = pending.pop()
        if step_id not in reached:
            reached.add(step_id)
            pending += [target for _, target in leaving[step_id]] + inner[step_id]
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
    index_of = {step.id: index for index, step in enumerate(steps)}
    special = {
        link.target: (link.key.split("/")[1], step.id)
        for step in steps
        for link in links(step)
        if link.target in index_of and link.key != "/on_success"
    }
    for sequence in sequences(steps):
        for step_id, after in zip(sequence.step_ids, sequence.step_ids[1:], strict=False):
            unsaid = _unsaid(steps[index_of[step_id]])
            if unsaid is not None and after in special:
                key, owner = special[after]
                yield Problem(
                    f"/steps/{index_of[step_id]}",
                    f"step {step_id} would fall through into {after}, which is the {key} of "
                    f"{owner}: say {unsaid}: end, next or a step id",
                )


def _unsaid(step: Step) -> str | None:
    """Return the link by whose absence the flow goes to the next step of the list."""
    if step.on_success is not None:
        return None
    if isinstance(step, ConditionStep):
        return "on_true" if step.on_true is None else None if step.on_false else "on_false"
    if isinstance(step, SwitchStep):
        return "default" if step.default is None else None
    return "on_success"
