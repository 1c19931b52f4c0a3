"""Runs the development inbox: `python -m connectors.mail.inbox`, configured by the environment, on 127.0.0.1."""

from pathlib import Path

import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.mail.inbox.app import InboxConfig, create_app


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ONWARD_", hide_input_in_errors=True)

    smtp_port: int
    inbox_port: int
    inbox_database: Path


def main() -> None:
    """Serve mail and pages until a signal ends the process."""
    environment = _Environment()
    app = create_app(InboxConfig(environment.inbox_database, environment.smtp_port))
    # No access log: the JSON list takes a recipient in its query.
    uvicorn.run(app, host="127.0.0.1", port=environment.inbox_port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
