"""The pages of a pension's statement (P32)."""

import json
from datetime import timedelta

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import AccountOrder
from domain.journey import Stage, Wrapper
from models.facts import FieldCorrection
from models.messages import ChangeRequest, SystemRecords
from models.people import AccountDetails, Contribution
from tests.api.portal.conftest import NOW, PERSON, Portal
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.scenes import show
from tests.fakes.platform_records import AccountRecord

ACCOUNT = "account-of-the-pension"
CONTENT = b"<!doctype html><h1>Statement</h1>"
WINDOW = timedelta(days=30)
CORRECT = "Something needs correcting"


def _at(portal: Portal, page: str = "statement") -> str:
    return f"/portal/journeys/{portal.journey_id}/{page}"


async def _pension(portal: Portal, wrapper: Wrapper = Wrapper.SIPP, **changes: object) -> AccountRecord:
    order = AccountOrder(
        journey_id=portal.journey_id,
        clients=[portal.platform_client],
        wrapper=wrapper,
        adviser="adv-1",
        details=AccountDetails(
            name="SIPP", investment_strategy="Growth", contributions=[Contribution(amount_pence=100_00)]
        ),
    )
    record = AccountRecord(ACCOUNT, order, "active", statements=[(CONTENT, NOW)])
    portal.platform.accounts[ACCOUNT] = record
    progress = await portal.progress(wrapper=wrapper, stage=Stage.ACTIVE)
    await show(portal, progress, records=SystemRecords(platform_account=ACCOUNT), **changes)
    await portal.sign_in()
    return record


@pytest.mark.rule("P32")
async def test_the_member_reads_the_statement_and_until_when_it_can_be_corrected(portal: Portal) -> None:
    """It stands in a frame that can do nothing, exactly as it was made, and its time is on the page."""
    await _pension(portal)
    answer = await portal.http.get(_at(portal))
    content = await portal.http.get(_at(portal, "statement/content"))
    page = Page(answer)

    assert (
        f'<iframe class="onward-frame" id="statement" title="Your pension statement" src="{_at(portal)}/content"'
        in (answer.text)
    )
    assert "ask for a correction by 23 December 2026 at 9:30 am" in page.words
    assert page.links[CORRECT] == _at(portal, "statement/correct")
    assert content.content == CONTENT
    assert content.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.rule("P32")
async def test_a_correction_of_the_statement_is_looked_over_and_sent(portal: Portal) -> None:
    """Old and new before it is sent; then the page says when it went to the adviser."""
    await _pension(portal)
    form = await visit(portal.http, _at(portal, "statement/correct"))
    typed = {"retirement_age": "66", "marital_status": "civil_partnership"}
    check = Page(await press(portal.http, form, "Look over my changes", **typed))
    again = Page(await press(portal.http, check, "Change something"))
    unsaid = await portal.evidence()
    answers = [await press(portal.http, check, "Send to my adviser") for _ in range(2)]
    after = await visit(portal.http, answers[0].headers["location"])
    (heard,) = await portal.heard()

    assert "Age at which you plan to retire Nothing 66" in check.words
    assert "Marital status Nothing In a civil partnership" in check.words
    assert again.form("Look over my changes").fields["marital_status"] == "civil_partnership"
    assert unsaid == []
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, _at(portal))] * 2
    assert [one["field"] for one in json.loads(heard.fact)["corrections"]] == ["marital_status", "retirement_age"]
    assert "Sent to your adviser on 23 November 2026 at 9:30 am" in after.words


@pytest.mark.rule("P32")
async def test_what_is_wrong_in_a_correction_of_the_statement_is_said_beside_its_field(portal: Portal) -> None:
    """As on the page of the details; sending nothing is refused on the page as well."""
    await _pension(portal)
    form = await visit(portal.http, _at(portal, "statement/correct"))
    answer = await press(portal.http, form, "Look over my changes", retirement_age="12")
    empty = await portal.http.post(_at(portal))

    assert answer.status_code == empty.status_code == 422
    assert "Check the age at which you plan to retire" in Page(answer).words
    assert "These are the details that are held already" in Page(empty).words
    assert await portal.evidence() == []


@pytest.mark.rule("P32")
async def test_after_its_time_the_adviser_is_the_way(portal: Portal) -> None:
    """The statement can still be read; the form is gone, and one of before is refused in words."""
    await _pension(portal)
    form = await visit(portal.http, _at(portal, "statement/correct"))
    portal.now = NOW + WINDOW
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    late = await press(portal.http, form, "Look over my changes", title="Dr")

    assert "The time for corrections ended on 23 December 2026" in page.words
    assert CORRECT not in page.links
    assert "statement" in page.ids
    assert late.status_code == 409
    assert "Tell your adviser what has to change" in Page(late).words


@pytest.mark.rule("P32")
async def test_what_is_being_put_right_is_shown(portal: Portal) -> None:
    """As long as the adviser has not dealt with it, old and new stay in sight."""
    correction = FieldCorrection(field="retirement_age", old="67", new="66")
    request = ChangeRequest(person_id=PERSON, requested_at=NOW, corrections=[correction])
    await _pension(portal, change_requests=[request])

    assert "Age at which you plan to retire 67 66" in (await visit(portal.http, _at(portal))).words


@pytest.mark.rule("P32")
async def test_a_statement_that_is_not_there_is_explained(portal: Portal) -> None:
    """Not made yet, or the platform away: no broken frame, but words; no other account has one."""
    record = await _pension(portal)
    portal.platform.fail_next("account_documents", ConnectorUnavailable("platform", "GET /accounts", "down"))
    away = await visit(portal.http, _at(portal))
    record.statements.clear()
    early = await visit(portal.http, _at(portal))
    await _pension(portal, Wrapper.ISA)
    none = await visit(portal.http, _at(portal), 404)

    assert "does not answer at the moment" in away.words
    assert "Your statement is being made" in early.words
    assert not {"statement"} & (away.ids | early.ids)
    assert "There is no statement for this account" in none.words
