"""Traces: finding → trigger → step → HTTP call, as spans of OpenTelemetry.

Each is the child of what came with its ``traceparent``, and hands on its own. Without a tracer
(``use``) the context of the finding is handed on as it came, and nothing else is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HEADER = "traceparent"

_tracer: Any = None


def use(tracer: Any) -> None:
    """Make spans by this tracer of OpenTelemetry from now on; None: by none."""
    global _tracer
    _tracer = tracer


class Span:
    """Something that is under way. traceparent: for what it causes; None: there is no trace."""

    def __init__(self, span: Any, traceparent: str | None) -> None:
        self.traceparent = traceparent
        self._span = span

    def say(self, **attributes: str | int) -> None:
        """Add attributes."""
        if self._span is not None:
            self._span.set_attributes(attributes)

    def fail(self, reason: str) -> None:
        """Say that it went wrong, in a stable word."""
        if self._span is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, reason))

    def end(self) -> None:
        """Say that it is over. A span that never ends is never told."""
        if self._span is not None:
            self._span.end()


def begin(name: str, traceparent: str | None, kind: str = "internal", **attributes: Any) -> Span:
    """Begin a span. traceparent: of what caused it. kind: internal, client or consumer."""
    if _tracer is None:
        return Span(None, traceparent)
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    propagator = TraceContextTextMapPropagator()
    came_with = {} if traceparent is None else {_HEADER: traceparent}
    span = _tracer.start_span(
        name,
        context=propagator.extract(came_with),
        kind=trace.SpanKind[kind.upper()],
        attributes=attributes,
    )
    goes_with: dict[str, str] = {}
    propagator.inject(goes_with, context=trace.set_span_in_context(span))
    return Span(span, goes_with.get(_HEADER, traceparent))


@contextmanager
def spanning(
    name: str, traceparent: str | None, kind: str = "internal", **attributes: Any
) -> Iterator[Span]:
    """Give a span that ends with the block; it has failed if the block raises."""
    span = begin(name, traceparent, kind, **attributes)
    try:
        yield span
    except BaseException as error:
        span.fail(type(error).__name__)
        raise
    finally:
        span.end()
