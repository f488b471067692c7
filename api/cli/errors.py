"""Every failure as one sentence on standard error, and an exit code.

Nobody who runs a command is shown a traceback, unless they ask for one by
``PLAYBOOKS_LOG_LEVEL=debug``.
"""

import os
import re
import sys
import traceback
from typing import NoReturn

from streams.settings import SettingsError

FAILED = 1
WRONG_USAGE = 2

_ADDRESS = re.compile(r"\('([^']+)', (\d+), ")
"""As aiokafka spells where it could not connect to."""


class CommandFailed(Exception):
    """A command could not do what it was asked. Its text is the sentence to show."""


class UsageError(CommandFailed):
    """A command was asked in a way that cannot be meant."""


def fail(error: Exception) -> NoReturn:
    """Say what went wrong and end the process."""
    if os.environ.get("PLAYBOOKS_LOG_LEVEL", "").strip().lower() == "debug":
        traceback.print_exception(error)
    print(f"playbooks: {sentence(error)}", file=sys.stderr)
    raise SystemExit(WRONG_USAGE if isinstance(error, SettingsError | UsageError) else FAILED)


def sentence(error: Exception) -> str:
    """Return what there is to say about ``error``."""
    kind = type(error)
    text = str(error).strip()
    if kind.__module__.startswith(("streams.", "api.")):
        return text
    if kind.__module__.startswith("aiokafka."):
        return _about_kafka(kind.__name__, text)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return (
        f"unexpected {kind.__name__}: {text or 'no reason given'}; "
        "PLAYBOOKS_LOG_LEVEL=debug shows where"
    )


def _about_kafka(kind: str, text: str) -> str:
    asked = ", ".join(f"{host}:{port}" for host, port in _ADDRESS.findall(text))
    if asked:
        what = f"no Kafka broker answers at {asked}"
    else:
        what = f"the Kafka cluster does not answer as it should ({kind}: {text})"
    return f"{what}: check that it runs and that PLAYBOOKS_BROKER and PLAYBOOKS_KAFKA_… fit it"
