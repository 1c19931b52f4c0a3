"""The project's own files as the architecture tests see them: modules, syntax trees and text."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "activities",
    "api",
    "cli",
    "connectors",
    "domain",
    "engine",
    "models",
    "runtime",
    "storage",
    "workflows",
)
PROGRAMS = ("worker.py",)

# Alembic runs these with its own context and never imports them.
MIGRATIONS = Path("storage/migrations")
_GENERATED = {"__pycache__", "dist", "build", "node_modules"}
_HIDDEN_BUT_OURS = {".ci", ".github"}


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file of the project, relative to its root; nothing that is generated or installed."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in _GENERATED
            and not name.endswith(".egg-info")
            and (not name.startswith(".") or name in _HIDDEN_BUT_OURS)
        ]
        # In a linked work tree `.git` is a file that names a folder of the machine.
        yield from ((Path(folder) / name).relative_to(ROOT) for name in files if name != ".git")


def is_vendored(path: Path) -> bool:
    """Whether the file is somebody else's work that we ship unchanged."""
    return "vendor" in path.parts


@cache
def source_files(*packages: str) -> tuple[Path, ...]:
    """Return the Python files of these packages, or of the whole product."""
    chosen = packages or PACKAGES
    return tuple(
        path
        for path in project_files()
        if path.suffix == ".py" and (path.parts[0] in chosen or (not packages and path.as_posix() in PROGRAMS))
    )


@cache
def files_of_tests() -> tuple[Path, ...]:
    """Return the Python files of the tests."""
    return tuple(path for path in project_files() if path.suffix == ".py" and path.parts[0] == "tests")


@cache
def modules() -> tuple[str, ...]:
    """Return the dotted name of every module of the product."""
    names = []
    for path in source_files():
        parts = path.with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return tuple(names)


@cache
def text(path: Path) -> str:
    """Return a file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def syntax(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(text(path), filename=str(path))


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name stands for: `{"dt": "datetime", "sleep": "asyncio.sleep"}`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                names[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


@cache
def names_in(path: Path) -> dict[str, str]:
    """Return `imported_names` of a file."""
    return imported_names(syntax(path))


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of everything that is imported, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return the full name that an expression such as `dt.datetime.now` stands for; empty for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value, names)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
