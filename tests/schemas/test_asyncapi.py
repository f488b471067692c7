"""The AsyncAPI document: valid by the official schema, whole, and as it was shipped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from jsonschema import Draft202012Validator

from streams import topics
from streams.asyncapi import document
from tests.schemas.test_golden import FILES

HERE = Path(__file__).parent
OFFICIAL = HERE / "asyncapi" / "asyncapi-3.0.0.json"
SHIPPED = HERE.parents[1] / "schemas" / "asyncapi.json"
STATE = {topics.ADMISSION_SNAPSHOTS, topics.EXECUTION_SNAPSHOTS}

DOCUMENT = document()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def at(reference: str) -> Any:
    value: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return value


def validator(name: str) -> Draft202012Validator:
    reference = at(f"#/components/messages/{name}")["payload"]
    return Draft202012Validator(reference | {"components": DOCUMENT["components"]})


def test_the_document_is_valid_by_the_official_schema() -> None:
    jsonschema.Draft7Validator(orjson.loads(OFFICIAL.read_bytes())).validate(DOCUMENT)


def test_the_official_schema_refuses_a_document_that_is_not_valid() -> None:
    official = jsonschema.Draft7Validator(orjson.loads(OFFICIAL.read_bytes()))
    assert not official.is_valid(DOCUMENT | {"operations": {"say": {"action": "shout"}}})


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 50
    assert all(at(reference) for reference in found)


def test_every_topic_that_is_not_the_state_of_an_agent_is_a_channel() -> None:
    assert set(DOCUMENT["channels"]) == {each.name for each in topics.TOPICS if each not in STATE}


def test_a_prefix_stands_before_every_address() -> None:
    channels = document("soc.")["channels"].values()
    assert all(channel["address"].startswith("soc.") for channel in channels)


def test_the_shipped_document_is_what_the_messages_say() -> None:
    assert orjson.loads(SHIPPED.read_bytes()) == DOCUMENT, (
        "a message or a topic has changed: playbooks asyncapi > schemas/asyncapi.json"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_released_message_is_as_the_document_says(path: Path) -> None:
    check = validator(path.stem.split(".")[0])
    value = orjson.loads(path.read_bytes())
    check.validate(value)
    check.validate(value | {"added_next_year": [1]})
    assert not check.is_valid([value])


def test_an_event_without_what_every_event_says_is_refused() -> None:
    event = orjson.loads((HERE / "golden" / "StepCompleted.v1.json").read_bytes())
    for name in ("type", "execution_id", "sequence", "id", "at"):
        lacking = {key: value for key, value in event.items() if key != name}
        assert not validator("StepCompleted").is_valid(lacking)
