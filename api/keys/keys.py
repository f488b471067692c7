"""A key: its name, what it may do, and how long; how its text is made and recognised."""

import re
import secrets
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from schemas.messages import Instant

Scope = Literal["read:playbooks", "write:playbooks", "write:findings", "admin"]
"""What a key may do: list and view; create, run and control; send findings; everything."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

KeyName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]

_PREFIX = "pbk"
_TEXT = re.compile(rf"{_PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")


class Key(BaseModel):
    """A key as it is kept: without its secret.

    name: what it is called in every record of who did what; unique. hash: SHA-256 of the
    secret, hex. expires_at: it is refused from then on; None: never.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    id: str
    name: KeyName
    hash: str
    scopes: tuple[Scope, ...]
    created_at: Instant
    expires_at: Instant | None = None

    def allows(self, scope: Scope) -> bool:
        """Tell whether the key may do what needs ``scope``."""
        return scope in self.scopes or "admin" in self.scopes

    def is_expired(self, at: datetime) -> bool:
        """Tell whether its time is over at ``at``."""
        return self.expires_at is not None and self.expires_at <= at


def generated() -> tuple[str, str, str]:
    """Return a new key: its id, its text, and the hash to keep."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"key-{key_id}", f"{_PREFIX}_{key_id}_{secret}", _hash(secret)


def matching(text: str, known: dict[str, Key]) -> Key | None:
    """Return the key that ``text`` is, None if it is none of the ``known`` (id → key)."""
    found = _TEXT.fullmatch(text)
    key_id, secret = (f"key-{found[1]}", found[2]) if found else ("", text)
    key = known.get(key_id)
    # Hashed and compared also when there is no such id, so that both take equally long.
    is_right = compare_digest(_hash(secret), key.hash if key is not None else "0" * 64)
    return key if is_right else None


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
