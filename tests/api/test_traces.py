"""Where the spans of a process go: to the collector that the environment names, else nowhere."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from api.processes import traces as configuration
from streams import traces

pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to it."""

    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        """Take one batch of spans."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, content))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    """A collector; ``Collector.received`` is what came."""
    Collector.received = []
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_tracer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    yield
    configuration.stop()


def test_spans_are_sent_where_the_environment_says(
    collector: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    configuration.configure()
    with traces.spanning("step", None, execution_id="pexec-1") as span:
        assert span.traceparent is not None
    configuration.stop()
    [(path, content)] = Collector.received
    assert path == "/v1/traces"
    assert b"playbook-streams" in content
    assert b"pexec-1" in content


def test_without_a_collector_no_spans_are_made() -> None:
    configuration.configure()
    assert traces.begin("step", None).traceparent is None
