"""What every connector must declare, so that nobody has to know it by name."""

import re
from typing import Any, get_args

import orjson
import pytest

from streams.actions.catalogue import ALWAYS, CONNECTORS
from streams.actions.connector import Connector, Idempotency

every_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)


@every_connector
def test_it_says_what_it_is(connector: type[Connector[Any, Any]]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", connector.name)
    assert connector.summary.endswith(".")
    assert connector.idempotency in get_args(Idempotency)


@every_connector
def test_its_example_is_plain_json(connector: type[Connector[Any, Any]]) -> None:
    assert orjson.loads(orjson.dumps(connector.example_output)) == connector.example_output


@every_connector
def test_its_example_is_an_output_of_it(connector: type[Connector[Any, Any]]) -> None:
    example = connector.Output.model_validate(connector.example_output)
    assert example.model_dump() == connector.example_output


@every_connector
def test_a_key_is_a_setting_or_a_parameter_and_never_the_connector(
    connector: type[Connector[Any, Any]],
) -> None:
    settings, parameters = connector.Settings.model_fields, connector.Parameters.model_fields
    assert not settings.keys() & parameters.keys()
    assert "connector" not in settings.keys() | parameters.keys()
    assert connector.secrets <= settings.keys()


@every_connector
def test_every_setting_and_parameter_is_explained(connector: type[Connector[Any, Any]]) -> None:
    fields = {**connector.Settings.model_fields, **connector.Parameters.model_fields}
    assert [name for name, field in fields.items() if not field.description] == []


def test_each_reference_that_always_exists_has_its_connector() -> None:
    assert set(ALWAYS.values()) <= {connector.name for connector in CONNECTORS}
