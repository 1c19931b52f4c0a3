"""Every file is small, aptly named, finished, and says nothing about the machine it was written on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import (
    MIGRATIONS,
    dotted,
    files_of_tests,
    imported_names,
    is_vendored,
    project_files,
    source_files,
    syntax,
    text,
)

_CODE = {".py", ".js", ".css", ".html", ".sh"}
_TEXT = _CODE | {".md", ".toml", ".txt", ".json", ".lock", ".mako", ".yaml", ".yml", ".cfg", ".mod", ".sum", ".svg", ""}
_SOURCE_LINES, _TEST_LINES = 300, 400
_EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc"}

# The classes of one letter keep these patterns from finding themselves.
_OPEN_POINT = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
_MACHINE_PATH = re.compile(
    r"(?<![\w.:/-])/(?:home|Users|root|work|workspace|tmp|private|mnt|farm)/[\w.]|\b[A-Z]:\\\\?Users"
)
_PACKAGE_REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|(?:proxy|sum)\.golang\.org|goproxy\.\w+"
    r"|crates\.io|repo\.anaconda|artifactor[y]|(?:extra-)?inde[x]-url|devp[i]",
    re.IGNORECASE,
)
_UNFINISHED = {
    "NotImplementedError",
    "NotImplemented",
    "pytest.skip",
    "pytest.xfail",
    "pytest.importorskip",
    "pytest.mark.skip",
    "pytest.mark.skipif",
    "pytest.mark.xfail",
    "unittest.skip",
    "unittest.skipIf",
    "unittest.skipUnless",
    "unittest.SkipTest",
    "unittest.expectedFailure",
}


def own_files(suffixes: set[str]) -> list[Path]:
    """Return the files of ours with these suffixes."""
    return [path for path in project_files() if path.suffix in suffixes and not is_vendored(path)]


def lines_that(pattern: re.Pattern[str], path: Path) -> Iterator[str]:
    """Yield where the pattern stands in a file."""
    for number, line in enumerate(text(path).splitlines(), 1):
        if found := pattern.search(line):
            yield f"{path}:{number}: {found.group()}"


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    """Source files end within 300 lines, test files within 400; migrations are only ever added to."""
    found = []
    for path in own_files(_CODE):
        cap = _TEST_LINES if path.parts[0] == "tests" else _SOURCE_LINES
        lines = text(path).count("\n")
        if lines > cap and MIGRATIONS not in path.parents:
            found.append(f"{path}: {lines} lines, at most {cap}; split it by what its parts are about")

    assert found == []


def test_every_file_is_named_for_what_it_holds() -> None:
    """No file or folder is an attic."""
    found = [
        str(path)
        for path in project_files()
        if not is_vendored(path) and _EMPTY_NAMES & {path.stem.lower(), *(part.lower() for part in path.parts[:-1])}
    ]

    assert found == []


def test_no_open_point_is_left_in_the_text() -> None:
    """What is not done is not hidden in a comment."""
    assert [place for path in own_files(_TEXT - {".lock", ".sum"}) for place in lines_that(_OPEN_POINT, path)] == []


def unfinished(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what stands for work not done: unimplemented bodies, skipped tests, expected failures."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node, names)) in _UNFINISHED:
            yield node.lineno, name


def test_nothing_is_unfinished_skipped_or_expected_to_fail() -> None:
    """Every function does its work and every test is run."""
    found = [
        f"{path}:{line}: {name}"
        for path in (*source_files(), *files_of_tests())
        for line, name in unfinished(syntax(path))
    ]

    assert found == []


def test_no_file_names_a_folder_of_a_machine() -> None:
    """The project works wherever it is put."""
    assert [place for path in own_files(_TEXT) for place in lines_that(_MACHINE_PATH, path)] == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the reader's choice, not ours."""
    assert [place for path in own_files(_TEXT) for place in lines_that(_PACKAGE_REGISTRY, path)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (_OPEN_POINT, "# TO" + "DO: later"),
        (_MACHINE_PATH, 'File "/' + 'root/x.py"'),
        (_MACHINE_PATH, "see /" + "home/ann/notes"),
        (_PACKAGE_REGISTRY, "https://" + "files.pytho" + "nhosted.org/x"),
        (_PACKAGE_REGISTRY, "--extra-" + "index" + "-url https://example.com"),
    ],
)
def test_each_pattern_finds_what_it_is_for(pattern: re.Pattern[str], line: str) -> None:
    """The patterns see an offender, so the tests above can fail."""
    assert pattern.search(line)


@pytest.mark.parametrize("line", ["GET /home/", "https://example.com/work/1", "api/root/x", "docs/work/x"])
def test_a_web_address_is_no_machine_path(line: str) -> None:
    """Paths of URLs and of the project itself are allowed."""
    assert not _MACHINE_PATH.search(line)


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    raise NotImplementedError",
        "import pytest\n@pytest.mark.skipif(True)\ndef test(): ...",
        "from pytest import mark\n@mark.xfail\ndef test(): ...",
        "import pytest\ndef test():\n    pytest.skip('no')",
    ],
)
def test_unfinished_code_is_noticed(code: str) -> None:
    """Each way of leaving work undone is seen."""
    assert list(unfinished(ast.parse(code)))
