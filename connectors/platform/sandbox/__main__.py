"""Runs the platform sandbox: `python -m connectors.platform.sandbox`."""

import logging
import os
import sys

import uvicorn

from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import DEFAULT_PORT, config_from


def main() -> int:
    """Serve on 127.0.0.1 until told to stop; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # httpx logs every address it calls.
    logging.getLogger("httpx").setLevel(logging.ERROR)
    try:
        config = config_from(os.environ)
        port = int(os.environ.get("ONWARD_PLATFORM_SANDBOX_PORT", DEFAULT_PORT))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.run(
        create_app(config),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
