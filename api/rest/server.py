"""The server: an application on its address, as a service that starts and stops."""

import errno

import mode
from aiohttp import web

from api.rest.protocol import Runner
from streams.settings import Settings

_DRAIN_SECONDS = 5.0


class AddressUnusable(Exception):
    """The address that this process is to listen on cannot be had. settings: whose they are."""

    def __init__(self, host: str, port: int, reason: str, settings: str = "API") -> None:
        who = "the API" if settings == "API" else settings.lower()
        super().__init__(
            f"{who} cannot listen on {host}:{port}: {reason}; stop what is there, or set "
            f"PLAYBOOKS_{settings}_HOST and PLAYBOOKS_{settings}_PORT (0: any free port)"
        )


class RestServer(mode.Service):
    """Serves an application on ``api_host`` and ``api_port``; port 0 is any free one."""

    def __init__(self, settings: Settings, app: web.Application) -> None:
        super().__init__()
        self.url = ""
        self._settings = settings
        self._app = app
        self._runner: Runner | None = None

    async def on_start(self) -> None:
        """Listen. Raises AddressUnusable."""
        host, port = self._settings.api_host, self._settings.api_port
        runner = Runner(self._app, access_log=None, shutdown_timeout=_DRAIN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            is_taken = error.errno == errno.EADDRINUSE
            reason = "the port is in use" if is_taken else (error.strerror or str(error))
            raise AddressUnusable(host, port, reason) from error
        self._runner = runner
        bound = runner.addresses[0]
        # An address of IPv6 has a colon in it.
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{bound[1]}"

    async def on_stop(self) -> None:
        """Take no more connections, and let the requests under way come to their end."""
        if self._runner is not None:
            await self._runner.cleanup()
