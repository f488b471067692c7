"""The history of a playbook: its versions, and each of them whole."""

from api.rest import publications
from api.rest.answers import playbooks as answers
from api.rest.answers.playbooks import PlaybookShown, PlaybookVersion
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import ApiError, unknown
from api.rest.route import Route
from schemas.playbooks import PlaybookPublished


async def list_versions(call: Call[NoQuery, None]) -> Answer:
    """List the versions of a playbook, the one published last first."""
    history = _history(call)
    current = call.parts.registry.current(call.named("playbook_id"))
    return answer([answers.version(each, is_current=each is current) for each in history])


async def show_version(call: Call[NoQuery, None]) -> Answer:
    """Show a playbook as it was in one of its versions."""
    playbook_id, wanted = call.named("playbook_id"), call.named("version")
    for published in _history(call):
        if published.definition.version == wanted:
            return answer(answers.shown(published), headers={"ETag": publications.etag(published)})
    raise ApiError(404, "version_not_found", f"playbook {playbook_id} has no version {wanted}")


def _history(call: Call[NoQuery, None]) -> list[PlaybookPublished]:
    playbook_id = call.named("playbook_id")
    history = call.parts.registry.history(playbook_id)
    if not history:
        raise unknown("playbook", playbook_id)
    return history[::-1]


ROUTES = (
    Route(
        "GET",
        "/api/playbooks/{playbook_id}/versions",
        list_versions,
        "List the versions of a playbook",
        scope="read:playbooks",
        answer=PlaybookVersion,
        listed=True,
        errors=(404,),
    ),
    Route(
        "GET",
        "/api/playbooks/{playbook_id}/versions/{version}",
        show_version,
        "Show a version of a playbook",
        scope="read:playbooks",
        answer=PlaybookShown,
        errors=(404,),
        answer_headers=("ETag",),
    ),
)
