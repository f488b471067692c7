"""import, export and diagram, as users run them."""

import json
from pathlib import Path

from tests.api.cli.files import playbook_file
from tests.api.cli.shell import Shell


def test_what_was_exported_can_be_imported_again(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-out"))
    file = tmp_path / "out.json"
    assert up("export", "pb-out", "-o", file) == f"pb-out is in {file}\n"
    assert up("export", "pb-out") == file.read_text()
    up("delete", "pb-out", "--yes")
    assert up("import", file) == f"{file}: pb-out 1.0.0, disabled\n"
    assert up("export", "pb-out") == file.read_text()


def test_a_native_export_can_be_applied(up: Shell, tmp_path: Path) -> None:
    up("apply", playbook_file(tmp_path, "pb-native"))
    file = tmp_path / "native.json"
    up("export", "pb-native", "--format", "native", "-o", file)
    [applied] = up.json("apply", file)
    assert applied["outcome"] == "unchanged"


def test_a_dry_run_says_what_would_come(up: Shell, tmp_path: Path) -> None:
    file = playbook_file(tmp_path, "pb-dry")
    assert up("import", "--dry-run", file) == f"{file}: would be imported\n"
    [preview] = up.json("import", "--dry-run", file)
    assert preview["playbook"]["id"] == "pb-dry"
    assert "there is no playbook pb-dry" in up.complaint("show", "pb-dry")


def test_a_dry_run_of_what_cannot_be_imported_fails(up: Shell, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"type": "playbook", "spec_version": "cacao-2.0"}))
    done = up.run("import", "--dry-run", file, code=1)
    assert done.stdout.startswith(f"{file}: cannot be imported\n")


def test_what_is_there_already_is_not_overwritten_unasked(up: Shell, tmp_path: Path) -> None:
    file = playbook_file(tmp_path, "pb-there")
    up("apply", file)
    assert "pb-there is there already" in up.complaint("import", file)
    said = up("import", "--on-conflict", "rename", file)
    assert said.startswith(f"{file}: pb-there-2 1.0.0, disabled\n")


def test_a_playbook_is_drawn_without_anything_that_runs(alone: Shell, tmp_path: Path) -> None:
    file = playbook_file(tmp_path, "pb-drawn")
    assert alone("diagram", file).splitlines()[:3] == [
        "flowchart TD", "    begin([start])", '    n0["log"]',
    ]  # fmt: skip
    assert alone.json("diagram", file)["edges"][0]["target"] == "end"


def test_what_is_no_playbook_is_not_drawn(alone: Shell, tmp_path: Path) -> None:
    file = playbook_file(tmp_path, "pb-wrong", steps=[])
    assert "/steps" in alone.complaint("diagram", file)


def test_a_file_that_is_not_there_is_told(alone: Shell, tmp_path: Path) -> None:
    assert "nowhere.json" in alone.complaint("diagram", tmp_path / "nowhere.json")
