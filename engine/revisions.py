"""Records of playbooks: when a playbook was made, when its revision, and when it was published.

A revision that is published again (switched off, say) is the same revision: its export must not
change. One that came in a document keeps the times of the document, which another export of it
tells again.
"""

from datetime import datetime
from typing import NamedTuple

from schemas.playbooks import Playbook, PlaybookPublished


class Authored(NamedTuple):
    """The times that a document says of itself."""

    created: datetime
    modified: datetime


def published(
    definition: Playbook,
    revision: str,
    *,
    at: datetime,
    by: str,
    current: PlaybookPublished | None = None,
    known: PlaybookPublished | None = None,
    authored: Authored | None = None,
) -> PlaybookPublished:
    """Return the record of a revision.

    current: the revision so far, None for a new playbook; known: an earlier record of the same
    revision; authored: of the document that it came in.
    """
    authored_at = None if current is None else current.authored_at
    revised_at = None if known is None else times(known).modified
    return PlaybookPublished(
        playbook_id=definition.id,
        revision=revision,
        definition=definition,
        created_at=at if current is None else current.created_at,
        updated_at=at,
        by=by,
        authored_at=authored_at if authored is None else authored.created,
        revised_at=revised_at if authored is None else authored.modified,
    )


def times(record: PlaybookPublished) -> Authored:
    """Return when a playbook was made, and when this revision of it."""
    return Authored(record.authored_at or record.created_at, record.revised_at or record.updated_at)
