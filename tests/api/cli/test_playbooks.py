"""Commands about playbooks, against a system that runs."""

from pathlib import Path

from tests.api.cli.files import playbook_file
from tests.api.cli.shell import Shell


def test_a_file_is_applied_once_and_then_again_when_it_has_changed(
    up: Shell, tmp_path: Path
) -> None:
    def outcome() -> list[str]:
        return [each["outcome"] for each in up.json("apply", tmp_path)]

    playbook_file(tmp_path, "pb-applied")
    assert outcome() == ["created"]
    assert outcome() == ["unchanged"]
    playbook_file(tmp_path, "pb-applied", version="1.1.0", description="better")
    assert outcome() == ["updated"]
    shown = up.json("show", "pb-applied")
    assert (shown["version"], shown["description"]) == ("1.1.0", "better")


def test_a_playbook_without_an_id_is_found_by_its_name(up: Shell, tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(
        "name: Found By Name\nversion: 1.0.0\ntrigger: {event: manual}\n"
        "steps: [{id: log, type: action, action_ref: act-log}]\n"
    )
    assert up("apply", path).split()[-1] == "created"
    assert up.json("apply", path) == [
        {"id": "pb-found-by-name", "version": "1.0.0", "outcome": "unchanged"}
    ]


def test_applying_does_not_switch_on_what_was_switched_off(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-off"))
    assert up("disable", "pb-off") == "pb-off is disabled\n"
    up("apply", playbook_file(tmp_path, "pb-off", version="2.0.0"))
    assert up.json("show", "pb-off")["enabled"] is False
    assert up("enable", "pb-off") == "pb-off is enabled\n"
    assert up.json("show", "pb-off")["enabled"] is True


def test_nothing_is_sent_when_one_file_of_several_is_wrong(up: Shell, tmp_path: Path) -> None:
    playbook_file(tmp_path, "pb-first")
    playbook_file(tmp_path, "pb-second", steps=[])
    said = up.complaint("apply", tmp_path)
    assert f"{tmp_path}/pb-second.json:1:" in said
    assert "there is no playbook pb-first" in up.complaint("show", "pb-first")


def test_a_version_with_other_content_is_refused(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-version"))
    said = up.complaint("apply", playbook_file(tmp_path, "pb-version", description="other"))
    assert "version 1.0.0 of playbook pb-version exists with other content" in said


def test_what_is_shown_can_be_applied_to_another_system(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-shown", tags=["a", "b"]))
    shown = up("show", "pb-shown")
    assert shown.startswith("id: pb-shown\nname: Playbook pb-shown\n")
    assert "tags:\n  - a\n  - b\n" in shown


def test_a_playbook_is_listed_until_it_is_deleted(up: Shell, tmp_path: Path) -> None:
    def listed() -> list[str]:
        return [each["id"] for each in up.json("list", "--tag", "to-be-deleted")]

    up("apply", playbook_file(tmp_path, "pb-deleted", tags=["to-be-deleted"]))
    assert listed() == ["pb-deleted"]
    assert "was not deleted" in up.run("delete", "pb-deleted", stdin="n\n", code=1).stderr
    assert listed() == ["pb-deleted"]
    assert up("delete", "pb-deleted", "--yes") == "pb-deleted is deleted\n"
    assert listed() == []
