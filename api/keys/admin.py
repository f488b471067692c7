"""The admin key of a first start: ``admin.key`` in the data directory, the bare key.

Called by whoever composes a process with the API. The local command line reads the file.
"""

from datetime import datetime
from pathlib import Path

from api.keys.store import KeyStore, NameTaken, write_privately

FILE_NAME = "admin.key"


def ensure_admin_key(store: KeyStore, at: datetime) -> Path:
    """See to it that some key has the scope ``admin``; return where the first one's text lies.

    Where there is one nothing is done: an operator may have revoked the first and removed its
    file. Raises KeysUnreadable.
    """
    path = store.path.with_name(FILE_NAME)
    usable = [key for key in store.list() if key.allows("admin") and not key.is_expired(at)]
    if usable:
        return path
    names = {key.name for key in store.list()}
    name = next(n for n in ("admin", *(f"admin-{i}" for i in range(2, 1_000))) if n not in names)
    try:
        _, text = store.create(name, ["admin"], at=at)
    except NameTaken:
        # Another process on this data directory was a moment faster; its key will do.
        return path
    write_privately(path, text.encode() + b"\n")
    return path
