"""Pins: which playbook and revision a start means."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine.cacao.importing import imported
from engine.consequences import CURRENT
from engine.playbooks import revision
from schemas.commands import StartExecution
from schemas.playbooks import Playbook, PlaybookPublished
from streams.pins import pinned
from streams.playbooks import PlaybookRegistry
from tests.engine.cacao.documents import action, document
from tests.examples import NOON

DOCUMENT = "playbook--8b1f1c3e-94a4-4f6a-9a3c-0d7a3c4a1f10"


class Known:
    """What a registry has read: the last of each id is the current one."""

    def __init__(self, *published: PlaybookPublished) -> None:
        self._all = published

    def current(self, playbook_id: str) -> PlaybookPublished | None:
        return next((p for p in self._all[::-1] if p.playbook_id == playbook_id), None)

    def currents(self) -> list[PlaybookPublished]:
        ids = dict.fromkeys(p.playbook_id for p in self._all)
        return [found for each in ids if (found := self.current(each)) is not None]

    def history(self, playbook_id: str) -> list[PlaybookPublished]:
        return [p for p in self._all if p.playbook_id == playbook_id]

    def revision(self, playbook_id: str, revision: str) -> PlaybookPublished | None:
        return next((p for p in self.history(playbook_id) if p.revision == revision), None)


def published(playbook_id: str, **says: Any) -> PlaybookPublished:
    found = imported(document(action("one"), **says))
    definition = Playbook.model_validate({"id": playbook_id, **(found.definition or {})})
    return PlaybookPublished(
        playbook_id=playbook_id,
        revision=revision(definition),
        definition=definition,
        created_at=NOON,
        updated_at=NOON + timedelta(hours=1),
    )


OLD = published("pb-one", modified="2026-01-01T00:00:00.000Z")
NEW = published("pb-one", modified="2026-02-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("playbook_id", "asked", "expected"),
    [
        ("pb-one", CURRENT, ("pb-one", NEW.revision)),
        ("pb-one", OLD.revision, ("pb-one", OLD.revision)),
        (DOCUMENT, CURRENT, ("pb-one", NEW.revision)),
        (DOCUMENT, "2026-01-01T00:00:00.000Z", ("pb-one", OLD.revision)),
        (DOCUMENT, "2025-01-01T00:00:00.000Z", (DOCUMENT, "2025-01-01T00:00:00.000Z")),
        ("playbook--nobodys", CURRENT, ("playbook--nobodys", CURRENT)),
    ],
)
def test_a_start_means(playbook_id: str, asked: str, expected: tuple[str, str]) -> None:
    start = StartExecution(
        id="start",
        execution_id="pexec-1",
        at=datetime.now(UTC),
        playbook_id=playbook_id,
        playbook_revision=asked,
        trigger="manual",
    )
    assert pinned(None, start, cast(PlaybookRegistry, Known(OLD, NEW))) == expected
