"""Identifiers of CACAO objects (10.10): ``type--UUID``.

Those of our own exports are derived, not drawn: from the playbook's id and what the object is
to it. So an export needs no store of identifiers, every process says the same ones, and a step
that keeps its id keeps its identifier through every edit. The standard wants UUIDs of version 4
for steps, which say of themselves only that nothing is to be read in their other 122 bits; bits
of a SHA-256 have that form and that property.
"""

import re
from hashlib import sha256
from typing import Final
from uuid import UUID

PLAYBOOK: Final = "playbook"
IDENTITY: Final = "identity--7f3c1c5e-2f0b-4c0d-9b8e-5f7f3a1d6c42"
"""Who creates the documents: this product."""

EXTENSION: Final = "extension-definition--c4e6bd1a-8d5f-4b0e-8a67-3f0d2b9e51f7"
"""The extension that carries what CACAO has no words for (``engine/cacao/extension.py``)."""

_SALT: Final = b"playbook-streams/cacao/1\0"
_IDENTIFIER = re.compile(
    r"(?P<type>[a-z][a-z0-9-]+[a-z0-9])--(?P<uuid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"
    r"(?P<version>[1-5])[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})"
)


def identifier(kind: str, playbook_id: str, *role: str) -> str:
    """Return the identifier of an object of a playbook. role: what it is, most general first."""
    # Each part ends in a zero, which no id has: two different lists are never the same bytes.
    said = b"".join(part.encode() + b"\0" for part in (playbook_id, *role))
    return f"{kind}--{UUID(bytes=sha256(_SALT + said).digest()[:16], version=4)}"


def kind(text: str) -> str | None:
    """Return the type that an identifier says, None when it is none."""
    found = _IDENTIFIER.fullmatch(text)
    return None if found is None else found["type"]


def uuid(text: str) -> str | None:
    """Return the UUID of an identifier in lower case, None when it is none."""
    found = _IDENTIFIER.fullmatch(text)
    return None if found is None else found["uuid"].lower()


def is_random(text: str) -> bool:
    """Tell whether an identifier has a UUID of version 4, as those of steps must."""
    found = _IDENTIFIER.fullmatch(text)
    return found is not None and found["version"] == "4"
