"""Logs have one shape, decided in one place, so that one place can keep people's data out of them."""

import ast

from tests.architecture.source_tree import dotted, names_in, source_files, syntax

_TELEMETRY = "runtime/telemetry.py"
_CONFIGURES = {"structlog.configure", "structlog.configure_once", "logging.basicConfig", "logging.config.dictConfig"}


def places(*wanted: str) -> list[str]:
    """Return the files that use one of these names."""
    return sorted(
        {
            path.as_posix()
            for path in source_files()
            for node in ast.walk(syntax(path))
            if isinstance(node, ast.Attribute | ast.Name) and dotted(node, names_in(path)) in wanted
        }
    )


def test_structured_logging_is_configured_once() -> None:
    """The processors every log entry passes are set up in one file."""
    assert places("structlog.configure", "structlog.configure_once") == [_TELEMETRY]


def test_only_stand_in_servers_configure_logging_besides() -> None:
    """The sandboxes run as other companies' servers would, and share nothing with us, not even a log format."""
    besides = [path for path in places(*_CONFIGURES) if path != _TELEMETRY]

    assert [path for path in besides if "/sandbox/" not in path and "/inbox/" not in path] == []
