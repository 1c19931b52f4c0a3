"""What `demo --sync` prints, and how it judges what it read back from the two systems."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError
from rich.console import Console
from typer.testing import CliRunner

from cli import demo
from cli.demonstration.show import show
from cli.demonstration.surroundings import Surroundings
from cli.demonstration.sync_people import adviser_reference, somebody
from cli.demonstration.syncing import CASES, differing
from cli.main import build_app
from connectors.platform.sandbox.forms import ClientForm

Json = dict[str, Any]
NAMES = [
    "client-matched",
    "client-created-once",
    "ambiguous-left-to-a-person",
    "tpsipp",
    "tpofb",
    "corporate",
    "trust",
    "plannr-reaches-the-platform",
    "no-echo",
]


def played(**changed: Json) -> list[Json]:
    """Return what is read back when every case goes as it should, but for the facts that are given by case."""
    cases = []
    for name, (_, expected) in CASES.items():
        seen = {**expected, **changed.get(name.replace("-", "_"), {})}
        differs = differing(expected, seen)
        cases.append({"case": name, "ok": not differs, "seen": seen, "differs": differs})
    return cases


def run(monkeypatch: pytest.MonkeyPatch, cases: list[Json], *options: str) -> tuple[int, Json, list[str]]:
    """Run the command as if a stack were there and had these cases; return its code, document and what it played."""
    called: list[str] = []

    async def sync(*_: object) -> list[Json]:
        called.append("sync")
        return cases

    async def straight(_around: object, _adviser: object, name: str, *_: object) -> Json:
        called.append(name)
        return {"wrapper": name}

    @contextmanager
    def nothing(*_: object) -> Iterator[tuple[None, bool]]:
        yield None, False

    monkeypatch.setattr(demo, "running", nothing)
    monkeypatch.setattr(demo, "signed_in_adviser", nothing)
    monkeypatch.setattr(Surroundings, "of", lambda *_: None)
    monkeypatch.setattr(demo, "play", straight)
    monkeypatch.setattr(demo, "play_sync", sync)
    done = CliRunner().invoke(build_app(), ["demo", *options])
    return done.exit_code, json.loads(done.stdout), called


def test_the_document_names_every_case_and_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--sync --json` alone plays the sync and nothing else, and succeeds when every case is as ruled."""
    code, document, called = run(monkeypatch, played(), "--sync", "--json")

    assert (code, called) == (0, ["sync"])
    assert set(document) == {"sync", "ok"}
    assert document["ok"] is True
    assert [one["case"] for one in document["sync"]] == NAMES
    for one in document["sync"]:
        assert set(one) == {"case", "ok", "seen", "differs"}
        assert (one["ok"], one["differs"]) == (True, [])
        assert one["seen"]


def test_one_case_that_is_not_as_ruled_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second record in Plannr makes the command end with 1 and the document say which case and what."""
    code, document, _ = run(monkeypatch, played(client_created_once={"records_in_plannr": 2}), "--sync", "--json")

    assert (code, document["ok"]) == (1, False)
    assert [(one["case"], one["differs"]) for one in document["sync"] if not one["ok"]] == [
        ("client-created-once", ["records in plannr is 2 instead of 1"])
    ]


@pytest.mark.parametrize(
    ("case", "seen"),
    [
        ("client-matched", {"tagged": False}),
        ("ambiguous-left-to-a-person", {"linked": True}),
        ("ambiguous-left-to-a-person", {"candidates_are_the_records": False}),
        ("tpsipp", {"amended": {"name": "Old scheme, now with us", "type": "pension", "status": "active"}}),
        ("tpofb", {"plans": 2}),
        ("corporate", {"plans_of_the_account": 1}),
        ("plannr-reaches-the-platform", {"plannr_as_keyed_in": False}),
        ("no-echo", {"stands_still": False}),
    ],
)
def test_every_fact_counts(case: str, seen: Json) -> None:
    """A fact that was read back as another one is named, and a case that read nothing back is not right."""
    _, expected = CASES[case]

    assert len(differing(expected, {**expected, **seen})) == 1
    assert differing(expected, {"further": "facts", **expected}) == []
    assert len(differing(expected, {})) == len(expected)


def test_a_person_sees_every_case() -> None:
    """The table has a row a case and the difference in words."""
    console = Console(record=True, width=200)
    show(console, {"sync": played(trust={"plans_of_the_account": 1}), "ok": False})
    text = console.export_text()

    assert all(name in text for name in NAMES)
    assert "trust: plans of the account is 1 instead of 0" in text
    assert "NOT as the rules say" in text


def test_people_are_keyed_in_as_both_systems_take_them() -> None:
    """Each is somebody else, known to an adviser of the firm, and valid on the platform, moved or not."""
    people = [somebody(name) for name in range(3)]
    for who in (*people, *(one.moved() for one in people)):
        try:
            ClientForm.model_validate(who.registration())
        except ValidationError as error:
            pytest.fail(str(error))
        assert who.home("record")["account_uuids"] == ["record"]
        assert who.record()["ni_number"] == who.registration()["national_insurance_number"]

    assert len({who.email for who in people} | {who.moved().email for who in people}) == 6
    assert adviser_reference() == "harbour-1"
