"""The metrics of a process without the API: one path, on a port of its own."""

import mode
from aiohttp import web

from api.rest.server import AddressUnusable
from streams import metrics


class MetricsServer(mode.Service):
    """Serves ``/metrics``, and ``/healthz`` for who wants to know that the process lives."""

    def __init__(self, host: str, port: int) -> None:
        """port: 0 is any free one."""
        super().__init__()
        self.url = ""
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        """Listen. Raises AddressUnusable."""
        app = web.Application()
        app.router.add_get("/metrics", _show)
        app.router.add_get("/healthz", _live)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            reason = error.strerror or str(error)
            raise AddressUnusable(self._host, self._port, reason, "METRICS") from error
        self._runner = runner
        name = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{name}:{runner.addresses[0][1]}/metrics"

    async def on_stop(self) -> None:
        """Take no more connections."""
        if self._runner is not None:
            await self._runner.cleanup()


async def _show(_: web.Request) -> web.Response:
    return web.Response(body=metrics.text(), headers={"Content-Type": metrics.MEDIA_TYPE})


async def _live(_: web.Request) -> web.Response:
    return web.json_response({"data": {"status": "live"}})
