"""The keys of the API: list, make, revoke."""

from pydantic import BaseModel, ConfigDict, Field

from api.keys.keys import Key, KeyName, Scope
from api.keys.store import NameTaken
from api.rest.calls import Answer, Call, NoQuery, answer
from api.rest.errors import conflict, invalid, unknown
from api.rest.route import Route
from schemas.messages import Instant
from schemas.problems import Problem


class KeyRequest(BaseModel):
    """A key to be made. expires_at: it is refused from then on; null: never."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: KeyName
    scopes: list[Scope] = Field(min_length=1, max_length=16)
    expires_at: Instant | None = None


class KeyShown(BaseModel):
    """A key, without its text."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None


class KeyCreated(BaseModel):
    """A key that has just been made. key: its text, told this once."""

    id: str
    name: str
    key: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None


async def list_keys(call: Call[NoQuery, None]) -> Answer:
    """List the keys, oldest first."""
    return answer([KeyShown(**_told(key)) for key in call.parts.keys.list()])


async def create_key(call: Call[NoQuery, KeyRequest]) -> Answer:
    """Make a key."""
    asked = call.body
    if asked.expires_at is not None and asked.expires_at <= call.at:
        raise invalid("body", [Problem("/expires_at", "is in the past")])
    try:
        key, text = call.parts.keys.create(
            asked.name, asked.scopes, at=call.at, expires_at=asked.expires_at
        )
    except NameTaken as error:
        raise conflict("name_taken", str(error)) from None
    return answer(KeyCreated(**_told(key), key=text), 201)


async def revoke_key(call: Call[NoQuery, None]) -> Answer:
    """Take a key away; it is refused from now on."""
    key_id = call.named("key_id")
    if not call.parts.keys.revoke(key_id):
        raise unknown("key", key_id)
    return Answer(status=204)


def _told(key: Key) -> dict[str, object]:
    told = key.model_dump(exclude={"hash"})
    return told | {"scopes": list(key.scopes)}


ROUTES = (
    Route(
        "GET",
        "/api/keys",
        list_keys,
        "List keys",
        scope="admin",
        answer=KeyShown,
        listed=True,
    ),
    Route(
        "POST",
        "/api/keys",
        create_key,
        "Make a key",
        scope="admin",
        request=KeyRequest,
        answer=KeyCreated,
        statuses=(201,),
        errors=(409,),
    ),
    Route(
        "DELETE",
        "/api/keys/{key_id}",
        revoke_key,
        "Revoke a key",
        scope="admin",
        statuses=(204,),
        errors=(404,),
    ),
)
