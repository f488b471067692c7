"""Playbook and finding files for the tests of the command line."""

from pathlib import Path
from typing import Any

import orjson

from tests.examples import FINDING, action


def playbook_file(directory: Path, playbook_id: str, **says: Any) -> Path:
    """Write a playbook that logs, triggered by findings that are tagged with its id."""
    document = {
        "id": playbook_id,
        "name": f"Playbook {playbook_id}",
        "version": "1.0.0",
        "trigger": {"event": "finding.new", "conditions": {"tag": playbook_id}},
        "steps": [action("log", parameters={"title": "{{ finding.title | default('none') }}"})],
    }
    path = directory / f"{playbook_id}.json"
    path.write_bytes(orjson.dumps(document | says))
    return path


def finding_file(directory: Path, playbook_id: str, *finding_ids: str) -> Path:
    """Write findings that trigger the playbook of that id."""
    findings = [
        FINDING
        | {"id": f"evt-{each}", "data": FINDING["data"] | {"finding_id": each, "tag": playbook_id}}
        for each in finding_ids
    ]
    path = directory / "findings.json"
    path.write_bytes(orjson.dumps(findings))
    return path
