"""Frames: where in the nesting of branches and loops a step runs.

A frame is one run of one sequence: a branch of a parallel step, or one time round a loop.
It is spelled ``<opening step>/<visit>.<attempt>/<index>``, where the index counts branches, or
times round; the outermost frame is ``""``. A frame is under way as long as a step in it is.
"""

from typing import NamedTuple

from schemas.executions import Execution, StepRun

OUTERMOST = ""


class Frame(NamedTuple):
    """The parts of a frame's spelling. opener: the id of the step that opened it."""

    opener: str
    number: int


def frame(opener: StepRun, index: int) -> str:
    """Return the frame that ``opener`` opens for a branch, or a time round."""
    return f"{prefix(opener)}{index}"


def prefix(opener: StepRun) -> str:
    """Return what the frames that an attempt of ``opener`` opens begin with."""
    return f"{opener.id}/{opener.visit}.{opener.attempt}/"


def parts(spelled: str) -> Frame:
    """Return the parts of a frame other than the outermost."""
    opener, _, index = spelled.split("/")
    return Frame(opener, int(index))


def loop_index(execution: Execution, spelled: str) -> int | None:
    """Return how often the innermost loop around a frame has gone round before; None: no loop."""
    while spelled != OUTERMOST:
        opener, index = parts(spelled)
        run = execution.steps[opener]
        if run.type == "while":
            return index
        spelled = run.frame
    return None
