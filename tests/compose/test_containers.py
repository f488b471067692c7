"""What users start, started as they do: the compose file, its image, and the demo on it.

Only with ``--containers``: it takes minutes and needs Docker with its compose plugin and, unless
they are there already, the images that ``compose.yaml`` and the ``Dockerfile`` name.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest

from streams.broker.addresses import free_port

COMPOSE = Path(__file__).parents[2] / "compose"
IMAGE_BYTES_MAX = 350_000_000
OURS = ("api", "demo", "stand-in", "topics", "worker")

pytestmark = pytest.mark.timeout(1_200)


def docker(*arguments: str, fails: bool = False) -> str:
    """Return what a command prints. fails: it may."""
    done = subprocess.run(
        ["docker", *arguments], cwd=COMPOSE, capture_output=True, text=True, check=False
    )
    assert fails or done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the API of a deployment in containers, with the demo on it."""
    if not request.config.getoption("--containers"):
        pytest.skip("containers take minutes: --containers starts them")
    try:
        docker("compose", "version")
        docker("info")
    except (OSError, AssertionError) as error:
        pytest.skip(f"there is no Docker here with its compose plugin: {error}")
    # Not above: it looks for Docker when it is imported.
    from testcontainers.compose import DockerCompose

    ports = {name: free_port() for name in ("KAFKA_PORT", "API_PORT")}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COMPOSE_PROJECT_NAME", f"playbooks-{uuid4().hex[:8]}")
        for name, port in ports.items():
            environment.setenv(name, str(port))
        # The demo starts when all that it needs is healthy: then this returns.
        with DockerCompose(COMPOSE, build=True, wait=False, profiles=["demo"]):
            yield f"http://127.0.0.1:{ports['API_PORT']}"


def state(service: str) -> dict[str, object]:
    [container] = docker("compose", "ps", "--all", "--quiet", service).split()
    [inspected] = json.loads(docker("inspect", container))
    found: dict[str, object] = inspected
    return found


def test_the_demo_completes_its_executions(deployment: str) -> None:
    docker("compose", "wait", "demo", fails=True)
    said = docker("compose", "logs", "demo", "worker", "stand-in")
    assert "executions       10 completed" in said, said
    with urlopen(f"{deployment}/readyz") as answer:
        assert answer.status == 200
    assert "slack: Critical finding" in docker("compose", "logs", "stand-in")
    assert "the table is the fold" in docker("compose", "exec", "-T", "api", "playbooks", "verify")


@pytest.mark.parametrize("service", OURS)
def test_a_container_has_no_rights_and_a_root_that_nobody_can_write_to(
    deployment: str, service: str
) -> None:
    inspected = state(service)
    host, config = inspected["HostConfig"], inspected["Config"]
    assert isinstance(host, dict)
    assert isinstance(config, dict)
    assert config["User"] == "10001:10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]


def test_the_image_is_small(deployment: str) -> None:
    [image] = json.loads(docker("image", "inspect", "playbook-streams"))
    assert image["Size"] < IMAGE_BYTES_MAX


@pytest.mark.parametrize("service", ["worker", "api"])
def test_a_process_ends_well_when_it_is_asked_to_stop(deployment: str, service: str) -> None:
    docker("compose", "wait", "demo", fails=True)
    docker("compose", "stop", service)
    ended = state(service)["State"]
    assert isinstance(ended, dict)
    assert ended["ExitCode"] == 0
