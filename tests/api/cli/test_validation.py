"""``validate``: every problem with its place, in three forms."""

import json
from pathlib import Path

import pytest

from tests.api.cli.shell import Shell

WRONG = """\
name: Wrong in three places
version: 1.10
trigger: {event: finding.new}
triger: {}
steps:
  - id: notify
    type: action
    action_ref: act-log
    on_success: nowhere
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    return path


def test_each_problem_stands_with_its_line_and_column(alone: Shell, wrong: Path) -> None:
    lines = alone.run("validate", wrong, code=1).stdout.splitlines()
    places = [line.removeprefix(f"{wrong}:").split(": ")[0] for line in lines]
    assert sorted(places) == ["2:1", "4:1", "9:5"]
    assert all(line.startswith(f"{wrong}:") for line in lines)


def test_problems_are_json_with_pointers(alone: Shell, wrong: Path) -> None:
    said = alone.json("validate", wrong, code=1)
    assert said["valid"] is False
    found = {error["pointer"]: (error["line"], error["column"]) for error in said["errors"]}
    assert found == {"/version": (2, 1), "/triger": (4, 1), "/steps/0/on_success": (9, 5)}


def test_problems_are_sarif_for_code_hosts(alone: Shell, wrong: Path) -> None:
    said = json.loads(alone.run("validate", wrong, "--format", "sarif", code=1).stdout)
    assert said["version"] == "2.1.0"
    [run] = said["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= rules
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert {place["region"]["startLine"] for place in places} == {2, 4, 9}
    assert {place["artifactLocation"]["uri"] for place in places} == {wrong.as_posix()}


def test_what_is_no_yaml_is_told_with_its_place(alone: Shell, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: [unclosed\nversion: 1.0.0\n")
    assert f"{path}:2:" in alone.run("validate", path, code=1).stdout


def test_a_file_that_is_not_there_is_told(alone: Shell, tmp_path: Path) -> None:
    said = alone.run("validate", tmp_path / "none.yaml", code=1).stdout
    assert "cannot be read: No such file or directory" in said


def test_a_directory_without_playbooks_is_wrong_usage(alone: Shell, tmp_path: Path) -> None:
    assert "holds no .yaml" in alone.complaint("validate", tmp_path, code=2)


def test_a_valid_file_is_said_to_be_valid(alone: Shell, tmp_path: Path) -> None:
    path = tmp_path / "right.yaml"
    path.write_text(
        WRONG.replace("1.10", "1.1.0")
        .replace("triger: {}\n", "")
        .replace("nowhere", "end")
        .replace("finding.new", "manual")
    )
    assert alone("validate", path) == f"{path}: valid\n"
    said = {"valid": True, "files": 1, "errors": [], "warnings": []}
    assert alone.json("validate", path) == said


HARDLY_MEANT = """\
name: Valid, and hardly meant
version: 1.0.0
trigger: {event: finding.new}
steps:
  - id: notify
    type: action
    action_ref: act-slack-notfy
    parameters:
      text: "{{ steps.nobody.output }}"
"""


@pytest.fixture
def hardly_meant(tmp_path: Path) -> Path:
    path = tmp_path / "meant.yaml"
    path.write_text(HARDLY_MEANT)
    return path


def test_warnings_stand_with_their_places_and_fail_only_when_strict(
    alone: Shell, hardly_meant: Path
) -> None:
    said = alone("validate", hardly_meant)
    lines = said.splitlines()
    places = [line.removeprefix(f"{hardly_meant}:").split(": warning: ")[0] for line in lines[:-1]]
    assert sorted(places) == ["3:1", "7:5", "9:7"]
    assert lines[-1] == f"{hardly_meant}: valid"
    assert alone.run("validate", hardly_meant, "--strict", code=1).stdout == said


def test_warnings_are_json_apart_from_errors(alone: Shell, hardly_meant: Path) -> None:
    said = alone.json("validate", hardly_meant)
    assert (said["valid"], said["errors"]) == (True, [])
    assert {each["pointer"] for each in said["warnings"]} == {
        "/trigger",
        "/steps/0/action_ref",
        "/steps/0/parameters/text",
    }


def test_warnings_are_sarif_of_their_own_level(alone: Shell, hardly_meant: Path) -> None:
    said = json.loads(alone.run("validate", hardly_meant, "--format", "sarif").stdout)
    [run] = said["runs"]
    assert {each["level"] for each in run["results"]} == {"warning"}
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {each["ruleId"] for each in run["results"]} <= rules


def test_an_action_is_known_when_the_actions_file_names_it(alone: Shell, tmp_path: Path) -> None:
    path = tmp_path / "edr.yaml"
    path.write_text(HARDLY_MEANT.replace("act-slack-notfy", "edr-isolate"))
    assert "edr-isolate" not in alone("validate", path)
    actions = tmp_path / "actions.yaml"
    actions.write_text("edr-release: {connector: log}\n")
    said = alone("validate", path, PLAYBOOKS_ACTIONS_FILE=str(actions))
    assert "there is no action edr-isolate" in said
    actions.write_text("edr-isolate: {connector: log}\n")
    assert "edr-isolate" not in alone("validate", path, PLAYBOOKS_ACTIONS_FILE=str(actions))


def test_the_schema_that_is_printed_is_the_one_that_is_shipped(alone: Shell) -> None:
    shipped = Path(__file__).parent.parent.parent.parent / "schemas" / "playbook.schema.json"
    assert alone("schema") == shipped.read_text()
