"""HashiCorp Vault as a place of secrets: one entry of a KV store, version 2.

Asked anew for each call, so that what is rotated there counts at once. Blocking, with a time
limit: whoever asks does so in a thread. The address is the operator's own.
"""

import json
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from pydantic import SecretStr

SECONDS = 10.0
BYTES_MAX = 1024 * 1024


class VaultError(Exception):
    """Vault did not give an entry. The message says where and why, never the token.

    passing: it may do so in a moment, being away, sealed or busy.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Vault(NamedTuple):
    """Where the entry is, and who may read it.

    url: like https://vault.example.com:8200. path: mount and entry, like ``secret/playbooks``.
    token_file: read anew each time, as Vault Agent writes it; stands above ``token``.
    """

    url: str
    path: str
    token: SecretStr | None = None
    token_file: Path | None = None

    def values(self) -> dict[str, str]:
        """Return what the entry holds, by key. Raises VaultError."""
        mount, _, entry = self.path.strip("/").partition("/")
        address = f"{self.url.rstrip('/')}/v1/{quote(mount)}/data/{quote(entry)}"
        request = Request(address, headers={"X-Vault-Token": self._token()})
        try:
            # No proxy of the environment: it would see the token.
            with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
                content = json.loads(answer.read(BYTES_MAX))
        except HTTPError as error:
            error.close()
            passing = error.code >= 500 or error.code == HTTPStatus.TOO_MANY_REQUESTS
            said = f"{address} answered {error.code} {error.reason}"
            raise VaultError(said, passing=passing) from None
        except (OSError, HTTPException, ValueError) as error:
            # No JSON, too: of a proxy before it, or cut when the connection was lost.
            raise VaultError(f"{address}: {error}", passing=True) from None
        match content:
            case {"data": {"data": dict(values)}}:
                return {key: value for key, value in values.items() if isinstance(value, str)}
        raise VaultError(f"{address}: the answer has no data of a KV store, version 2")

    def _token(self) -> str:
        if self.token_file is not None:
            try:
                return self.token_file.read_text().strip()
            except OSError as error:
                raise VaultError(f"{self.token_file}: {error.strerror}") from None
            except UnicodeError:
                raise VaultError(f"{self.token_file}: it is not UTF-8 text") from None
        return "" if self.token is None else self.token.get_secret_value()


class AskedOnce:
    """A Vault that is asked once for all secrets of a call, also when it does not answer."""

    def __init__(self, vault: Vault) -> None:
        self.path = vault.path
        self._vault = vault
        self._said: dict[str, str] | VaultError | None = None

    def values(self) -> dict[str, str]:
        """Return what the entry held when it was asked. Raises VaultError, the same again."""
        if self._said is None:
            try:
                self._said = self._vault.values()
            except VaultError as error:
                self._said = error
        if isinstance(self._said, VaultError):
            raise self._said
        return self._said
