"""Secrets: where ``secrets.NAME`` and ``secret:NAME`` are found.

Called by the actions at the moment of a call, and by nobody else: a secret stands in no
command, event, snapshot or log line. Each one is read anew each time, so that a rotated
secret counts at once, without a restart.
"""

import os
import re
from pathlib import Path

from streams.vault import AskedOnce, Vault, VaultError

NAME = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
"""How a secret may be called. Lower case means the same as upper case, which it becomes."""

VARIABLE = "PLAYBOOKS_SECRET_"

BYTES_MAX = 64 * 1024


class SecretError(Exception):
    """A secret that cannot be had. The message says where it was looked for, never its value.

    passing: to ask again in a moment may help.
    """

    passing = False


class SecretMissing(SecretError):
    """Neither the environment nor the directory has it, or what they have is empty."""

    def __init__(
        self, name: str, directory: Path | None, vault: Vault | AskedOnce | None = None
    ) -> None:
        place = "PLAYBOOKS_SECRETS_DIR, which is not set" if directory is None else str(directory)
        super().__init__(
            f"secret {name} is missing: set {VARIABLE}{name}, or write the file {name} in {place}"
            + ("" if vault is None else f", or the key {name} of {vault.path} in Vault")
        )


class SecretUnreadable(SecretError):
    """It is there, but is not a text that could be a secret."""

    def __init__(self, name: str, place: Path | str, reason: str, *, passing: bool = False) -> None:
        super().__init__(f"secret {name} cannot be read from {place}: {reason}")
        self.passing = passing


class SecretMisnamed(SecretError):
    """What was asked for is not the name of a secret: a path, for one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:128]!r} is not the name of a secret: names are letters, digits and underscores"
        )


def secret(name: str, directory: Path | None = None, vault: Vault | AskedOnce | None = None) -> str:
    """Return the secret ``name`` as it is now. Raises SecretError.

    The environment variable ``PLAYBOOKS_SECRET_<NAME>`` comes first, then the file
    ``<directory>/<NAME>``, of which one line end at its end is left out, then the key of Vault.
    """
    if not NAME.fullmatch(name):
        raise SecretMisnamed(name)
    name = name.upper()
    if variable := os.environ.get(VARIABLE + name):
        return _text(name, VARIABLE + name, os.fsencode(variable))
    if directory is not None and (content := _content(name, directory / name)):
        return _text(name, directory / name, content)
    if vault is not None:
        try:
            values = vault.values()
        except VaultError as error:
            raise SecretUnreadable(name, "Vault", str(error), passing=error.passing) from None
        if value := values.get(name) or values.get(name.lower()):
            return value
    raise SecretMissing(name, directory, vault)


def _content(name: str, path: Path) -> bytes | None:
    """Return what the file holds, without the end of its last line; None: there is no file."""
    try:
        if not path.exists():
            return None
        # Asked first: reading a pipe would wait for its writer, and everything else with it.
        if not path.is_file():
            raise SecretUnreadable(name, path, "it is not a file")
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise SecretUnreadable(name, path, error.strerror or type(error).__name__) from None
    if len(content) > BYTES_MAX:
        raise SecretUnreadable(name, path, f"it is larger than {BYTES_MAX} bytes")
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _text(name: str, place: Path | str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise SecretUnreadable(name, place, "it is not UTF-8 text") from None
