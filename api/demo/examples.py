"""The example playbooks and findings: files that users can read, loaded as users would.

They stand in ``compose`` of the repository, and beside this module once it is installed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parent.parent / "compose"


class ExamplesMissing(Exception):
    """The examples did not come along with the program."""

    def __init__(self) -> None:
        super().__init__(
            f"the examples are neither in {_HERE} nor in {_CHECKOUT}: install the program anew"
        )


def playbook_files() -> list[Path]:
    """Return the playbook files. Raises ExamplesMissing."""
    return _files("playbooks", "*.yaml")


def findings(run: str) -> Iterator[dict[str, Any]]:
    """Yield the events, in order. Raises ExamplesMissing.

    run: what is added to their ids, so that another run on the same data directory is news
    and not a repetition.
    """
    for path in _files("findings", "*.json"):
        event = orjson.loads(path.read_bytes())
        yield event | {"id": f"{event['id']}-{run}"}


def _files(folder: str, pattern: str) -> list[Path]:
    for place in (_HERE / folder, _CHECKOUT / folder):
        found = sorted(place.glob(pattern))
        if found:
            return found
    raise ExamplesMissing
