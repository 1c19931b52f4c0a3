"""Runs the API on this machine: `python -m api`, settings from the environment."""

import asyncio
import signal

import uvicorn

from api.app import create_app
from runtime.services import build_services
from runtime.settings import Settings
from runtime.telemetry import configure_logging

_GRACE_SECONDS = 5


async def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; open streams get a few seconds to end."""
    async with build_services(settings) as services:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(services),
                host="127.0.0.1",
                port=settings.api_port,
                log_config=None,
                # Request lines hold paths and query strings; the application writes its own line without them.
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        # The server takes these signals while it serves and raises them again afterwards; by default that would end
        # the process before the services are closed.
        for stopping in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stopping, lambda *_: None)
        await server.serve()


def main() -> None:
    """Read the settings and serve."""
    settings = Settings()
    configure_logging(settings.log_format)
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
