"""The metrics: those that are documented, and labels that nobody can make grow without end."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.commands import FailStep, StepError
from streams import metrics
from streams.batches import Batch
from streams.dead_letters import dead_letter
from tests.examples import NOON
from tests.streams.records import record

README = Path(__file__).parents[2] / "README.md"
CHOSEN = {"playbook_id", "action_ref"}
"""Labels whose values people choose; ``reason`` and ``code`` are words of ours."""

OURS = {"reason", "code", "status", "type", "outcome", "agent", "topic", "partition"}


def documented() -> dict[str, tuple[str, ...]]:
    found = re.findall(r"`(playbooks_\w+)(?:\{([\w, ]+)\})?`", README.read_text())
    return {name: tuple(labels.split(", ")) if labels else () for name, labels in found}


def declared() -> dict[str, tuple[str, ...]]:
    return {
        f"{each._name}_total" if each._type == "counter" else each._name: tuple(each._labelnames)
        for each in vars(metrics).values()
        if isinstance(each, metrics.Counter | metrics.Gauge | metrics.Histogram)
    }


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"playbooks_{name}", labels) or 0.0


def test_the_documentation_names_every_metric_with_its_labels_and_no_other() -> None:
    assert documented() == declared()


def test_every_label_is_a_word_of_ours_or_a_name_with_a_bound() -> None:
    assert {label for labels in declared().values() for label in labels} == OURS | CHOSEN


def test_of_names_that_people_choose_the_first_stand_as_they_are() -> None:
    bounded = metrics.Bounded(2)
    assert [bounded(name) for name in ("a", "b", "c", "a")] == ["a", "b", "other", "a"]


async def test_what_could_not_be_handled_counts_as_parked_and_as_nothing_else() -> None:
    batch: Batch[None] = Batch(0, [], NOON, None)
    seen: list[str] = []
    with dead_letter(batch, record(b"{"), "triggers"):
        batch.measure(lambda: seen.append("counted"))
        raise ValueError("poison")
    parked = value("dead_letters_total", agent="triggers")
    dropped = value("findings_dropped_total", reason="unreadable")
    for count in batch.measures:
        count()
    assert seen == []
    assert value("dead_letters_total", agent="triggers") == parked + 1
    assert value("findings_dropped_total", reason="unreadable") == dropped + 1


@pytest.mark.parametrize("code", ["outcome_unknown", "timed_out"])
def test_an_attempt_that_failed_is_told_from_one_of_unknown_outcome(code: str) -> None:
    outcome = "outcome_unknown" if code == "outcome_unknown" else "failed"
    before = value("action_attempts_total", action_ref="act-log", outcome=outcome)
    error = StepError(code=code, message="no answer")
    result = FailStep(
        id="1", execution_id="pexec-1", at=NOON, step_id="one", visit=1, attempt=1, error=error
    )
    metrics.attempted("act-log", result)
    assert value("action_attempts_total", action_ref="act-log", outcome=outcome) == before + 1


def test_a_timer_that_fires_ahead_of_its_time_is_not_late() -> None:
    count, total = value("timer_late_seconds_count"), value("timer_late_seconds_sum")
    metrics.fired(NOON + timedelta(seconds=1), NOON)
    metrics.fired(NOON, NOON + timedelta(seconds=4))
    assert value("timer_late_seconds_count") == count + 2
    assert value("timer_late_seconds_sum") == total + 4
