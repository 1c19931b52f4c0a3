"""A whole book of business in one file: 500 rows, twenty of them wrong."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.api.office import Office
from tests.api.test_imports import outcome, problems, row, table, upload
from tests.conftest import Eventually

ROWS: Final = 500
Spoil = Callable[[dict[str, str], dict[str, str]], dict[str, str]]
# How a row is spoilt, given the row before it; the column that the report must name.
SPOILT: Final[list[tuple[str, Spoil]]] = [
    ("plannr_account", lambda bad, _: bad | {"plannr_account": "unknown-client"}),
    ("contribution_pence", lambda bad, _: bad | {"contribution_pence": "a lot"}),
    ("wrapper", lambda bad, _: bad | {"wrapper": "tpsipp"}),
    ("external_reference", lambda bad, before: bad | {n: before[n] for n in ("external_reference", "plannr_account")}),
    ("external_reference", lambda bad, _: bad | {"external_reference": ""}),
]


@pytest.mark.timeout(700)
@pytest.mark.rule("P45")
async def test_five_hundred_rows_with_twenty_bad_ones(busy_office: Office, eventually: Eventually) -> None:
    """480 journeys are started, 20 rows are named by row and column, and the same file again starts none."""
    office = busy_office
    rows = [row(office, number) for number in range(ROWS)]
    accounts = {each["plannr_account"] for each in rows}
    planted: list[tuple[int, str]] = []
    for place in range(20):
        number = 12 + place * 24
        column, spoil = SPOILT[place % len(SPOILT)]
        rows[number] = spoil(rows[number], rows[number - 1])
        # The heading is row 1 of the file.
        planted.append((number + 2, column))
    content = table(*rows)
    seen = await outcome(office, eventually, await upload(office, content), within=300)

    assert [(number, column) for number, column, _ in problems(seen)] == planted
    assert seen["counts"] == {"rows": 500, "waiting": 0, "ready": 0, "started": 480, "met": 0, "refused": 20}
    started = {each["journey_id"] for each in seen["rows"] if each["state"] == "started"}
    assert len(started) == 480

    # The journeys go on by themselves after they were started; each registers its client. A journey that another
    # test left to this engine may register one too, so the clients of this file are looked at by name.
    bad = {number - 2 for number, _ in planted}
    good = {each["plannr_account"] for number, each in enumerate(rows) if number not in bad}

    def registered() -> set[str]:
        return accounts.intersection(each.external_reference for each in office.platform.clients.values())

    await eventually(lambda: registered() == good, within=300)
    again: dict[str, Any] = (await upload(office, content)).json()
    assert again == seen
    assert registered() == good
