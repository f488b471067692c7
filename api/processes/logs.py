"""Log lines on standard error: structlog for our own words, the same form for libraries'.

Standard output belongs to the ready line and to data.
"""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_QUIET = {
    # They report every attempt to reach a broker that is away, and every rebalance; what
    # comes of it is told in our own lines, once.
    "aiokafka": logging.CRITICAL,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "asyncio": logging.ERROR,
    # Our own lines do not come this way: these are of mode, in the name of its services.
    "streams": logging.WARNING,
    "api": logging.WARNING,
}


def configure(log_format: str | None, log_level: str) -> None:
    """Set up logging for this process. Called once, before anything logs.

    log_format: ``console``, ``json``; None: console on a terminal, else json.
    log_level: ``debug`` lets the libraries speak too.
    """
    level = _LEVELS[log_level]
    at: Processor = structlog.processors.TimeStamper(fmt="iso", utc=True)
    if (log_format or ("console" if sys.stderr.isatty() else "json")) == "json":
        # There is a line for each transition: with the time as it is, and as bytes, it takes
        # little more than half as long.
        at = _at
        ours, others = _rendered(_json), _rendered(lambda entry, **_: _json(entry).decode())
        factory: Any = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        # Plain tracebacks: rich ones show local variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        colors = sys.stderr.isatty()
        ours = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
        others = ours
        factory = structlog.PrintLoggerFactory(sys.stderr)
    shared = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, at]
    structlog.configure(
        processors=[*shared, *ours],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *others],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(level if level == logging.DEBUG else max(quiet, level))


def _at(_: object, __: str, entry: EventDict) -> EventDict:
    entry["timestamp"] = datetime.now(UTC)
    return entry


def _rendered(serializer: Callable[..., str | bytes]) -> list[Processor]:
    render = structlog.processors.JSONRenderer(serializer=serializer)
    return [structlog.processors.format_exc_info, render]


def _json(entry: Any, **_: Any) -> bytes:
    return orjson.dumps(entry, default=str, option=orjson.OPT_UTC_Z)
