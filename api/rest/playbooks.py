"""Playbooks: list, create, show, edit, remove, and say what is wrong with one."""

from typing import Any

from pydantic import Field

from api.rest import publications
from api.rest.answers import playbooks as answers
from api.rest.answers.playbooks import (
    Fault,
    PlaybookCreated,
    PlaybookShown,
    PlaybookSummary,
    Verdict,
)
from api.rest.calls import Answer, Call, NoQuery, answer, page
from api.rest.errors import invalid, unknown
from api.rest.publications import PlaybookDocument, PlaybookDraft, PlaybookPatch
from api.rest.queries import PageQuery
from api.rest.route import JSON, KIB, YAML, Route
from engine import playbooks
from schemas.playbooks import PlaybookPublished
from schemas.problems import Problem

DOCUMENT_BYTES_MAX = 256 * KIB

MERGE_PATCH = "application/merge-patch+json"


class PlaybooksQuery(PageQuery):
    """Which playbooks."""

    search: str | None = Field(
        default=None, max_length=256, description="in name or description, case ignored"
    )
    tag: str | None = Field(default=None, max_length=128, description="has this tag")

    def matches(self, published: PlaybookPublished) -> bool:
        """Tell whether a playbook is asked for."""
        definition = published.definition
        texts = (definition.name.casefold(), definition.description.casefold())
        tags = {tag.casefold() for tag in definition.tags}
        is_found = self.search is None or any(self.search.casefold() in text for text in texts)
        return is_found and (self.tag is None or self.tag.casefold() in tags)


async def list_playbooks(call: Call[PlaybooksQuery, None]) -> Answer:
    """List the playbooks, oldest first."""
    query = call.query
    found = [each for each in call.parts.registry.currents() if query.matches(each)]
    shown = [answers.summary(each) for each in query.of(found)]
    return page(shown, len(found), query.page, query.per_page)


async def create_playbook(call: Call[NoQuery, PlaybookDocument]) -> Answer:
    """Create a playbook; its id follows from its name unless it says one."""
    published = await publications.create(call.parts, call.body.root, by=call.key.name)
    return answer(
        answers.created(published),
        201,
        {
            "Location": f"/api/playbooks/{published.playbook_id}",
            "ETag": publications.etag(published),
        },
    )


async def show_playbook(call: Call[NoQuery, None]) -> Answer:
    """Show a playbook whole."""
    return _shown(_current(call))


async def replace_playbook(call: Call[NoQuery, PlaybookDocument]) -> Answer:
    """Replace a playbook by an edited one; its version must have been raised."""
    document = call.body.root
    if isinstance(document, dict):
        document = {k: v for k, v in document.items() if k not in answers.READ_ONLY}
    return await _edit(call, _current(call), document)


async def change_playbook(call: Call[NoQuery, PlaybookPatch]) -> Answer:
    """Change parts of a playbook, by a JSON merge patch: ``{"enabled": false}`` disables it."""
    current = _current(call)
    if not isinstance(call.body.root, dict):
        raise invalid("playbook", [Problem("", "a merge patch is a JSON object")])
    document = current.definition.model_dump(mode="json", exclude_unset=True)
    return await _edit(call, current, publications.merged(document, call.body.root))


async def delete_playbook(call: Call[NoQuery, None]) -> Answer:
    """Remove a playbook. Executions under way go on, and what has run stays readable."""
    current = _current(call)
    publications.require_match(call.request, current)
    await publications.delete(call.parts, current, by=call.key.name)
    return Answer(status=204)


async def validate_playbook(call: Call[NoQuery, PlaybookDraft]) -> Answer:
    """Say everything that is wrong with a document; nothing is stored."""
    found = playbooks.problems(call.body.root)
    warnings = [] if found else publications.warnings(call.parts, call.body.root)
    verdict = Verdict(valid=not found, errors=_faults(found), warnings=_faults(warnings))
    return answer(verdict)


def _faults(problems: list[Problem]) -> list[Fault]:
    return [Fault(pointer=p.pointer, message=p.message) for p in problems]


async def _edit(call: Call[Any, Any], current: PlaybookPublished, document: Any) -> Answer:
    publications.require_match(call.request, current)
    return _shown(await publications.replace(call.parts, current, document, by=call.key.name))


def _current(call: Call[Any, Any]) -> PlaybookPublished:
    playbook_id = call.named("playbook_id")
    published = call.parts.registry.current(playbook_id)
    if published is None:
        raise unknown("playbook", playbook_id)
    return published


def _shown(published: PlaybookPublished) -> Answer:
    return answer(answers.shown(published), headers={"ETag": publications.etag(published)})


ROUTES = (
    Route(
        "GET",
        "/api/playbooks",
        list_playbooks,
        "List playbooks",
        scope="read:playbooks",
        query=PlaybooksQuery,
        answer=PlaybookSummary,
        listed=True,
        paged=True,
    ),
    Route(
        "POST",
        "/api/playbooks",
        create_playbook,
        "Create a playbook",
        scope="write:playbooks",
        request=PlaybookDocument,
        media_types=(JSON, YAML),
        bytes_max=DOCUMENT_BYTES_MAX,
        answer=PlaybookCreated,
        statuses=(201,),
        errors=(409,),
        answer_headers=("Location", "ETag"),
    ),
    Route(
        "POST",
        "/api/playbooks/validate",
        validate_playbook,
        "Say what is wrong with a playbook",
        scope="read:playbooks",
        request=PlaybookDraft,
        media_types=(JSON, YAML),
        bytes_max=DOCUMENT_BYTES_MAX,
        answer=Verdict,
    ),
    Route(
        "GET",
        "/api/playbooks/{playbook_id}",
        show_playbook,
        "Show a playbook",
        scope="read:playbooks",
        answer=PlaybookShown,
        errors=(404,),
        answer_headers=("ETag",),
    ),
    Route(
        "PUT",
        "/api/playbooks/{playbook_id}",
        replace_playbook,
        "Replace a playbook",
        scope="write:playbooks",
        request=PlaybookDocument,
        media_types=(JSON, YAML),
        bytes_max=DOCUMENT_BYTES_MAX,
        answer=PlaybookShown,
        errors=(404, 409, 412),
        request_headers=("If-Match",),
        answer_headers=("ETag",),
    ),
    Route(
        "PATCH",
        "/api/playbooks/{playbook_id}",
        change_playbook,
        "Change parts of a playbook, by a JSON merge patch",
        scope="write:playbooks",
        request=PlaybookPatch,
        media_types=(JSON, MERGE_PATCH),
        bytes_max=DOCUMENT_BYTES_MAX,
        answer=PlaybookShown,
        errors=(404, 409, 412),
        request_headers=("If-Match",),
        answer_headers=("ETag",),
    ),
    Route(
        "DELETE",
        "/api/playbooks/{playbook_id}",
        delete_playbook,
        "Remove a playbook",
        scope="write:playbooks",
        statuses=(204,),
        errors=(404, 409, 412),
        request_headers=("If-Match",),
    ),
)
