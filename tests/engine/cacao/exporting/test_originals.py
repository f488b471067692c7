"""What was imported from others goes out as it came, or as it was edited since."""

from datetime import UTC, datetime
from typing import Any

from engine.cacao.exporting.originals import original
from engine.imports import planned
from schemas.messages import JsonObject
from schemas.playbooks import Playbook
from tests.engine.cacao.documents import action, document

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SIGNED = document(action("one"), labels=["a"], description="d", signatures=[{"type": "jss"}])


def exported(**edits: Any) -> JsonObject:
    """Return the export of the signed document's playbook with these edits."""
    found = planned(SIGNED).playbook
    assert found is not None
    assert found.cacao is not None
    edited = Playbook.model_validate(found.model_dump(mode="json") | edits)
    return original(edited, found.cacao, NOW)


def test_unedited_it_is_the_same_document() -> None:
    assert exported() == SIGNED


def test_an_edit_is_in_the_document_and_voids_its_signatures() -> None:
    edited = exported(name="Renamed", tags=["b"])
    assert (edited["name"], edited["labels"]) == ("Renamed", ["b"])
    assert edited["modified"] == "2026-05-01T00:00:00.000Z"
    assert "signatures" not in edited
    assert edited["workflow"] == SIGNED["workflow"]


def test_what_was_emptied_is_left_out_since_no_list_may_be_empty() -> None:
    edited = exported(tags=[], description="")
    assert not {"labels", "description"} & edited.keys()
