"""How unkind the world is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """Probabilities, each time that something could go wrong.

    owner: the owner of a partition crashes around a commit. worker: an action's worker crashes.
    double: a command arrives twice. skew_seconds: how far clocks are off, at most.
    """

    owner: float = 0.1
    worker: float = 0.2
    double: float = 0.05
    skew_seconds: float = 5.0


UNKIND = Faults()
NONE = Faults(owner=0.0, worker=0.0, double=0.0, skew_seconds=0.0)
