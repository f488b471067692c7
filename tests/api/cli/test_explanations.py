"""``explain``: for an event in a file, which playbooks it starts and why not the others."""

from pathlib import Path

import orjson

from tests.api.cli.files import finding_file, playbook_file
from tests.api.cli.shell import Shell
from tests.examples import FINDING


def test_an_event_is_explained_as_a_table_and_as_json(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-this"), playbook_file(tmp_path, "pb-other"))
    events = finding_file(tmp_path, "pb-this", "f-1", "f-2")
    alone = tmp_path / "one.json"
    alone.write_bytes(orjson.dumps(orjson.loads(events.read_bytes())[0]))
    lines = up("explain", alone).splitlines()
    assert any(line.startswith("pb-this") and "it matches" in line for line in lines)
    assert any('tag is "pb-this", expected $eq "pb-other"' in line for line in lines)
    assert up.json("explain", alone)["event_id"] == "evt-f-1"
    [only] = up.json("explain", alone, "--playbook", "pb-other")["playbooks"]
    assert (only["matched"], only["failed"]["path"]) == (False, "tag")
    assert [each["event_id"] for each in up.json("explain", events)] == ["evt-f-1", "evt-f-2"]
    assert "evt-f-2:" in up("explain", events, "--matched")


def test_what_is_no_event_is_told(up: Shell, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(orjson.dumps(FINDING | {"event": "finding.nw"}))
    assert "/event" in up.complaint("explain", path)
    path.write_text("[]")
    assert "holds no event" in up.complaint("explain", path)
