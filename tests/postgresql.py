"""A real PostgreSQL, started for the tests from the programs that are installed here."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

SERVER = "PLAYBOOKS_TEST_POSTGRESQL"
"""The variable that names a server to be used instead: an address of libpq."""

ABSENT = (
    "there is no PostgreSQL here: install one (on Debian the package postgresql), or name "
    f"a server by {SERVER}=postgresql://…"
)

_START_SECONDS = 120.0
_QUICK = {
    "listen_addresses": "",  # no port, so none that somebody else has taken
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
}

# Ends the server when its standard input is closed: also when the tests are killed.
_WHILE_OPEN = '"$@" & server=$!; cat > /dev/null; kill -QUIT "$server"; wait "$server"'


def programs() -> Path | None:
    """Return the directory of the server's programs, the newest there is; None: there is none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


@contextmanager
def running(there: Path) -> Iterator[str]:
    """Run a server of its own until the end of the block; give its address. there: programs."""
    directory = Path(tempfile.mkdtemp(prefix="playbooks-postgresql-"))
    user = _user()
    if user is not None:
        os.chown(directory, user.pw_uid, user.pw_gid)
    data, log = directory / "data", directory / "log"
    settings = [part for name, value in _QUICK.items() for part in ("-c", f"{name}={value}")]
    command = [there / "postgres", "-D", data, "-k", directory, *settings]
    try:
        _initialised(there, data, user)
        with (
            log.open("wb") as output,
            subprocess.Popen(
                ["sh", "-c", _WHILE_OPEN, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=directory,
                **_as(user),
            ) as server,
        ):
            assert server.stdin is not None
            try:
                _wait(there, directory, log)
                yield f"postgresql://tests@/postgres?host={directory}"
            finally:
                server.stdin.close()
                server.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(directory)


@contextmanager
def schema(server: str) -> Iterator[str]:
    """Make an empty schema until the end of the block; give the address that leads to it."""
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def _initialised(there: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    options = ("-U", "tests", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    made = subprocess.run(
        [there / "initdb", "-D", data, *options],
        capture_output=True,
        text=True,
        cwd=data.parent,
        check=False,
        **_as(user),
    )
    assert made.returncode == 0, made.stdout + made.stderr


def _wait(there: Path, directory: Path, log: Path) -> None:
    """Wait until the server lets somebody in."""
    deadline = time.monotonic() + _START_SECONDS
    ready = [there / "pg_isready", "-q", "-h", directory]
    while subprocess.run(ready, check=False).returncode != 0:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _user() -> pwd.struct_passwd | None:
    """Return whom the server runs as, where the tests run as root, which it refuses to."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
