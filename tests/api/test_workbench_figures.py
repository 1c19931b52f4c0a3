"""The figures of a firm's journeys: charts, the same as tables, and CSV."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from models.tables import EvidenceKind
from storage.evidence import EvidenceRepository, NewEvidence
from tests.api.office import OMAR, STRANGER, Office
from tests.api.test_adviser_reading import report
from tests.api.workbench_desk import Desk, desk_of
from tests.api.workbench_reading import words

FIGURES = "/workbench/figures"
BEGAN = datetime.now(UTC) - timedelta(days=20)
HOLDER = {
    "plannr_account": "account-1",
    "platform_client": "client-1",
    "details_confirmed_at": None,
    "platform_terms_accepted_before": False,
    "bank_details_given": True,
    "identity_check": "passed",
    "bank_verification": "passed",
}
SENT = [
    {"at": BEGAN + timedelta(hours=2), "by": "adviser", "event": "client details submitted"},
    {"at": BEGAN + timedelta(hours=5), "by": "adviser", "event": "application sent to the platform"},
]


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's workbench."""
    async with desk_of(office) as desk:
        yield desk


async def journey(office: Office, name: str, **changes: object) -> None:
    """Store a journey of Priya's client that began twenty days ago."""
    values: dict[str, object] = {"started_at": BEGAN, "stage_since": BEGAN, "waiting_since": BEGAN, "timeline": SENT}
    await report(office, name, 0, **{**values, **changes})


async def act(office: Office, name: str, kind: EvidenceKind, hours: int, person: str = "person-1") -> None:
    """Store what a client did, so many hours after the journey began."""
    async with office.services.database.transaction() as session:
        await EvidenceRepository(session).append(
            NewEvidence(journey_id=name, person_id=person, kind=kind, occurred_at=BEGAN + timedelta(hours=hours))
        )


async def rows(desk: Desk, name: str, query: str = "") -> dict[str, list[str]]:
    """Return the rows of a figure's CSV by their first cell."""
    answer = await desk.http.get(f"{FIGURES}/{name}.csv{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="onward-{name}-' in answer.headers["content-disposition"]
    return {row[0]: row[1:] for row in csv.reader(StringIO(answer.text))}


async def a_year(office: Office) -> None:
    """Store one journey of each fate: active, declined in the portal, waiting, only just begun."""
    accepted = EvidenceKind.PRODUCT_TERMS_ACCEPTED
    await journey(office, "active", stage="active", waiting_on="nobody", stage_since=BEGAN + timedelta(hours=30))
    await act(office, "active", EvidenceKind.DETAILS_CONFIRMED, 10)
    await act(office, "active", EvidenceKind.PLATFORM_TERMS_ACCEPTED, 12)
    await act(office, "active", accepted, 14)
    await journey(office, "declined", stage="declined", waiting_on="nobody")
    await act(office, "declined", EvidenceKind.DETAILS_CONFIRMED, 20)
    await journey(office, "waiting", waiting_since=BEGAN + timedelta(days=12))
    await journey(office, "fresh", stage="illustrated", waiting_on="adviser", timeline=[], adviser_id=OMAR.id)


async def test_a11_funnel_times_drop_out_and_age_are_counted(office: Office, desk: Desk) -> None:
    """Each figure's CSV has what really happened on the firm's journeys."""
    await a_year(office)
    funnel, times = await rows(desk, "funnel"), await rows(desk, "times")
    drop_out, ageing = await rows(desk, "drop-out"), await rows(desk, "ageing")

    assert [row[0] for row in list(funnel.values())[1:]] == ["4", "3", "3", "2", "1", "1", "1"]
    assert funnel["Account active"] == ["1", "0.25"]
    assert times["Step"] == ["Journeys", "Median (hours)", "90th percentile (hours)"]
    assert times["Until: application sent"] == ["3", "3.0", "3.0"]
    assert times["Until: client came to the portal"] == ["2", "5.0", "15.0"]
    assert times["The whole way, until active"] == ["1", "30.0", "30.0"]
    assert drop_out["Client came to the portal"] == ["0", "1", "0", "1"]
    assert ageing["7 to 13 days"] == ["0", "1", "0", "0", "1"]
    assert ageing["14 to 29 days"] == ["1", "0", "0", "0", "1"]


async def test_a11_every_chart_has_a_text_table_and_a_description(office: Office, desk: Desk) -> None:
    """Each chart has a title and a description of its own, and the same numbers stand beside it as a table."""
    await a_year(office)
    page = await desk.see(FIGURES)
    charts = ["funnel", "times", "drop-out", "ageing"]

    assert page.count("<svg") == page.count("<caption") == len(charts)
    for name in charts:
        assert f'aria-labelledby="{name}-chart-title {name}-chart-desc"' in page
        for first, *cells in list((await rows(desk, name)).items())[1:]:
            assert first in words(page, name)
            assert name == "times" or f"{first} {cells[0][0]}" in words(page, name)
    assert "Median" in words(page, "times")
    assert "median time to active 1.2 days" in words(page)
    assert "style=" not in page


@pytest.mark.rule("P30")
async def test_a11_step_of_a_joint_account_is_reached_with_the_last_of_both(office: Office, desk: Desk) -> None:
    """Terms count as accepted once both holders have accepted them, and not before."""
    holders = [{**HOLDER, "person_id": "person-1"}, {**HOLDER, "person_id": "person-2"}]
    for name in ("both", "one"):
        await journey(office, name, wrapper="gia", holders=holders)
        await act(office, name, EvidenceKind.PRODUCT_TERMS_ACCEPTED, 10)
    await act(office, "both", EvidenceKind.PRODUCT_TERMS_ACCEPTED, 40, "person-2")

    assert (await rows(desk, "funnel"))["Product terms accepted"][0] == "1"


async def test_a11_figures_are_narrowed_to_a_time_and_to_ones_own(office: Office, desk: Desk) -> None:
    """The choice narrows page and CSV alike, and the links to the CSV keep it."""
    await a_year(office)
    await journey(office, "old", started_at=BEGAN - timedelta(days=300), timeline=[])
    page = await desk.see(f"{FIGURES}?days=30&adviser=me")

    assert (await rows(desk, "funnel"))["Started"][0] == "5"
    assert (await rows(desk, "funnel", "?days=30"))["Started"][0] == "4"
    assert (await rows(desk, "funnel", "?days=30&adviser=me"))["Started"][0] == "3"
    assert "/workbench/figures/funnel.csv?days=30&amp;adviser=me" in page


async def test_a12_figures_count_the_own_firm_alone(office: Office) -> None:
    """Another firm's adviser counts nothing of ours; a figure that does not exist is 404, such a choice 422."""
    await a_year(office)
    async with desk_of(office, STRANGER) as strangers:
        page = await strangers.see(FIGURES)
        counted = await rows(strangers, "funnel")
        answers = [await strangers.http.get(f"{FIGURES}{path}") for path in ("/secrets.csv", "?days=7")]

    assert "Nothing to count yet" in page
    assert counted["Started"] == ["0", "0.0"]
    assert [answer.status_code for answer in answers] == [404, 422]
