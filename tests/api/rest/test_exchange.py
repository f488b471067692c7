"""Exports and imports over REST."""

from typing import Any

import orjson
import pytest

from api.rest.standard import standard
from engine.cacao.identifiers import EXTENSION
from schemas.extensions import VERSION
from tests.api.rest.client import Client, fault_pointers, playbook
from tests.engine.cacao.documents import action as foreign_action
from tests.engine.cacao.documents import document as foreign
from tests.examples import action

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPORT = "/api/playbooks/import"
SECRET = {"token": "s3cr3t"}


async def exported(client: Client, playbook_id: str, **query: Any) -> Any:
    return (await client.get(f"/api/playbooks/{playbook_id}/export", **query)).body


async def imported(client: Client, document: Any, **query: Any) -> Any:
    return (await client.ask("POST", IMPORT, document, **query)).data


async def gone(client: Client, playbook_id: str) -> None:
    assert (await client.ask("DELETE", f"/api/playbooks/{playbook_id}")).status == 204


def of_others(name: str, **says: Any) -> dict[str, Any]:
    """Return a document of others, with an id of its own."""
    number = f"{abs(hash(name)):012x}"[-12:]
    says = {"id": f"playbook--8b1f1c3e-94a4-4f6a-9a3c-{number}", "name": name} | says
    return foreign(foreign_action("one"), **says)


async def test_an_export_is_a_bare_document_to_be_kept_in_a_file(client: Client) -> None:
    created = await client.create(action("one", parameters={"text": "{{ finding.title }}"}))
    reply = await client.get(f"/api/playbooks/{created}/export", format="cacao_v2")
    assert reply.body["type"] == "playbook"
    assert standard().findings(reply.body) == []
    said = reply.headers["content-disposition"]
    assert said == f'attachment; filename="{created}-1.0.0.json"'


async def test_the_same_revision_is_the_same_document_whatever_happens_to_it(
    client: Client,
) -> None:
    created = await client.create()
    before = await exported(client, created)
    for enabled in (False, True):
        await client.ask("PATCH", f"/api/playbooks/{created}", {"enabled": enabled})
        assert await exported(client, created) == before


async def test_an_edited_playbook_keeps_when_it_was_made(client: Client) -> None:
    created = await client.create()
    before = await exported(client, created)
    change = {"version": "1.1.0", "description": "better"}
    await client.ask("PATCH", f"/api/playbooks/{created}", change)
    after = await exported(client, created)
    assert after["created"] == before["created"]
    assert after["modified"] > before["modified"]


async def test_an_export_comes_back_as_the_playbook_that_it_was(client: Client) -> None:
    created = await client.create(action("one", retry={"max_attempts": 7}), tags=["a"])
    shown = (await client.get(f"/api/playbooks/{created}")).data
    document = await exported(client, created)
    await gone(client, created)
    answer = await imported(client, document)
    assert (answer["id"], answer["enabled"], answer["warnings"]) == (created, False, [])
    again = (await client.get(f"/api/playbooks/{created}")).data
    assert again["revision"] == shown["revision"]
    assert await exported(client, created) == document


async def test_a_native_export_comes_back_too(client: Client) -> None:
    created = await client.create(action("one"), trigger={"event": "finding.new"})
    shown = (await client.get(f"/api/playbooks/{created}")).data
    document = await exported(client, created, format="native")
    assert "enabled" not in document
    await gone(client, created)
    assert (await imported(client, document))["enabled"] is False
    again = (await client.get(f"/api/playbooks/{created}")).data
    assert again["revision"] == shown["revision"]


async def test_an_import_of_what_is_there_asks_what_to_do(client: Client) -> None:
    created = await client.create()
    for form in ("cacao_v2", "native"):
        document = await exported(client, created, format=form)
        reply = await client.ask("POST", IMPORT, document)
        assert reply.refusal == (409, "playbook_exists")
        assert "on_conflict=rename" in reply.error["message"]


async def test_an_import_may_have_another_name_beside_what_is_there(client: Client) -> None:
    created = await client.create()
    answer = await imported(client, await exported(client, created), on_conflict="rename")
    assert answer["id"] == f"{created}-2"
    assert [warning["kind"] for warning in answer["warnings"]] == ["renamed"]


async def test_an_edited_export_takes_the_place_of_what_is_there(client: Client) -> None:
    created = await client.create(action("one"))
    document = await exported(client, created) | {"name": "Edited elsewhere"}
    answer = await imported(client, document, on_conflict="replace")
    assert (answer["id"], answer["name"], answer["version"]) == (
        created, "Edited elsewhere", "1.0.1",
    )  # fmt: skip
    assert [warning["kind"] for warning in answer["warnings"]] == ["edited", "version_raised"]


async def test_no_secret_leaves_in_either_form(client: Client) -> None:
    created = await client.create(action("one", parameters=SECRET))
    for form in ("cacao_v2", "native"):
        document = await exported(client, created, format=form)
        assert b"s3cr3t" not in orjson.dumps(document)


@pytest.mark.parametrize("by", ["query", "body"])
async def test_a_dry_run_shows_what_would_come_and_creates_nothing(client: Client, by: str) -> None:
    created = await client.create(action("one"), name=f"Dry {by}")
    document = await exported(client, created)
    await gone(client, created)
    body, query = (document, {"dry_run": "true"}) if by == "query" else (
        document | {"dry_run": True}, {},
    )  # fmt: skip
    reply = await client.ask("POST", IMPORT, body, **query)
    assert reply.status == 200
    preview = reply.data
    assert preview["levels"] == {"official": True, "strict": True, "semantic": True}
    assert (preview["valid"], preview["own"], preview["exists"]) == (True, True, None)
    assert preview["playbook"]["id"] == created
    assert preview["graph"]["mermaid"].startswith("flowchart TD")
    assert [node["id"] for node in preview["graph"]["nodes"]] == ["one"]
    assert (await client.get(f"/api/playbooks/{created}")).status == 404


async def test_a_dry_run_says_what_is_wrong_with_each_place(client: Client) -> None:
    created = await client.create()
    document = await exported(client, created)
    document["workflow"][document["workflow_start"]]["on_completion"] = "action--nowhere"
    preview = await imported(client, document, dry_run="true")
    assert (preview["valid"], preview["playbook"], preview["graph"]) == (False, None, None)
    assert preview["levels"]["semantic"] is False
    assert all(error["pointer"].startswith("/workflow") for error in preview["errors"])
    assert {finding["level"] for finding in preview["findings"]} >= {"official", "semantic"}


async def test_a_document_of_others_is_imported_and_exported_as_it_was(client: Client) -> None:
    document = of_others("Of others")
    answer = await imported(client, document)
    assert (answer["enabled"], answer["id"]) == (False, "pb-of-others")
    assert await exported(client, answer["id"]) == document


async def test_a_document_of_others_that_is_there_is_not_there_twice(client: Client) -> None:
    document = of_others("Twice")
    first = await imported(client, document)
    assert (await client.ask("POST", IMPORT, document)).refusal == (409, "playbook_exists")
    newer = document | {"description": "newer", "modified": "2027-01-01T00:00:00.000Z"}
    answer = await imported(client, newer, on_conflict="replace")
    assert (answer["id"], answer["version"]) == (first["id"], "1.0.1")
    assert await exported(client, answer["id"]) == newer


async def test_an_edited_playbook_of_others_is_exported_without_its_signatures(
    client: Client,
) -> None:
    document = of_others("Signed", signatures=[{"type": "jss"}])
    answer = await imported(client, document)
    change = {"version": "1.0.1", "description": "ours"}
    await client.ask("PATCH", f"/api/playbooks/{answer['id']}", change)
    after = await exported(client, answer["id"])
    assert after["description"] == "ours"
    assert "signatures" not in after


async def test_a_document_that_cannot_be_a_playbook_is_refused_with_the_place(
    client: Client,
) -> None:
    reply = await client.ask("POST", IMPORT, of_others("Wrong") | {"workflow": {}})
    assert reply.refusal == (422, "invalid_document")
    assert fault_pointers(reply)


async def test_yaml_is_imported_as_json_is(client: Client) -> None:
    text = orjson.dumps(playbook(name="From YAML"))
    reply = await client.ask("POST", IMPORT, text, headers={"Content-Type": "application/yaml"})
    assert (reply.status, reply.data["id"]) == (201, "pb-from-yaml")


async def test_a_dry_run_that_is_neither_is_refused(client: Client) -> None:
    reply = await client.ask("POST", IMPORT, playbook() | {"dry_run": "yes"})
    assert reply.refusal == (400, "invalid_parameter")


async def test_a_playbook_that_cacao_cannot_say_is_told_so(client: Client) -> None:
    steps = []
    for number in range(12):
        following = f"if-{number + 1}" if number < 11 else "end"
        both = {"on_success": following, "on_failure": "end"}
        steps += [
            {
                "id": f"if-{number}",
                "type": "condition",
                "expression": "true",
                "on_true": f"yes-{number}",
                "on_false": f"no-{number}",
            },
            action(f"yes-{number}", **both),
            action(f"no-{number}", **both),
        ]
    created = await client.create(*steps)
    reply = await client.get(f"/api/playbooks/{created}/export")
    assert reply.refusal == (409, "inexpressible")
    assert (await client.get(f"/api/playbooks/{created}/export", format="native")).status == 200


async def test_the_style_of_conditions_can_be_chosen(client: Client) -> None:
    decision = {"id": "if", "type": "condition", "expression": "finding.cvss > 9"}
    created = await client.create(decision, action("one"))
    document = await exported(client, created, condition_style="soarca")
    said = [step["condition"] for step in document["workflow"].values() if "condition" in step]
    assert said == ["__finding_cvss__:value > 9"]


async def test_the_schema_of_the_extension_is_served(client: Client) -> None:
    reply = await client.get(f"/api/cacao/extension-{VERSION}.json")
    assert EXTENSION in reply.body["title"]
