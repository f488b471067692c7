"""Findings: what detectors say, as it arrives on the topic ``findings``.

The bare form is ``{"id", "event", "timestamp", "data"}``; the payload of
``finding.new`` is ``{"finding_id", "title", "severity", "cvss", "asset": {"id",
"name", "type", "tags"}, "scan_id", "description", …}``. Unknown fields of
``data`` are kept: they can be matched and rendered.
"""

from typing import Literal, get_args

from pydantic import Field

from schemas.messages import Instant, JsonObject, Message

FindingKind = Literal[
    "finding.new",
    "finding.status_changed",
    "scan.completed",
    "scan.failed",
    "action.completed",
]
"""What a record on ``findings`` can report (API page "Playbook structure", trigger events)."""

FINDING_KINDS: tuple[str, ...] = get_args(FindingKind)


class Finding(Message):
    """One report of a detector.

    id: the detector's own identity of this report, unique within ``source``; None on the
    wire means "none given", and the reader puts ``topic:partition:offset`` in its place.
    timestamp: when the detector saw it; None when it did not say.
    """

    id: str | None = Field(default=None, min_length=1, max_length=512)
    event: FindingKind
    timestamp: Instant | None = None
    source: str | None = Field(default=None, max_length=512)
    data: JsonObject
