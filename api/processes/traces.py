"""Traces of this process: to where the environment says, in OpenTelemetry's own words."""

import os
from typing import Any

import structlog

from streams import traces

log = structlog.get_logger(__name__)

_provider: Any = None

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

SEND_SECONDS = 3
"""For one batch, with all attempts: a collector that is away must not hold up the end."""


def configure() -> None:
    """Send spans where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says (OTLP over HTTP), if it says so."""
    global _provider
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("no traces are sent: install playbook-streams[otel]")
        return
    service = os.environ.get("OTEL_SERVICE_NAME", "playbook-streams")
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=SEND_SECONDS)))
    traces.use(provider.get_tracer("playbook_streams"))
    _provider = provider


def stop() -> None:
    """Send the spans that have ended, and make no more."""
    global _provider
    traces.use(None)
    if _provider is not None:
        _provider.shutdown()
    _provider = None
