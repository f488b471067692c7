"""Explanations: for one event, which playbooks it starts, and why not the others."""

import asyncio

from pydantic import Field

from api.rest.answers.explanations import EventExplained, ExplanationShown, explanation
from api.rest.calls import Answer, Call, answer
from api.rest.findings import CLOUDEVENT, FINDING_BYTES_MAX, FindingDocument
from api.rest.queries import Flag, Query
from api.rest.route import JSON, KIB, Route
from schemas.findings import Finding
from schemas.playbooks import PlaybookPublished


class ExplanationQuery(Query):
    """Which playbooks."""

    playbook_id: str | None = Field(default=None, max_length=128, description="this one only")
    matched: Flag | None = Field(default=None, description="those that match, or that do not")


async def explain(call: Call[ExplanationQuery, FindingDocument]) -> Answer:
    """Say for one event of each playbook whether it matches, else why not; nothing is sent."""
    finding = call.body.finding()
    asked = call.query.playbook_id
    currents = [p for p in call.parts.registry.currents() if asked in (None, p.playbook_id)]
    # Thousands of playbooks against a large event take a while, and others are answered meanwhile.
    explained = await asyncio.to_thread(_explained, currents, finding)
    shown = [each for each in explained if call.query.matched in (None, each.matched)]
    return answer(EventExplained(event_id=finding.id, event=finding.event, playbooks=shown))


def _explained(currents: list[PlaybookPublished], finding: Finding) -> list[ExplanationShown]:
    return [explanation(published, finding) for published in currents]


ROUTES = (
    Route(
        "POST",
        "/api/playbooks/explain",
        explain,
        "Say which playbooks an event starts, and why not the others",
        scope="read:playbooks",
        query=ExplanationQuery,
        request=FindingDocument,
        media_types=(JSON, CLOUDEVENT),
        # A little more than the event, which is measured without the blanks around it.
        bytes_max=FINDING_BYTES_MAX + 64 * KIB,
        answer=EventExplained,
    ),
)
