"""Log lines on standard error: structlog for our own words, the same form for libraries'.

Standard output belongs to the ready line and to data.
"""

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

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


def configure(log_format: str | None, log_level: str, stream: TextIO | None = None) -> None:
    """Set up logging for this process. Called once, before anything logs.

    log_format: ``console``, ``json``; None: console on a terminal, else json.
    log_level: ``debug`` lets the libraries speak too.
    """
    stream = stream or sys.stderr
    level = _LEVELS[log_level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(log_format or ("console" if stream.isatty() else "json"), stream)
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(level if level == logging.DEBUG else max(quiet, level))


def _rendering(log_format: str, stream: TextIO) -> list[Processor]:
    if log_format == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    # Plain tracebacks: rich ones show local variables, and with them secrets.
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _json(entry: Any, **_: Any) -> str:
    return orjson.dumps(entry, default=str).decode()
