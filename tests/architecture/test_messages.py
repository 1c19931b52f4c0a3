"""What crosses a boundary: one model per message, never a row of a table, never a rejected value in an error."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlmodel import SQLModel

from models import facts, messages, payloads
from models.facts import Fact
from models.tables import StoredRow
from tests.architecture.source_tree import PACKAGES, dotted, modules, names_in, source_files, syntax

_HANDLERS = ("workflow.signal", "workflow.update", "workflow.query", "workflow.run", "workflow.init", "activity.defn")


def handlers() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every signal, update, validator, query, run method and activity of the product, by its name."""
    for path in source_files("workflows", "activities"):
        module = importlib.import_module(".".join(path.with_suffix("").parts))
        for owner in [node for node in syntax(path).body if isinstance(node, ast.ClassDef)]:
            for method in owner.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and _is_handler(method, path):
                    function = inspect.unwrap(getattr(getattr(module, owner.name), method.name))
                    yield f"{owner.name}.{method.name}", function


def _is_handler(method: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> bool:
    names = names_in(path)
    for decorator in method.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = dotted(called, names)
        if name.endswith((".validator", *_HANDLERS)):
            return True
    return False


HANDLERS = dict(handlers())


def test_the_handlers_are_found() -> None:
    """The list that the tests below walk holds what the workflow and its activities are known to have."""
    assert {
        "OnboardingJourney.run",
        "JourneyFacts.document_opened",
        "JourneyOrders.submit_application",
        "JourneyOrders.progress",
        "EmailActivities.send",
        "PlannrActivities.open_application",
        "PlatformActivities.set_up_clients",
        "JourneyActivities.project",
    } <= set(HANDLERS)


def too_many_or_no_model(function: Callable[..., Any]) -> str:
    """Return what is wrong with the parameters of a handler; empty if they are at most one model."""
    hints = get_type_hints(function)
    taken = {name: hints.get(name) for name in inspect.signature(function).parameters if name != "self"}
    if len(taken) > 1:
        return f"takes {len(taken)} parameters, so no field can be added without breaking running journeys"
    for name, annotation in taken.items():
        if not (inspect.isclass(annotation) and issubclass(annotation, BaseModel)):
            return f"{name} is no model"
    return ""


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_takes_at_most_one_model(name: str) -> None:
    """A signal, update, query or activity can get another field without breaking what is running."""
    assert too_many_or_no_model(HANDLERS[name]) == ""


def test_a_handler_with_loose_parameters_is_noticed() -> None:
    """Two parameters, or one that is no model, are seen."""

    def two(self: object, one: Fact, other: Fact) -> None: ...
    def bare(self: object, journey: str) -> None: ...

    assert too_many_or_no_model(two)
    assert too_many_or_no_model(bare)


def models_within(annotation: Any, seen: set[Any] | None = None) -> set[type[BaseModel]]:
    """Return every model that an annotation names, however deep: in containers, in unions, in fields of models."""
    seen = set() if seen is None else seen
    if annotation in seen:
        return set()
    seen.add(annotation)
    found: set[type[BaseModel]] = set()
    inner = list(get_args(annotation)) if not inspect.isclass(annotation) or get_args(annotation) else []
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        found.add(annotation)
        inner += [field.annotation for field in annotation.model_fields.values()]
    for each in inner:
        if isinstance(each, type) or get_args(each):
            found |= models_within(each, seen)
    return found


@pytest.mark.parametrize("name", HANDLERS)
def test_no_table_crosses_into_a_workflow(name: str) -> None:
    """No row of a table is in the signature of a handler or in what its models hold."""
    crossing = {
        model.__name__
        for annotation in get_type_hints(HANDLERS[name]).values()
        for model in models_within(annotation)
        if issubclass(model, SQLModel)
    }

    assert crossing == set()


@pytest.mark.parametrize("module", [facts, messages, payloads], ids=lambda module: module.__name__)
def test_no_table_is_in_a_contract(module: Any) -> None:
    """The contracts of workflow and activities hold no row of a table."""
    crossing = {
        model.__name__
        for named in vars(module).values()
        if inspect.isclass(named)
        for model in models_within(named)
        if issubclass(model, SQLModel)
    }

    assert crossing == set()


def test_a_table_inside_a_model_is_noticed() -> None:
    """A table is seen however deep it hides, so the tests above can fail."""

    class Outer(BaseModel):
        inner: dict[str, list[StoredRow] | None]

    assert StoredRow in models_within(list[Outer])


def own_models() -> list[type[BaseModel]]:
    """Return every model of the product that validates: all but the rows of tables."""
    for name in modules():
        importlib.import_module(name)
    found, waiting = set(), [BaseModel]
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model not in found:
                found.add(model)
                waiting.append(model)
    return sorted(
        (model for model in found if model.__module__.split(".")[0] in PACKAGES and not issubclass(model, StoredRow)),
        key=lambda model: (model.__module__, model.__qualname__),
    )


def test_no_model_repeats_a_rejected_value_in_its_error() -> None:
    """What a person typed never gets into an exception, and so never into a log or a history."""
    own = own_models()
    found = [
        f"{model.__module__}.{model.__qualname__}"
        for model in own
        if not model.model_config.get("hide_input_in_errors")
    ]

    assert len(own) > 100
    assert found == []


def test_no_adapter_of_a_type_repeats_a_rejected_value() -> None:
    """A `TypeAdapter` has the same setting, given where it is made; a model is validated by its own methods."""
    found = [
        f"{path}:{node.lineno}: TypeAdapter(…) without config=ConfigDict(hide_input_in_errors=True)"
        for path in source_files()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call)
        and dotted(node.func, names_in(path)) == "pydantic.TypeAdapter"
        and "hide_input_in_errors" not in ast.unparse(node)
    ]

    assert found == []


def test_the_setting_keeps_the_value_out() -> None:
    """With the setting an error names the field and not what was given for it."""
    adapter = TypeAdapter(dict[str, int], config=ConfigDict(hide_input_in_errors=True))

    with pytest.raises(ValueError, match="number") as raised:
        adapter.validate_python({"number": "12345678X"})

    assert "12345678X" not in str(raised.value)
