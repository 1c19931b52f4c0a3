"""The workflow stays short and readable, here and on the operator's page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import dotted, imported_names, names_in, source_files, syntax
from workflows import options

_CLASS_LINES, _RUN_LINES = 250, 40
_OPTIONS = Path("workflows/options.py")
_ACTIVITY_CALLS = ("execute_activity", "start_activity", "execute_local_activity", "start_local_activity")
_CHILD_CALLS = ("execute_child_workflow", "start_child_workflow")


def lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a definition has."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_workflow_can_be_read_at_once() -> None:
    """A class in `workflows/` has at most 250 lines, and a `run` at most 40."""
    found = []
    for path in source_files("workflows"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.ClassDef) and lines(node) > _CLASS_LINES:
                found.append(f"{path}: class {node.name} has {lines(node)} lines")
            if isinstance(node, ast.AsyncFunctionDef) and node.name == "run" and lines(node) > _RUN_LINES:
                found.append(f"{path}: run has {lines(node)} lines")

    assert found == []


def test_one_workflow_stands_in_one_file() -> None:
    """No file defines two workflows."""
    defined = {
        path: [
            node.name
            for node in ast.walk(syntax(path))
            if isinstance(node, ast.ClassDef)
            and any(
                "workflow.defn" in dotted(getattr(each, "func", each), names_in(path)) for each in node.decorator_list
            )
        ]
        for path in source_files("workflows")
    }

    assert [names for names in defined.values() if len(names) > 1] == []
    assert ["OnboardingJourney"] in defined.values()


def test_retries_are_decided_in_one_place() -> None:
    """A retry policy is made in `workflows/options.py` and nowhere else."""
    found = [
        f"{path}:{node.lineno}"
        for path in source_files()
        if path != _OPTIONS
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node, names_in(path)).endswith("RetryPolicy")
    ]

    assert found == []


def test_every_set_of_options_is_bounded() -> None:
    """Each call has a time-out for one attempt, and an end to its attempts."""
    configs = {name: value for name, value in vars(options).items() if isinstance(value, dict) and name.isupper()}

    assert configs
    for name, config in configs.items():
        bounded = "schedule_to_close_timeout" in config or config["retry_policy"].maximum_attempts > 0
        assert "start_to_close_timeout" in config, name
        assert bounded, name


def without_summary(tree: ast.Module, known_options: dict[str, object]) -> Iterator[tuple[int, str]]:
    """Yield the calls that start an activity, a timer or a child without words for the operator's page.

    The words are the keyword `summary`, or come through `**`: from a function of the file that has a parameter
    `summary`, or from named options that hold one.
    """
    names = imported_names(tree)
    makers = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "summary" in {argument.arg for argument in node.args.args}
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        wanted = _summary_of(dotted(node.func, names), node)
        if wanted and not any(_gives(keyword, wanted, makers, known_options) for keyword in node.keywords):
            yield node.lineno, ast.unparse(node.func)


def _summary_of(name: str, call: ast.Call) -> str:
    """Return the keyword with which this call takes its summary; empty for calls that show nothing."""
    module, _, function = name.rpartition(".")
    if module not in {"workflow", "temporalio.workflow"}:
        return ""
    if function.startswith((*_ACTIVITY_CALLS, "sleep")):
        return "summary"
    if function.startswith(_CHILD_CALLS):
        return "static_summary"
    timed = function == "wait_condition" and any(keyword.arg == "timeout" for keyword in call.keywords)
    return "timeout_summary" if timed else ""


def _gives(keyword: ast.keyword, wanted: str, makers: set[str], known_options: dict[str, object]) -> bool:
    if keyword.arg is not None:
        return keyword.arg == wanted
    if isinstance(keyword.value, ast.Call):
        return ast.unparse(keyword.value.func).removeprefix("self.") in makers
    config = known_options.get(ast.unparse(keyword.value))
    return isinstance(config, dict) and wanted in config


def test_every_call_of_a_workflow_has_a_summary() -> None:
    """The operator's page reads as a story: each activity, timer and child says what it is for."""
    found = [
        f"{path}:{line}: {call}"
        for path in source_files("workflows")
        for line, call in without_summary(syntax(path), vars(options))
    ]

    assert found == []


@pytest.mark.parametrize(
    "call",
    [
        "workflow.execute_activity_method(A.b, c, **SYSTEM_CALL)",
        "workflow.execute_local_activity(b, c, start_to_close_timeout=d)",
        "workflow.sleep(60)",
        "workflow.wait_condition(ready, timeout=60)",
        "workflow.start_child_workflow(C.run, d)",
    ],
)
def test_a_call_without_words_is_noticed(call: str) -> None:
    """Each kind of silent call is seen, so the test above can fail."""
    tree = ast.parse(f"from temporalio import workflow\nasync def f():\n    await {call}")

    assert list(without_summary(tree, {"SYSTEM_CALL": {"start_to_close_timeout": 1}}))


@pytest.mark.parametrize(
    "call",
    [
        "workflow.execute_activity(b, c, summary='x')",
        "workflow.execute_activity(b, c, **PROJECT)",
        "workflow.execute_activity(b, c, **options('x'))",
        "workflow.wait_condition(ready)",
        "workflow.wait_condition(ready, timeout=60, timeout_summary='x')",
    ],
)
def test_a_call_with_words_is_allowed(call: str) -> None:
    """A summary may come by keyword or with the options."""
    code = f"from temporalio import workflow\ndef options(summary): ...\nasync def f():\n    await {call}"

    assert list(without_summary(ast.parse(code), {"PROJECT": {"summary": "x"}})) == []
