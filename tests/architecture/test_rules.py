"""The rules of docs/process.md and the tests that prove them name each other."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, dotted, files_of_tests, imported_names, syntax

PROCESS = ROOT / "docs" / "process.md"
_RULE = re.compile(r"\bP\d+\b")


def defined_rules(document: str) -> set[str]:
    """Return the ids that head a row of one of the document's tables."""
    return set(re.findall(r"^\|\s*(P\d+)\b", document, re.MULTILINE))


def held_rules(document: str) -> set[str]:
    """Return the ids of the paragraph *Held today*, up to its first sentence's end or its remarks."""
    found = re.search(r"\*\*Held today:\*\*([^,;.]*)", document)
    assert found, "docs/process.md has no paragraph **Held today:**"
    return set(_RULE.findall(found.group(1)))


def named_by_tests(paths: tuple[Path, ...]) -> dict[str, list[str]]:
    """Return the tests that name each rule with `@pytest.mark.rule`."""
    named: dict[str, list[str]] = {}
    for path in paths:
        for rule, test in rules_of(syntax(path)):
            named.setdefault(rule, []).append(f"{path}::{test}")
    return named


def rules_of(tree: ast.Module) -> list[tuple[str, str]]:
    """Return rule and test for each mark in a file: on tests, on classes, on parameters, or as `pytestmark`."""
    names = imported_names(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            marks, test = node.decorator_list, node.name
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks, test = [node.value], "(all)"
        else:
            continue
        found += [
            (argument.value, test)
            for mark in marks
            for call in ast.walk(mark)
            if isinstance(call, ast.Call) and dotted(call.func, names) == "pytest.mark.rule"
            for argument in call.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
    return found


def test_every_rule_held_today_is_proved() -> None:
    """What the document says the product does, a test shows it doing."""
    held = held_rules(PROCESS.read_text(encoding="utf-8"))
    missing = sorted(held - set(named_by_tests(files_of_tests())))

    assert held
    assert missing == [], (
        f"docs/process.md says these are held today, but no test has @pytest.mark.rule for them: {missing}"
    )


def test_every_rule_held_today_is_defined() -> None:
    """The list names rules of the document."""
    document = PROCESS.read_text(encoding="utf-8")

    assert held_rules(document) - defined_rules(document) == set()


def test_every_rule_named_by_a_test_exists() -> None:
    """A test that names a rule names one a reader can look up."""
    defined = defined_rules(PROCESS.read_text(encoding="utf-8"))
    unknown = {rule: tests for rule, tests in named_by_tests(files_of_tests()).items() if rule not in defined}

    assert unknown == {}, f"these tests name rules that docs/process.md does not define: {unknown}"


@pytest.mark.parametrize(
    "code",
    [
        "import pytest\n@pytest.mark.rule('P1', 'P2')\ndef test(): ...",
        "import pytest\npytestmark = [pytest.mark.rule('P1'), pytest.mark.rule('P2')]",
        "from pytest import mark\n@mark.rule('P1')\n@mark.rule('P2')\nasync def test(): ...",
        "from pytest import mark, param\n@mark.parametrize('x', [param(1, marks=mark.rule('P1', 'P2'))])\ndef t(): ...",
    ],
)
def test_a_mark_is_found_wherever_it_stands(code: str) -> None:
    """Every way of marking a test counts."""
    assert {rule for rule, _ in rules_of(ast.parse(code))} == {"P1", "P2"}


def test_the_document_is_read_as_it_is_written() -> None:
    """Ids stand at the head of rows; the remark after the list of held rules is no part of it."""
    document = "**Held today:** P5 P6\nP7, for GIA; of P9 a part.\n\n| P5 | a |\n| P27 (+) | b |\n| id | P1 |\n"

    assert held_rules(document) == {"P5", "P6", "P7"}
    assert defined_rules(document) == {"P5", "P27"}
