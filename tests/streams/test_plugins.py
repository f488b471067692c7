"""Connectors of other distributions: imported where they are named, run like any other."""

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from streams import testing
from streams.actions.actions import Actions
from streams.actions.catalogue import CONNECTORS
from streams.actions.errors import ActionError
from streams.plugins import PluginError, connectors
from tests.streams.actions.raw import answering, response

PLUGINS = Path(__file__).parent.parent / "plugins"


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example distribution, as an installer leaves it: module and metadata on the path."""
    shutil.copytree(PLUGINS, tmp_path / "site", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "acme_actions", raising=False)
    importlib.invalidate_caches()


def test_nothing_is_imported_that_nobody_names() -> None:
    assert connectors(()) == CONNECTORS
    assert "acme_actions" not in sys.modules


async def test_a_plugin_that_is_named_is_an_action_like_any_other() -> None:
    found = connectors(["acme-isolate"])
    entry = {"act-isolate": {"connector": "acme-isolate", "base_url": "https://acme", "token": "t"}}
    described = {each["id"]: each for each in Actions(entry, None, found).describe()}
    assert described["act-isolate"]["configured"]
    assert described["act-isolate"]["parameters"]["required"] == ["host"]
    assert described["act-isolate"]["output"]["required"] == ["host_id"]


def test_a_plugin_says_which_distribution_it_came_with_and_what_is_built_in_does_not() -> None:
    found = connectors(["acme-isolate"])
    entry = {"act-isolate": {"connector": "acme-isolate", "base_url": "https://acme", "token": "t"}}
    described = {each["id"]: each for each in Actions(entry, None, found).describe()}
    assert described["act-isolate"]["origin"] == {"name": "acme-actions", "version": "1.2.0"}
    assert described["act-log"]["origin"] is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nobody", "no distribution offers it (installed: acme-gone, acme-isolate, acme-wrong)"),
        ("acme-wrong", "is not a class derived from Connector"),
        ("acme-gone", "has no attribute 'Gone'"),
    ],
)
def test_a_plugin_that_cannot_be_had_stops_the_start(name: str, reason: str) -> None:
    with pytest.raises(PluginError) as caught:
        connectors([name])
    assert reason in str(caught.value)
    assert name in str(caught.value)


def test_two_connectors_of_one_name_are_refused() -> None:
    with pytest.raises(PluginError, match="there is a connector acme-isolate already"):
        connectors(["acme-isolate", "acme-isolate"])


def acme() -> Any:
    return connectors(["acme-isolate"])[-1]


def test_the_example_holds_to_what_connectors_must() -> None:
    testing.check(acme())


def test_the_kit_says_everything_that_is_wrong() -> None:
    class Wrong(acme()):  # type: ignore[misc]
        name = "Acme Isolate"
        summary = "isolates"
        secrets = frozenset({"key"})
        example_output = {"id": 1}  # noqa: RUF012

    with pytest.raises(AssertionError) as caught:
        testing.check(Wrong)
    for said in ("name 'Acme Isolate'", "summary", "secrets", "example_output"):
        assert said in str(caught.value)


async def test_the_kit_runs_a_connector_as_a_step_would() -> None:
    answer = response(b'{"id": "h-7"}', content_type="application/json")
    async with answering(answer) as url:
        output = await testing.run(
            acme(), {"base_url": url, "token": "acme-token"}, {"host": "app"}
        )
    assert output == {"host_id": "h-7"}


async def test_the_kit_takes_secrets_out_as_for_a_step() -> None:
    echo = response(b"who is acme-secret", status="403 Forbidden")
    async with answering(echo) as url:
        with pytest.raises(ActionError) as caught:
            await testing.run(acme(), {"base_url": url, "token": "acme-secret"}, {"host": "app"})
    assert "acme-secret" not in str(caught.value)
