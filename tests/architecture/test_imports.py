"""Importing a module builds nothing and changes nothing; what runs is put together in `runtime/services.py`."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import (
    ROOT,
    dotted,
    imported_modules,
    imported_names,
    modules,
    source_files,
    syntax,
)

_BUILT = re.compile(
    r"(?:^|\.)(?:create_app|build_app|build_services|connect"
    r"|\w*(?:Settings|Client|Engine|Database|Gateway|(?<!Type)Adapter|Services|Worker|FastAPI|Starlette|Typer)"
    r"|create_(?:async_)?engine|(?:async_)?sessionmaker)(?:\.|$)"
)


def effects_of_importing(root: Path, names: list[str], folder: Path) -> list[tuple[str, str]]:
    """Return what the modules did while they were imported with an empty environment, in an empty folder."""
    probe = Path(__file__).with_name("import_probe.py")
    run = subprocess.run(
        [sys.executable, "-I", "-B", str(probe), str(root), *names],
        env={},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [(module, effect) for module, effect in json.loads(run.stdout)]


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_every_module_imports_without_environment_and_without_effect(order: str, tmp_path: Path) -> None:
    """No module needs a setting or another module first, writes, starts a thread, opens a socket or makes a loop."""
    names = sorted(modules(), reverse=order == "backwards")

    assert effects_of_importing(ROOT, names, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        ("open('left_behind', 'w').close()", "opened for writing"),
        ("import threading; threading.Thread(target=int).start()", "started a thread"),
        ("import asyncio; asyncio.new_event_loop().close()", "made an event loop"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import sqlite3; sqlite3.connect(':memory:').close()", "sqlite3.connect"),
        ("import logging; logging.basicConfig()", "log handlers"),
        ("import os; os.environ['HOME']", "does not import: KeyError"),
        ("raise SystemExit", "does not import: SystemExit"),
    ],
)
def test_an_effect_of_an_import_is_noticed(code: str, effect: str, tmp_path: Path) -> None:
    """The probe sees each kind of effect, so the test above can fail."""
    (tmp_path / "offender.py").write_text(code)

    noticed = effects_of_importing(tmp_path, ["offender"], tmp_path)

    assert any(module == "offender" and effect in told for module, told in noticed), noticed


def built_at_import(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the calls, run when the file is imported, that make an engine, client, application or settings."""
    names = imported_names(tree)
    for node in _run_at_import(tree):
        if isinstance(node, ast.Call) and _BUILT.search(name := dotted(node.func, names)):
            yield node.lineno, name


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "__name__" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            evaluated: list[ast.expr | None] = [*child.decorator_list, *child.args.defaults, *child.args.kw_defaults]
            for expression in evaluated:
                if expression is not None:
                    yield from ast.walk(expression)
        elif not isinstance(child, ast.Lambda):
            yield child
            yield from _run_at_import(child)


def test_nothing_is_built_at_module_level() -> None:
    """No engine, client, application, gateway or settings object exists before somebody asks for it."""
    found = [
        f"{path}:{line}: {name}(…) at import" for path in source_files() for line, name in built_at_import(syntax(path))
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "from runtime.settings import Settings\nsettings = Settings()",
        "from runtime.settings import Settings\nsettings = Settings.model_validate({})",
        "import httpx\nclass A:\n    http = httpx.AsyncClient()",
        "import fastapi\nif True:\n    app = fastapi.FastAPI()",
        "import sqlalchemy as sa\ndef f(engine=sa.create_engine('sqlite://')): ...",
    ],
)
def test_something_built_at_module_level_is_noticed(code: str) -> None:
    """Each way of building at import is seen, so the test above can fail."""
    assert list(built_at_import(ast.parse(code)))


def test_something_built_in_a_function_is_allowed() -> None:
    """What a function or the main block builds is built when it is asked for."""
    code = "def f():\n    return Settings()\nlater = lambda: Settings()\nif __name__ == '__main__':\n    Settings()"

    assert list(built_at_import(ast.parse(code))) == []


def test_the_domain_imports_the_standard_library_alone() -> None:
    """The rules can be read, tested and reused without any of the product's machinery."""
    allowed = sys.stdlib_module_names | {"domain"}
    found = [
        f"{path}:{line}: {name}"
        for path in source_files("domain")
        for line, name in imported_modules(syntax(path))
        if name.split(".")[0] not in allowed
    ]

    assert found == []
