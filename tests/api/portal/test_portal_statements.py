"""The statement of a pension and its corrections."""

import json
from datetime import timedelta

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import AccountOrder
from domain.journey import Stage, Wrapper
from models.messages import SystemRecords
from models.people import AccountDetails, Contribution
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, Portal, expect_problem
from tests.api.portal.scenes import show
from tests.fakes.platform_records import AccountRecord

ACCOUNT = "account-of-the-pension"
FIRST, SECOND = b"<!doctype html><h1>Statement</h1>", b"<!doctype html><h1>Statement, corrected</h1>"
WINDOW = timedelta(days=30)


async def _pension(portal: Portal, *, wrapper: Wrapper = Wrapper.SIPP, stage: Stage = Stage.ACTIVE) -> AccountRecord:
    """Let the account be open since NOW, with two versions of its statement on the platform."""
    order = AccountOrder(
        journey_id=portal.journey_id,
        clients=[portal.platform_client],
        wrapper=wrapper,
        adviser="adv-1",
        details=AccountDetails(
            name="SIPP", investment_strategy="Growth", contributions=[Contribution(amount_pence=100_00)]
        ),
    )
    record = AccountRecord(ACCOUNT, order, "active", statements=[(FIRST, NOW), (SECOND, NOW + timedelta(hours=1))])
    portal.platform.accounts[ACCOUNT] = record
    progress = await portal.progress(wrapper=wrapper, stage=stage)
    await show(portal, progress, records=SystemRecords(platform_account=ACCOUNT))
    await portal.sign_in()
    return record


async def _correct(portal: Portal, *corrections: tuple[str, str]) -> httpx.Response:
    body = {"corrections": [{"field": field, "new": new} for field, new in corrections]}
    return await portal.http.post(f"{portal.path}/statement-corrections", json=body)


@pytest.mark.rule("P32")
async def test_the_member_reads_the_statement_as_the_platform_made_it(portal: Portal) -> None:
    """The newest version, byte for byte, never kept by a cache and unable to do anything."""
    await _pension(portal)
    detail = (await portal.http.get(portal.path)).json()
    served = await portal.http.get(detail["statement"]["content_url"])

    assert served.status_code == 200
    assert served.content == SECOND
    assert served.headers["content-security-policy"].startswith("sandbox")
    assert "no-store" in served.headers["cache-control"]
    assert detail["statement"]["corrections_until"] == "2026-12-23T09:30:00Z"
    assert detail["statement"]["can_be_corrected"] is True


@pytest.mark.rule("P32")
@pytest.mark.parametrize(
    ("wrapper", "stage"), [(Wrapper.ISA, Stage.ACTIVE), (Wrapper.GIA, Stage.ACTIVE), (Wrapper.SIPP, Stage.ACTIVATING)]
)
async def test_only_an_open_pension_has_a_statement(portal: Portal, wrapper: Wrapper, stage: Stage) -> None:
    """Neither shown nor corrected anywhere else."""
    await _pension(portal, wrapper=wrapper, stage=stage)

    expect_problem(await portal.http.get(f"{portal.path}/statement"), "statement-unknown", 404)
    expect_problem(await _correct(portal, ("title", "Dr")), "statement-unknown", 404)
    assert (await portal.http.get(portal.path)).json()["statement"] is None
    assert await portal.evidence() == []


@pytest.mark.rule("P32")
async def test_a_statement_that_is_not_made_yet_is_said_to_be_on_its_way(portal: Portal) -> None:
    """The platform may be a moment late."""
    record = await _pension(portal)
    record.statements.clear()

    body = expect_problem(await portal.http.get(f"{portal.path}/statement"), "statement-unknown", 404)
    assert "look again in a few minutes" in body["what_to_do"]


async def test_the_statement_waits_for_the_platform(portal: Portal) -> None:
    """With the platform away the member is told to try again."""
    await _pension(portal)
    portal.platform.fail_next("account_documents", ConnectorUnavailable("platform", "GET /accounts", "down"))

    expect_problem(await portal.http.get(f"{portal.path}/statement"), "system-unavailable", 503)


@pytest.mark.rule("P32")
async def test_a_correction_goes_to_the_adviser_as_old_and_new(portal: Portal) -> None:
    """The journey hears of it; the evidence names the fields and keeps no values."""
    await _pension(portal)
    answer = await _correct(portal, ("retirement_age", "66"), ("marital_status", "married"), ("last_name", "Marsh"))
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert answer.status_code == 200
    assert (heard.signal, heard.evidence_id) == ("statement_corrected", row.evidence_id)
    assert json.loads(heard.fact)["corrections"] == [
        {"field": "marital_status", "old": "", "new": "married"},
        {"field": "retirement_age", "old": "", "new": "66"},
    ]
    assert row.kind is EvidenceKind.STATEMENT_CORRECTED
    assert row.statement == "I ask for a correction of the statement of my pension: marital status, retirement age."
    assert row.payload is None
    assert await portal.chain_holds()


@pytest.mark.rule("P32", "P46")
async def test_a_double_click_corrects_once_and_another_mistake_can_follow(portal: Portal) -> None:
    """The same corrections are one act; different ones are another."""
    await _pension(portal)
    first, second = [await _correct(portal, ("title", "Dr")) for _ in range(2)]
    other = await _correct(portal, ("title", "Ms"))

    assert first.json() == second.json()
    assert other.json()["evidence_id"] != first.json()["evidence_id"]
    assert len(await portal.heard()) == 2


@pytest.mark.rule("P32")
async def test_corrections_have_their_time(portal: Portal) -> None:
    """Up to the last moment of the window they are taken; afterwards the adviser is the way."""
    await _pension(portal)
    portal.now = NOW + WINDOW - timedelta(seconds=1)
    await portal.sign_in()
    taken = await _correct(portal, ("title", "Dr"))
    portal.now = NOW + WINDOW
    await portal.sign_in()
    late = await _correct(portal, ("title", "Ms"))

    assert taken.status_code == 200
    assert "ended on 23 December 2026" in expect_problem(late, "wrong-stage", 409)["detail"]
    assert (await portal.http.get(portal.path)).json()["statement"]["can_be_corrected"] is False
    assert (await portal.http.get(f"{portal.path}/statement")).status_code == 200
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P32")
@pytest.mark.parametrize(
    "corrections",
    [[], [("last_name", "Marsh")], [("retirement_age", "12")], [("marital_status", "unknown")], [("charges", "0")]],
)
async def test_a_correction_that_changes_nothing_or_cannot_be_right_is_refused(
    portal: Portal, corrections: list[tuple[str, str]]
) -> None:
    """The member is told which; nothing is recorded."""
    await _pension(portal)

    body = expect_problem(await _correct(portal, *corrections), "invalid-request", 422)
    assert body["errors"]
    assert await portal.evidence() == []
