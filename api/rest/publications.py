"""From a document to a published revision: judged, named, and written to the registry."""

from typing import Any

from aiohttp import web
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.rest.bodies import Document
from api.rest.errors import ApiError, conflict, invalid
from api.rest.parts import Parts
from engine import playbooks
from engine.revisions import Authored
from engine.warnings.actions import Surroundings
from engine.warnings.warnings import warnings as warned
from schemas.playbooks import Playbook, PlaybookPublished
from schemas.problems import Problem
from streams.commands import in_time
from streams.conflicts import PlaybookConflict, VersionConflict

RESERVED_IDS = frozenset(
    {"approvals", "backtest", "executions", "explain", "import", "schema", "validate"}
)
"""Words that stand in a path where a playbook's id does."""

_NAMES_MAX = 1_000


class PlaybookDocument(Document):
    """A playbook as an author writes it; ``engine.playbooks`` says what is wrong with it."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of a playbook, whose id may be left to its name."""
        reference = handler(Playbook.__pydantic_core_schema__)
        schema = handler.resolve_ref_schema(reference)
        schema["required"] = [name for name in schema["required"] if name != "id"]
        return reference


class PlaybookDraft(PlaybookDocument):
    """What may become a playbook: any JSON value, since what is wrong with it is the question."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of anything; that of a playbook stands with the other routes."""
        return {"title": cls.__name__, "description": cls.__doc__}


class PlaybookPatch(Document):
    """What is to be changed in a playbook, as a JSON merge patch (RFC 7396)."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of an object."""
        return {"type": "object", "title": cls.__name__, "description": cls.__doc__}


async def create(
    parts: Parts,
    document: Any,
    *,
    by: str,
    base: str | None = None,
    authored: Authored | None = None,
) -> PlaybookPublished:
    """Publish a new playbook. ApiError: it is invalid, or its id is taken.

    base: what an id is made of when the document says none; None: its name.
    """
    found = playbooks.problems(document)
    said = document.get("id") if isinstance(document, dict) else None
    if isinstance(said, str) and said in RESERVED_IDS:
        found.append(Problem("/id", "is a word of the API: take another one"))
    if found:
        raise invalid("playbook", found)
    if "id" in document:
        definition = _definition(document)
        return await _publish(parts, definition, by=by, expected=None, authored=authored)
    name = base or playbooks.slug(document["name"])
    for number in range(1, _NAMES_MAX):
        playbook_id = name if number == 1 else f"{name}-{number}"
        if parts.registry.current(playbook_id) is None:
            definition = _definition({**document, "id": playbook_id})
            try:
                return await _written(parts, definition, by=by, expected=None, authored=authored)
            except PlaybookConflict:
                # Somebody else was a moment faster with the same name.
                continue
    raise conflict("playbook_exists", f"there are {_NAMES_MAX} playbooks of this name: say an id")


async def replace(
    parts: Parts,
    current: PlaybookPublished,
    document: Any,
    *,
    by: str,
    authored: Authored | None = None,
) -> PlaybookPublished:
    """Publish an edited playbook. ApiError: it is invalid, or its version is not raised."""
    if isinstance(document, dict):
        document = {"id": current.playbook_id, **document}
    found = playbooks.problems(document)
    if isinstance(document, dict) and document.get("id") != current.playbook_id:
        found.append(Problem("/id", f"is not {current.playbook_id}: an id cannot be changed"))
    if found:
        raise invalid("playbook", found)
    definition = _definition(document)
    is_same = playbooks.revision(definition) == current.revision
    if is_same and definition.enabled == current.definition.enabled:
        return current
    return await _publish(parts, definition, by=by, expected=current.revision, authored=authored)


async def delete(parts: Parts, current: PlaybookPublished, *, by: str) -> None:
    """Remove a playbook. ApiError: it has been changed meanwhile."""
    deleting = parts.registry.delete(current.playbook_id, by=by, expected=current.revision)
    try:
        await in_time(parts.settings, deleting)
    except PlaybookConflict as error:
        raise conflict("playbook_changed", f"{error}: read it again, then repeat") from None


def warnings(parts: Parts, document: Any) -> list[Problem]:
    """Return what is hardly meant in a valid document, here where it is to run."""
    playbook_ids = {published.playbook_id for published in parts.registry.currents()}
    return warned(document, Surroundings(parts.actions.repetitions, playbooks=playbook_ids))


def etag(published: PlaybookPublished) -> str:
    """Return the entity tag: the content, and whether it is switched on."""
    state = "on" if published.definition.enabled else "off"
    return f'"{published.revision}-{state}"'


def require_match(request: web.Request, current: PlaybookPublished) -> None:
    """Raise ApiError 412 when ``If-Match`` names another state than the current one."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(current) not in {tag.strip() for tag in wanted.split(",")}:
        raise ApiError(
            412,
            "precondition_failed",
            f"playbook {current.playbook_id} is not as If-Match says: read it again, then repeat",
            headers={"ETag": etag(current)},
        )


def merged(document: Any, patch: Any) -> Any:
    """Return ``document`` changed by a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    target = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merged(target.get(name), value)
    return target


async def _publish(
    parts: Parts,
    definition: Playbook,
    *,
    by: str,
    expected: str | None,
    authored: Authored | None,
) -> PlaybookPublished:
    try:
        return await _written(parts, definition, by=by, expected=expected, authored=authored)
    except PlaybookConflict as error:
        if expected is None:
            raise conflict("playbook_exists", f"{error}: say another id, or edit it") from None
        raise conflict("playbook_changed", f"{error}: read it again, then repeat") from None


async def _written(
    parts: Parts,
    definition: Playbook,
    *,
    by: str,
    expected: str | None,
    authored: Authored | None,
) -> PlaybookPublished:
    publishing = parts.registry.publish(definition, by=by, expected=expected, authored=authored)
    try:
        return await in_time(parts.settings, publishing)
    except VersionConflict as error:
        raise conflict("version_exists", str(error)) from None


def _definition(document: dict[str, Any]) -> Playbook:
    return Playbook.model_validate(document)
