"""Which API a command asks, and with which key.

A command that takes ``client: Client`` is decorated with ``asks_api``, and may be a coroutine.
"""

import os
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.errors import CommandFailed
from api.client import Client
from api.keys import admin
from api.processes.loops import run
from streams.settings import load

URL = "http://127.0.0.1:8080"

_PANEL = "Connection"

_Url = Annotated[
    str,
    typer.Option("--url", envvar="PLAYBOOKS_URL", help="where the API is", rich_help_panel=_PANEL),
]
_DataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        envvar="PLAYBOOKS_DATA_DIR",
        help="where the key lies when PLAYBOOKS_API_KEY names none",
        show_default="that of playbooks up",
        rich_help_panel=_PANEL,
    ),
]

Json = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]
"""The option of every command that prints data."""


def asks_api(command: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Give a command the options that say which API it asks, and itself a client of it."""

    @wraps(command)
    def decorated(*, url: str, data_dir: str | None, **given: Any) -> None:
        async def asking() -> None:
            async with Client(url, key(data_dir)) as client:
                await command(client=client, **given)

        run(asking())

    own = [each for each in signature(command).parameters.values() if each.name != "client"]
    added = [
        Parameter("url", Parameter.KEYWORD_ONLY, annotation=_Url, default=URL),
        Parameter("data_dir", Parameter.KEYWORD_ONLY, annotation=_DataDir, default=None),
    ]
    parameters = [*(each.replace(kind=Parameter.KEYWORD_ONLY) for each in own), *added]
    decorated.__annotations__ = {each.name: each.annotation for each in parameters}
    decorated.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=parameters
    )
    return decorated


def key(data_dir: str | Path | None) -> str | None:
    """Return the key of the environment, else the admin key of the data directory."""
    given = os.environ.get("PLAYBOOKS_API_KEY", "").strip()
    if given:
        return given
    settings = load(**({} if data_dir is None else {"data_dir": data_dir}))
    path = settings.data_dir / admin.FILE_NAME
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        # Perhaps nobody is asked for one; else the API says so, and what to do.
        return None
    except OSError as error:
        raise CommandFailed(
            f"the key in {path} cannot be read: {error.strerror}; set PLAYBOOKS_API_KEY"
        ) from None
