"""The document of the API: valid, complete, and what the answers are held against."""

import pytest
from jsonschema import ValidationError
from openapi_spec_validator import validate

from api.rest.openapi.document import document
from api.rest.routes import ROUTES
from tests.api.rest import contract
from tests.api.rest.client import Client
from tests.api.rest.contract import DOCUMENT


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_route_is_in_the_document_with_its_scope() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        if route.scope is None:
            assert operation["security"] == []
        else:
            assert f"`{route.scope}`" in operation["description"]
            assert {"401", "403", "429"} <= set(operation["responses"])


def test_every_operation_has_a_name_of_its_own() -> None:
    paths = DOCUMENT["paths"].values()
    names = [operation["operationId"] for path in paths for operation in path.values()]
    assert len(set(names)) == len(names) == len(ROUTES)


def test_query_parameters_and_headers_are_described() -> None:
    listed = DOCUMENT["paths"]["/api/playbooks/executions"]["get"]["parameters"]
    per_page = next(each for each in listed if each["name"] == "per_page")
    assert per_page["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    run = DOCUMENT["paths"]["/api/playbooks/{playbook_id}/run"]["post"]
    assert {("path", "playbook_id"), ("header", "Idempotency-Key")} == {
        (each["in"], each["name"]) for each in run["parameters"]
    }


def test_a_playbook_is_described_with_its_id_optional() -> None:
    body = DOCUMENT["components"]["schemas"]["PlaybookDocument"]
    assert set(body["required"]) == {"name", "version", "trigger", "steps"}
    assert body["additionalProperties"] is False


def test_an_answer_that_is_not_as_described_is_noticed() -> None:
    contract.check("GET", "/healthz", 200, {"data": {"status": "live"}})
    with pytest.raises(ValidationError):
        contract.check("GET", "/healthz", 200, {"data": {"state": "live"}})
    with pytest.raises(AssertionError):
        contract.check("GET", "/healthz", 418, None)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_schema_of_a_playbook_can_be_fetched(client: Client) -> None:
    reply = await client.get("/api/playbooks/schema")
    assert reply.body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert reply.headers["content-type"] == "application/schema+json"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_api_shows_its_document(client: Client) -> None:
    reply = await client.get("/openapi.json")
    assert (reply.status, reply.body) == (200, DOCUMENT)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_the_document_is_the_same_each_time() -> None:
    assert document(ROUTES) == document(ROUTES)
