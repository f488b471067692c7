"""The dashboard and the alert rules that are shipped: they ask for metrics that there are."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from ruamel.yaml import YAML

from streams import metrics

SHIPPED = Path(__file__).parents[2] / "compose" / "observability"
SERIES = re.compile(r"\b((?:playbooks|process)_\w+)(?:\{([^}]*)\})?")
FILTERED = re.compile(r'(\w+)(?:=|!=|=~|!~)"')
GROUPED = re.compile(r"\b(?:by|on) \(([\w, ]+)\)")
ADDED = {"le", "job", "instance"}
"""Labels that Prometheus adds, and those of a histogram."""


def rules() -> list[dict[str, Any]]:
    read = YAML(typ="safe").load(SHIPPED / "alerts.yaml")
    return [rule for group in read["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = orjson.loads((SHIPPED / "dashboard.json").read_bytes())["panels"]
    return listed


EXPRESSIONS = [rule["expr"] for rule in rules()] + [
    target["expr"] for panel in panels() for target in panel["targets"]
]


def families() -> dict[str, set[str]]:
    """Return the labels of each series that a process can show, histograms by their parts."""
    labels = {"process_resident_memory_bytes": set[str]()}
    for each in vars(metrics).values():
        if isinstance(each, metrics.Counter):
            labels[f"{each._name}_total"] = set(each._labelnames)
        elif isinstance(each, metrics.Histogram):
            for part in ("bucket", "sum", "count"):
                labels[f"{each._name}_{part}"] = set(each._labelnames)
        elif isinstance(each, metrics.Gauge):
            labels[each._name] = set(each._labelnames)
    return labels


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_there_with_its_labels(expression: str) -> None:
    known = families()
    asked = SERIES.findall(expression)
    assert asked
    allowed = ADDED.union(*(known[name] for name, _ in asked))
    for name, filters in asked:
        assert set(FILTERED.findall(filters)) <= known[name] | ADDED
    for grouped in GROUPED.findall(expression):
        assert set(grouped.split(", ")) <= allowed


def test_no_counter_is_left_out_of_the_dashboard() -> None:
    shown = {name for name, _ in SERIES.findall(" ".join(EXPRESSIONS))}
    counters = {name for name in families() if name.endswith("_total")}
    assert counters <= shown


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert {"summary", "description"} == rule["annotations"].keys()


def test_every_panel_has_a_place_and_a_number_of_its_own() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}
    assert len(places) == len(panels())
