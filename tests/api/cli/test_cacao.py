"""A CACAO document from its file to the end of its run, as a user would take it there."""

import json
from pathlib import Path

from tests.api.cli.shell import Shell
from tests.engine.cacao.documents import action, document, variable


def test_a_document_is_imported_run_and_its_manual_work_confirmed(
    up: Shell, tmp_path: Path
) -> None:
    look = {"type": "manual", "command": "Look at __host__:value"}
    declared = {"__host__": variable(external=True), "__verdict__": variable()}
    step = action("look", look, out_args=["__verdict__"])
    path = tmp_path / "look.json"
    path.write_text(json.dumps(document(step, name="Look", playbook_variables=declared)))
    up("import", path)
    run = up.json("run", "pb-look", "--param", "host=web-1")
    execution_id = run["execution_id"]
    assert "output" in up.complaint("approve", execution_id, "look")
    up("approve", execution_id, "look", "--output", "verdict=benign")
    assert "completed" in up("watch", execution_id)
    assert up.json("status", execution_id)["variables"] == {"__verdict__": "benign"}
