"""Where a broker is: free ports for one that starts, and the address of one that runs.

``broker.json`` in the data directory names the address and the Kafka process of the broker
that uses it. Commands on the same machine find it there.
"""

import errno
import json
import os
import random
import socket
from pathlib import Path

from streams.broker import locks
from streams.broker.errors import PortError

FILE = "broker.json"

HOST = "127.0.0.1"

_CONNECT_SECONDS = 1.0

# Below the ports that systems give to outgoing connections: such a one could take the port
# while the broker is being restarted, even one that tries to reach the broker.
_PORTS = range(20_000, 30_000)
_TRIES = 200


def free_port(apart_from: int = 0) -> int:
    """Return a port that nobody listens on. Raises PortError when none is found."""
    for port in random.sample(_PORTS, _TRIES):
        if port != apart_from and _error(port) is None:
            return port
    raise PortError(0, f"{_TRIES} from {_PORTS.start} to {_PORTS.stop - 1} are all taken")


def check_free(port: int) -> None:
    """Raise PortError when a broker cannot listen on ``port``."""
    error = _error(port)
    if error is not None:
        taken = error.errno == errno.EADDRINUSE
        raise PortError(port, "another program uses it" if taken else str(error.strerror))


def _error(port: int) -> OSError | None:
    with socket.socket() as probe:
        # As Kafka does it: connections that have just been closed are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
    return None


def write(data_dir: Path, address: str, pid: int) -> None:
    """Tell local commands where the broker is."""
    new = data_dir / f"{FILE}.new"
    new.write_text(json.dumps({"address": address, "pid": pid}))
    os.replace(new, data_dir / FILE)


def remove(data_dir: Path) -> None:
    """Tell local commands that there is no broker."""
    (data_dir / FILE).unlink(missing_ok=True)


def recorded(data_dir: Path) -> tuple[str, int] | None:
    """Return address and process of the last broker that served, whether it still does or not."""
    try:
        record = json.loads((data_dir / FILE).read_text())
        return str(record["address"]), int(record["pid"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def running_address(data_dir: Path) -> str | None:
    """Return the address of the broker that serves from this data directory, None if none does."""
    record = recorded(data_dir)
    # After a kill the record stays, and the port may be somebody else's: the lock tells.
    if record is None or not locks.is_held(data_dir):
        return None
    address = record[0]
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except (OSError, ValueError):
        return None
    return address
