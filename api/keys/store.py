"""The store of keys: ``keys.json`` in the data directory, shared by every process there.

The file is replaced as a whole, never written in place, and read again when it has been
replaced: a key is revoked everywhere at once, without a restart.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from api.keys import keys
from api.keys.keys import Key, Scope
from streams import looks

FILE_NAME = "keys.json"

_keys: TypeAdapter[list[Key]] = TypeAdapter(list[Key])


class KeysUnreadable(Exception):
    """The file of the keys is not what this program wrote."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"the keys in {path} cannot be read ({reason}): restore the file, or remove it "
            "to begin with a new admin key"
        )


class NameTaken(Exception):
    """Another key has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a key named {name}: revoke it first, or take another name")


class KeyStore:
    """The keys of a data directory. Raises KeysUnreadable when their file is spoilt."""

    def __init__(self, directory: Path) -> None:
        """directory: the data directory; it is made when it is missing."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        self._lock_path = self.path.with_suffix(".lock")
        self._read_as: tuple[int, int, int] | None = None
        self._known: dict[str, Key] = {}
        self._recognised: dict[bytes, Key] = {}
        self._seen = looks.Look()

    def authenticated(self, text: str, at: datetime) -> Key | None:
        """Return the key that ``text`` is, None if it is none or its time is over."""
        if self._seen.is_due():
            self._current()
        # A key comes with every request. It is remembered by what no text can be made from.
        digest = sha256(text.encode("utf-8", "surrogateescape")).digest()
        key = self._recognised.get(digest)
        if key is None:
            # It may have been made a moment ago.
            key = keys.matching(text, self._current())
            if key is not None:
                self._recognised[digest] = key
        return None if key is None or key.is_expired(at) else key

    def list(self) -> list[Key]:
        """Return every key, oldest first."""
        return list(self._current().values())

    def create(
        self,
        name: str,
        scopes: Iterable[Scope],
        *,
        at: datetime,
        expires_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """Make a key; return it with its text, which nobody can tell again. Raises NameTaken."""
        key_id, text, hashed = keys.generated()
        key = Key(
            id=key_id,
            name=name,
            hash=hashed,
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=at,
            expires_at=expires_at,
        )
        with self._alone() as known:
            if any(other.name == name for other in known.values()):
                raise NameTaken(name)
            self._write([*known.values(), key])
        return key, text

    def revoke(self, key_id: str) -> bool:
        """Take a key away; False: there is none of that id.

        When this returns, no process takes it any more.
        """
        with self._alone() as known:
            if key_id not in known:
                return False
            self._write([key for key in known.values() if key.id != key_id])
        self._seen.end()
        time.sleep(looks.SECONDS)  # until the others have looked, too
        return True

    @contextmanager
    def _alone(self) -> Iterator[dict[str, Key]]:
        """Give the keys as they are, with every other writer shut out."""
        with self._lock_path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._current()

    def _current(self) -> dict[str, Key]:
        try:
            there = self.path.stat()
        except FileNotFoundError:
            self._read_as, self._known, self._recognised = None, {}, {}
            return self._known
        # A replaced file is another inode, also within the clock's resolution.
        read_as = (there.st_ino, there.st_mtime_ns, there.st_size)
        if read_as != self._read_as:
            try:
                self._known = {key.id: key for key in _keys.validate_json(self.path.read_bytes())}
            except (ValidationError, OSError) as error:
                self._seen.end()
                raise KeysUnreadable(self.path, type(error).__name__) from None
            self._read_as, self._recognised = read_as, {}
        return self._known

    def _write(self, known: Iterable[Key]) -> None:
        write_privately(self.path, _keys.dump_json(list(known), indent=2) + b"\n")


def write_privately(path: Path, content: bytes) -> None:
    """Replace a file by one that its owner alone may read, whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
