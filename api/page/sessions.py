"""Sessions: who has logged in with an API key, by a cookie that holds nothing but chance.

They are kept in this process: its end logs everybody out. A revoked key ends its sessions.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from aiohttp import web

from api.keys.keys import Key
from api.keys.store import KeyStore

COOKIE = "playbooks_session"
LIFETIME = timedelta(hours=12)

_SESSIONS_MAX = 10_000


@dataclass(frozen=True)
class Session:
    """A browser that is logged in. csrf: what each of its forms has to say."""

    key_id: str
    csrf: str
    expires_at: datetime

    def said_by(self, form_csrf: str) -> bool:
        """Tell whether a form is one that was given to this session."""
        return compare_digest(self.csrf.encode(), form_csrf.encode("utf-8", "replace"))


class Sessions:
    """The sessions of this process, by the hash of what their cookies hold."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._known: dict[str, Session] = {}

    def begin(self, key: Key, at: datetime) -> str:
        """Begin a session; return what its cookie holds."""
        self._forget_ended(at)
        token = secrets.token_urlsafe(32)
        self._known[_hash(token)] = Session(key.id, secrets.token_urlsafe(32), at + LIFETIME)
        return token

    def end(self, token: str) -> None:
        """End a session, if there is one."""
        self._known.pop(_hash(token), None)

    def find(self, token: str, at: datetime) -> tuple[Session, Key] | None:
        """Return a session and its key; None: there is none, or its key is no longer good."""
        session = self._known.get(_hash(token))
        if session is None or session.expires_at <= at:
            return None
        for key in self._keys.list():
            if key.id == session.key_id and not key.is_expired(at):
                return session, key
        return None

    def _forget_ended(self, at: datetime) -> None:
        ended = [token for token, session in self._known.items() if session.expires_at <= at]
        # The oldest goes when there are too many: who has a key could fill the memory.
        if len(self._known) - len(ended) >= _SESSIONS_MAX:
            ended.append(next(iter(self._known)))
        for token in ended:
            self._known.pop(token, None)


SESSIONS = web.AppKey("sessions", Sessions)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
