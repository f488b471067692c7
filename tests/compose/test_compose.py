"""The compose file, as far as it can be judged without starting it."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.demo import examples
from streams.actions.actions import Actions

COMPOSE = Path(__file__).parents[2] / "compose"


def read(name: str) -> Any:
    return YAML(typ="safe").load(COMPOSE / name)


SERVICES: dict[str, dict[str, Any]] = read("compose.yaml")["services"]


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_can_be_reached_from_other_machines(service: str) -> None:
    for port in SERVICES[service].get("ports", ()):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_from_here_is_here(service: str) -> None:
    for volume in SERVICES[service].get("volumes", ()):
        source = volume.split(":")[0]
        assert not source.startswith(".") or (COMPOSE / source).exists()


def test_no_image_is_whatever_is_newest() -> None:
    foreign = {each["image"] for each in SERVICES.values()} - {"playbook-streams"}
    assert foreign
    for image in foreign:
        assert ":" in image
        assert not image.endswith(":latest")


def test_prometheus_asks_services_at_the_ports_that_they_open() -> None:
    jobs = read("observability/prometheus.yaml")["scrape_configs"]
    asked = {target for job in jobs for each in job["static_configs"] for target in each["targets"]}
    worker = SERVICES["worker"]["environment"]["PLAYBOOKS_METRICS_PORT"]
    assert asked == {"api:8080", f"worker:{worker}"}
    assert SERVICES["api"]["environment"]["PLAYBOOKS_METRICS_PUBLIC"] == "1"


def test_the_actions_of_the_demo_are_set_up() -> None:
    actions = Actions(COMPOSE / "actions.yaml")
    named = {
        step["action_ref"]
        for path in examples.playbook_files()
        for step in YAML(typ="safe").load(path)["steps"]
        if step["type"] == "action"
    }
    assert named - {"act-log"} == set(read("actions.yaml"))
    assert named <= {description["id"] for description in actions.describe()}
