"""``python -m connectors.plannr.sandbox``: serves the sandbox on this machine until it is told to stop."""

import logging
import sys

import uvicorn

from connectors.plannr.sandbox.app import create_app
from connectors.plannr.sandbox.config import MissingSettingError, config_from_environment

_GRACE_SECONDS = 5


def main() -> int:
    """Serves until SIGTERM or Ctrl-C; returns the exit code (2: a setting is missing)."""
    try:
        config, port = config_from_environment()
    except MissingSettingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # Access lines and httpx's request lines would carry query strings, and those can hold personal data.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        create_app(config),
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
