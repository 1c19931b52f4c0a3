"""Every acceptance criterion of the people's side has its row in docs/acceptance.md and the tests that prove it.

`ONWARD_WRITE_ACCEPTANCE=1` brings the table's last column up to date.
"""

import ast
import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

TABLE = ROOT / "docs" / "acceptance.md"
IDS = [
    *(f"N{number}" for number in range(1, 5)),
    *(f"A{number}" for number in range(1, 13)),
    *(f"C{number}" for number in range(1, 20)),
    *(f"E{number}" for number in range(1, 5)),
]
_ROW = re.compile(r"^\| (?P<id>[NACE][0-9]{1,2}) \| (?P<criterion>[^|]+) \| (?P<proof>[^|]*) \|$", re.MULTILINE)
_NAMED = re.compile(r"test_(?P<id>[nace][0-9]{1,2})_")
_LOOK = "(look)"


@cache
def proofs() -> dict[str, list[str]]:
    """Return, for each criterion, the files that hold tests of its name with the number of these tests."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = _NAMED.match(node.name) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
            if named is not None:
                files = found.setdefault(named["id"].upper(), {})
                files[_place(path)] = files.get(_place(path), 0) + 1
    return {
        criterion: [f"{name} ({count})" for name, count in sorted(files.items())] for criterion, files in found.items()
    }


def _place(path: Path) -> str:
    return path.relative_to(ROOT / "tests").as_posix()


def rows() -> dict[str, re.Match[str]]:
    """Return the rows of the table by their ids."""
    return {row["id"]: row for row in _ROW.finditer(TABLE.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module", autouse=True)
def written() -> None:
    """Bring the table up to date first, when asked to."""
    if os.environ.get("ONWARD_WRITE_ACCEPTANCE") != "1":
        return
    found = proofs()

    def row(old: re.Match[str]) -> str:
        looks = [part for part in old["proof"].split("; ") if part.startswith(_LOOK)]
        return f"| {old['id']} | {old['criterion']} | {'; '.join([*found.get(old['id'], []), *looks])} |"

    TABLE.write_text(_ROW.sub(row, TABLE.read_text(encoding="utf-8")), encoding="utf-8")


def test_every_criterion_has_its_row() -> None:
    """No criterion is left out and none is there twice."""
    listed = [row["id"] for row in _ROW.finditer(TABLE.read_text(encoding="utf-8"))]
    assert sorted(listed) == sorted(IDS)


@pytest.mark.parametrize("criterion", IDS)
def test_the_row_names_what_proves_it(criterion: str) -> None:
    """The table names exactly the tests that carry the criterion's id, and there is at least one, or a picture."""
    named = [part for part in rows()[criterion]["proof"].split("; ") if part and not part.startswith(_LOOK)]
    assert named == proofs().get(criterion, [])
    assert named or _LOOK in rows()[criterion]["proof"]
