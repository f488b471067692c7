"""Dead letters: what no agent could handle, looked at and given back."""

from base64 import b64decode

from aiohttp import web

from api.page.visits import Page, Visit, see
from api.rest.errors import conflict, unknown
from streams import letters
from streams.commands import in_time
from streams.letters import NotReplayable

_SHOWN_MAX = 200


async def show_letters(visit: Visit) -> web.StreamResponse:
    """Show the dead letters, newest first."""
    found = await in_time(visit.parts.settings, letters.read(visit.parts.settings))
    shown = [(each.id, each.letter, _text(each.letter.value)) for each in found[-_SHOWN_MAX:]]
    return visit.page("dead_letters.html", letters=shown[::-1], total=len(found))


async def replay_letter(visit: Visit) -> web.StreamResponse:
    """Put the record of a dead letter on its topic again."""
    named, settings = visit.named("letter_id"), visit.parts.settings
    for each in await in_time(settings, letters.read(settings)):
        if each.id == named:
            try:
                await letters.replay(settings, each)
            except NotReplayable as error:
                raise conflict("not_replayable", str(error)) from None
            return see("/dead-letters")
    raise unknown("dead letter", named)


def _text(value: str | None) -> str:
    return "" if value is None else b64decode(value).decode(errors="replace")


PAGES = (
    Page("GET", "/dead-letters", show_letters),
    Page("POST", "/dead-letters/{letter_id}/replay", replay_letter, scope="admin"),
)
