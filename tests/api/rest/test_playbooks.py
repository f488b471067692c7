"""Playbooks over HTTP. Fields, types and order to the letter of the API documentation."""

from datetime import datetime
from uuid import uuid4

import pytest

from tests.api.rest.client import Client, fault_pointers, playbook
from tests.examples import CRITICAL_FINDING_ALERT, action

pytestmark = pytest.mark.asyncio(loop_scope="module")

YAML = {"Content-Type": "application/yaml"}


async def total(client: Client) -> int:
    reply = await client.get("/api/playbooks")
    count: int = reply.body["meta"]["total"]
    return count


async def test_the_documented_playbook_is_created_as_documented(client: Client) -> None:
    reply = await client.post("/api/playbooks", CRITICAL_FINDING_ALERT)
    assert reply.status == 201
    assert list(reply.body) == ["data"]
    assert list(reply.data) == ["id", "name", "version", "step_count", "created_at"]
    assert reply.data["id"] == "pb-critical-finding-alert"
    assert (reply.data["name"], reply.data["version"]) == ("Critical Finding Alert", "1.0.0")
    assert reply.data["step_count"] == 2
    assert reply.data["created_at"].endswith("Z")
    assert datetime.fromisoformat(reply.data["created_at"])
    assert reply.headers["location"] == "/api/playbooks/pb-critical-finding-alert"


async def test_a_list_tells_the_documented_fields(client: Client) -> None:
    word = uuid4().hex
    await client.create(
        description=f"About {word}",
        trigger={"event": "finding.new", "conditions": {"severity": "critical"}},
        tags=["ours"],
    )
    reply = await client.get("/api/playbooks", search=word.upper())
    assert list(reply.body) == ["data", "meta"]
    assert reply.body["meta"] == {"total": 1, "page": 1, "per_page": 20}
    [summary] = reply.data
    assert list(summary)[:9] == [
        "id",
        "name",
        "version",
        "description",
        "trigger",
        "step_count",
        "tags",
        "created_at",
        "updated_at",
    ]
    assert summary["trigger"] == {"event": "finding.new", "conditions": {"severity": "critical"}}
    assert (summary["step_count"], summary["tags"]) == (1, ["ours"])


async def test_search_looks_in_names_and_tag_at_tags(client: Client) -> None:
    tag = uuid4().hex
    names = [f"Isolate {tag} {number}" for number in range(3)]
    for name in names:
        await client.create(name=name, tags=[tag])
    assert [p["name"] for p in (await client.get("/api/playbooks", tag=tag)).data] == names
    assert [p["name"] for p in (await client.get("/api/playbooks", search=f"{tag} 1")).data] == [
        names[1]
    ]
    assert (await client.get("/api/playbooks", tag=tag[:8])).data == []


async def test_pages_are_parts_of_one_list(client: Client) -> None:
    tag = uuid4().hex
    for number in range(3):
        await client.create(name=f"{tag} {number}", tags=[tag])
    first = await client.get("/api/playbooks", tag=tag, per_page=2)
    second = await client.get("/api/playbooks", tag=tag, per_page=2, page=2)
    assert second.body["meta"] == {"total": 3, "page": 2, "per_page": 2}
    assert [p["name"][-1] for p in first.data + second.data] == ["0", "1", "2"]


async def test_the_full_definition_is_what_was_sent(client: Client) -> None:
    sent = playbook(
        action("one", on_success="two", parameters={"say": None}),
        action("two", name="Second"),
        description="Two steps",
        parameters={"channel": {"type": "string", "default": "#soc", "required": True}},
        timeout_minutes=30,
        on_failure="continue",
    )
    playbook_id = (await client.post("/api/playbooks", sent)).data["id"]
    shown = (await client.get(f"/api/playbooks/{playbook_id}")).data
    assert list(shown)[:4] == ["id", "name", "version", "description"]
    assert [step["id"] for step in shown["steps"]] == ["one", "two"]
    assert shown["steps"][0]["parameters"] == {"say": None}
    assert shown["steps"][1]["name"] == "Second"
    assert shown["parameters"]["channel"]["default"] == "#soc"
    assert (shown["on_failure"], shown["enabled"]) == ("continue", True)
    assert shown["timeout_minutes"] == 30
    assert isinstance(shown["timeout_minutes"], int)


async def test_a_generated_id_that_is_taken_gets_a_number(client: Client) -> None:
    name = f"Twice {uuid4().hex}"
    first, second, third = [await client.create(name=name) for _ in range(3)]
    assert (second, third) == (f"{first}-2", f"{first}-3")


async def test_an_id_that_was_said_and_is_taken_is_a_conflict(client: Client) -> None:
    playbook_id = await client.create(id=f"mine-{uuid4().hex}")
    reply = await client.post("/api/playbooks", playbook(id=playbook_id))
    assert reply.refusal == (409, "playbook_exists")


async def test_a_word_of_the_api_is_no_id(client: Client) -> None:
    reply = await client.post("/api/playbooks", playbook(id="executions"))
    assert fault_pointers(reply) == ["/id"]


async def test_all_problems_are_told_at_once_and_nothing_is_stored(client: Client) -> None:
    before = await total(client)
    wrong = playbook(action("one", on_success="nowhere"), action("one"), version="1.0", nmae="x")
    reply = await client.post("/api/playbooks", wrong)
    assert reply.refusal == (422, "invalid_playbook")
    assert {"/version", "/nmae", "/steps/0/id", "/steps/1/id"} <= set(fault_pointers(reply))
    assert await total(client) == before


async def test_yaml_means_the_same_as_json(client: Client) -> None:
    name = f"On {uuid4().hex}"
    text = (
        f'name: {name}\nversion: "1.10.0"\ntrigger: {{event: manual}}\n'
        "steps:\n  - {id: no, type: action, action_ref: act-log,\n"
        "     parameters: {at: 12:30, on: off}}\n"
    )
    reply = await client.ask("POST", "/api/playbooks", text.encode(), headers=YAML)
    shown = (await client.get(reply.headers["location"])).data
    assert shown["steps"][0]["parameters"] == {"at": "12:30", "on": "off"}
    assert shown["version"] == "1.10.0"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: [", "body:1:8"),
        ("a: 1\na: 2", "body:2:1"),
        ("a: &x 1\nb: *x", "body:1:4"),
        ("a: !!python/object:os.system {}", "body:1:4"),
        ("a: " + "[" * 40, "body:1:"),
        ("a: .nan", "body:1:4"),
    ],
)
async def test_yaml_that_is_not_plain_is_refused_with_its_place(
    client: Client, text: str, place: str
) -> None:
    reply = await client.ask("POST", "/api/playbooks", text.encode(), headers=YAML)
    assert reply.refusal == (400, "malformed_yaml")
    assert place in reply.error["message"]


async def test_an_edited_playbook_replaces_the_old_one(client: Client) -> None:
    playbook_id = await client.create()
    path = f"/api/playbooks/{playbook_id}"
    shown = await client.get(path)
    edited = shown.data | {"version": "1.1.0", "description": "Better"}
    reply = await client.ask("PUT", path, edited, headers={"If-Match": shown.headers["etag"]})
    assert (reply.data["version"], reply.data["description"]) == ("1.1.0", "Better")
    assert reply.data["created_at"] == shown.data["created_at"]
    assert reply.data["updated_at"] > shown.data["updated_at"]
    assert reply.headers["etag"] != shown.headers["etag"]


async def test_who_edits_what_has_changed_meanwhile_is_told(client: Client) -> None:
    playbook_id = await client.create()
    path = f"/api/playbooks/{playbook_id}"
    shown = await client.get(path)
    stale = {"If-Match": shown.headers["etag"]}
    await client.ask("PATCH", path, {"version": "1.1.0"}, headers=stale)
    for method, body in (("PUT", shown.data), ("PATCH", {"enabled": False}), ("DELETE", None)):
        reply = await client.ask(method, path, body, headers=stale)
        assert reply.refusal == (412, "precondition_failed")
    assert (await client.get(path)).data["version"] == "1.1.0"


async def test_another_content_needs_another_version(client: Client) -> None:
    playbook_id = await client.create()
    reply = await client.ask("PATCH", f"/api/playbooks/{playbook_id}", {"description": "Changed"})
    assert reply.refusal == (409, "version_exists")
    assert "raise the version" in reply.error["message"]


async def test_the_same_again_changes_nothing(client: Client) -> None:
    playbook_id = await client.create()
    path = f"/api/playbooks/{playbook_id}"
    shown = await client.get(path)
    reply = await client.ask("PUT", path, shown.data)
    assert reply.data == shown.data


async def test_a_patch_disables_and_null_removes(client: Client) -> None:
    playbook_id = await client.create(timeout_minutes=30)
    path = f"/api/playbooks/{playbook_id}"
    assert (await client.ask("PATCH", path, {"enabled": False})).data["enabled"] is False
    patch = {"version": "2.0.0", "timeout_minutes": None}
    merge = {"Content-Type": "application/merge-patch+json"}
    reply = await client.ask("PATCH", path, patch, headers=merge)
    assert (reply.data["timeout_minutes"], reply.data["enabled"]) == (None, False)


async def test_a_patch_is_judged_as_a_whole_playbook(client: Client) -> None:
    playbook_id = await client.create()
    reply = await client.ask("PATCH", f"/api/playbooks/{playbook_id}", {"steps": [], "id": "x"})
    assert fault_pointers(reply) == ["/steps", "/id"]


async def test_a_removed_playbook_is_gone_and_its_id_free(client: Client) -> None:
    playbook_id = await client.create(id=f"pb-{uuid4().hex}")
    path = f"/api/playbooks/{playbook_id}"
    reply = await client.ask("DELETE", path)
    assert (reply.status, reply.body) == (204, None)
    assert (await client.get(path)).refusal == (404, "playbook_not_found")
    assert (await client.post(path + "/run")).refusal == (404, "playbook_not_found")
    assert await client.create(id=playbook_id) == playbook_id


async def test_every_version_stays_readable(client: Client) -> None:
    playbook_id = await client.create(description="First")
    path = f"/api/playbooks/{playbook_id}"
    await client.ask("PATCH", path, {"version": "2.0.0", "description": "Second"})
    versions = (await client.get(path + "/versions")).data
    assert [(v["version"], v["current"]) for v in versions] == [("2.0.0", True), ("1.0.0", False)]
    assert (await client.get(path + "/versions/1.0.0")).data["description"] == "First"
    assert (await client.get(path + "/versions/3.0.0")).refusal == (404, "version_not_found")


async def test_validation_tells_every_problem_and_stores_nothing(client: Client) -> None:
    before = await total(client)
    good = await client.post("/api/playbooks/validate", playbook())
    assert good.data == {"valid": True, "errors": [], "warnings": []}
    bad = await client.post("/api/playbooks/validate", playbook(version="1.0", steps=[]))
    assert bad.data["valid"] is False
    assert [fault["pointer"] for fault in bad.data["errors"]] == ["/version", "/steps"]
    assert await total(client) == before


async def test_changes_record_who_made_them(client: Client) -> None:
    playbook_id = await client.create()
    assert (await client.get(f"/api/playbooks/{playbook_id}")).data["updated_by"] == "admin"
