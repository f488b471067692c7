"""Examples and links of the document: they hold in it, and for who follows them."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api.rest import controls, runs
from tests.api.rest.client import Client, Reply
from tests.api.rest.contract import DOCUMENT

_URI = "urn:document"
_REGISTRY: Registry[Any] = Registry().with_resource(
    _URI, Resource(contents=DOCUMENT, specification=DRAFT202012)
)

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}


def media_types(said: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every part of the document that has an example, and where it stands."""
    if isinstance(said, dict):
        if "schema" in said and "example" in said:
            yield pointer, said
        for name, below in said.items():
            yield from media_types(below, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


EXAMPLES = [pytest.param(*each, id=each[0]) for each in media_types(DOCUMENT["paths"])]
LINKS = [
    pytest.param(operation, link, id=f"{operation['operationId']} {status} {name}")
    for _, _, operation in OPERATIONS.values()
    for status, answer in operation["responses"].items()
    for name, link in answer.get("links", {}).items()
]


def faults(pointer: str, example: Any) -> list[str]:
    # By jsonschema and referencing alone: by nothing that has made the document.
    schema = {"$ref": f"{_URI}#/paths{pointer}/schema".replace("{", "%7B").replace("}", "%7D")}
    validator = Draft202012Validator(
        schema, registry=_REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(example)]


@pytest.mark.parametrize(("pointer", "media_type"), EXAMPLES)
def test_an_example_is_what_its_schema_says(pointer: str, media_type: dict[str, Any]) -> None:
    assert faults(pointer, media_type["example"]) == []


def test_an_example_that_is_not_what_its_schema_says_is_noticed() -> None:
    pointer = "/~1healthz/get/responses/200/content/application~1json"
    assert faults(pointer, {"data": {"status": "live"}}) == []
    assert faults(pointer, {"data": {"state": "live"}}) == ["'status' is a required property"]


def test_every_body_that_can_be_sent_has_an_example() -> None:
    without = [
        name
        for name, (_, _, operation) in OPERATIONS.items()
        if "requestBody" in operation
        and "example" not in next(iter(operation["requestBody"]["content"].values()))
    ]
    assert without == []


@pytest.mark.parametrize(("operation", "link"), LINKS)
def test_a_link_leads_to_an_operation_with_all_that_its_path_needs(
    operation: dict[str, Any], link: dict[str, Any]
) -> None:
    _, path, target = OPERATIONS[link["operationId"]]
    in_path = {each["name"] for each in target["parameters"] if each["in"] == "path"}
    assert set(link["parameters"]) == in_path
    own = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
    for name, expression in link["parameters"].items():
        assert f"{{{name}}}" in path
        if expression.startswith("$request.path."):
            assert expression.removeprefix("$request.path.") in own


class Reader:
    """Knows nothing but the document: sends its examples, and follows its links."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._operation: dict[str, Any] = {}
        self._parameters: dict[str, str] = {}
        self._reply = Reply(0, {}, None)

    async def ask(self, name: str, parameters: dict[str, str] | None = None) -> Any:
        """Ask for what an operation does, with its example as the body."""
        method, path, self._operation = OPERATIONS[name]
        self._parameters = parameters or {}
        for variable, value in self._parameters.items():
            path = path.replace(f"{{{variable}}}", value)
        content = self._operation.get("requestBody", {"content": {}})["content"]
        body = next((each["example"] for each in content.values()), None)
        self._reply = await self._client.ask(method.upper(), path, body)
        return self._reply.data

    async def follow(self, name: str) -> Any:
        """Go where the last answer leads to by the link of this name."""
        link = self._operation["responses"][str(self._reply.status)]["links"][name]
        assert link["operationId"] == name
        return await self.ask(name, {k: self._said(v) for k, v in link["parameters"].items()})

    def _said(self, expression: str) -> str:
        if expression.startswith("$request.path."):
            return self._parameters[expression.removeprefix("$request.path.")]
        found = self._reply.body
        for part in expression.removeprefix("$response.body#/").split("/"):
            found = found[int(part) if isinstance(found, list) else part]
        return str(found)


@pytest.mark.asyncio(loop_scope="module")
async def test_who_follows_the_links_gets_from_a_playbook_to_its_execution_and_ends_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy the machine is: nothing here is about an answer that comes too late.
    for module in (runs, controls):
        monkeypatch.setattr(module, "WAIT_SECONDS", 120.0)
    reader = Reader(client)
    created = await reader.ask("create_playbook")
    assert (await reader.follow("show_playbook"))["name"] == created["name"]
    run = await reader.follow("run_playbook")
    shown = await reader.follow("show_execution")
    assert (shown["execution_id"], shown["playbook_id"]) == (run["execution_id"], created["id"])
    assert [step["step_id"] for step in await reader.follow("list_steps")] == ["ask", "tell"]
    assert (await reader.follow("cancel_execution"))["status"] == "cancelled"
    again = await reader.follow("rerun_execution")
    assert again["rerun_of"] == run["execution_id"]
    assert (await reader.follow("pause_execution"))["status"] == "paused"
    assert (await reader.follow("resume_execution"))["execution_id"] == again["execution_id"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "name",
    [
        "validate_playbook",
        "import_playbook",
        "explain",
        "backtest_trigger",
        "send_findings",
        "create_key",
    ],
)
async def test_an_example_is_taken_as_it_is(client: Client, name: str) -> None:
    assert await Reader(client).ask(name)
