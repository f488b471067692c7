"""``backtest``: what the trigger of a file would have started."""

from pathlib import Path

from tests.api.cli.files import finding_file, playbook_file
from tests.api.cli.shell import Shell


def test_the_trigger_of_a_playbook_or_alone_is_tried(up: Shell, tmp_path: Path) -> None:
    path = playbook_file(tmp_path, "pb-draft", steps=[])
    up("send", finding_file(tmp_path, "pb-draft", "f-1", "f-2"))
    lines = up("backtest", path).splitlines()
    assert "started  2" in lines
    assert any("evt-f-1" in line for line in lines)
    alone = tmp_path / "trigger.yaml"
    alone.write_text("event: finding.new\nconditions: {tag: pb-draft}\nmax_running: 1\n")
    found = up.json("backtest", alone, "--since", "1h", "--limit", "1")
    assert (found["matched"], len(found["examples"])) == (2, 1)
    assert up.json("backtest", alone, "--since", "2h", "--until", "1h")["scanned"] == 0


def test_what_is_wrong_with_the_trigger_is_told_with_its_place(
    alone: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "trigger.yaml"
    path.write_text("event: finding.new\nconditions:\n  severity: {$near: high}\n")
    assert f"{path}:3:14: unknown operator $near" in alone.complaint("backtest", path)
    path.write_text("trigger:\n  event: finding.nw\n")
    assert f"{path}:2:3: 'finding.nw' is not one of" in alone.complaint("backtest", path)
