"""The pages of a client who does not want to go on, or not alone (P27, C9)."""

from datetime import timedelta

import pytest

from domain.declarations import DECLINE_STATEMENT, HELP_STATEMENT
from domain.journey import BankDetailsPolicy, PartyRole, Stage, Wrapper
from models.people import DirectDebit
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, PERSON, STRANGER, Portal
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.scenes import party, show

DECLINE, ASK = "Decline this account", "Ask my adviser"


def _at(portal: Portal, page: str = "decline") -> str:
    return f"/portal/journeys/{portal.journey_id}/{page}"


@pytest.mark.rule("P27")
@pytest.mark.parametrize(
    "page",
    ["details", "details/correct", "bank-details", "direct-debit", "direct-debit/authorise", "direct-debit/paper"],
)
async def test_c9_asking_and_declining_are_on_every_task_page(portal: Portal, page: str) -> None:
    """Both are buttons as large as the one that goes on, without a box ticked or an answer chosen beforehand."""
    asked = page == "bank-details"
    policy = BankDetailsPolicy.CLIENT_OR_ADVISER if asked else BankDetailsPolicy.ADVISER
    debit = DirectDebit(amount_pence=250_00)
    await portal.show(await portal.progress(policy=policy, bank_details_given=not asked, direct_debit=debit))
    await portal.sign_in()
    answer = await portal.http.get(_at(portal, page))
    shown = Page(answer)

    assert shown.links[DECLINE] == _at(portal)
    assert shown.form(ASK).action == _at(portal, "help")
    assert all(not set(form.choices) & set(form.fields) for form in shown.forms)
    assert answer.text.count("govuk-button--secondary") >= 2


@pytest.mark.rule("P27")
async def test_declining_says_what_it_does_and_is_confirmed(portal: Portal) -> None:
    """The effect stands on the page, the box is not ticked, and the calm page afterwards says what follows."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    unticked = await press(portal.http, page, DECLINE)
    unsaid = await portal.evidence()
    answer = await press(portal.http, page, DECLINE, confirm="yes")
    after = await visit(portal.http, answer.headers["location"])
    (row,) = await portal.evidence()

    assert "Your adviser at Harbour Wealth is told" in page.words
    assert DECLINE_STATEMENT in page.words
    assert page.form(DECLINE).fields == {}
    assert unticked.status_code == 422
    assert Page(unticked).links["Tick the box if you want to decline. Nothing has ended."] == "#confirm"
    assert "confirm" in Page(unticked).ids
    assert unsaid == []
    assert (answer.status_code, row.statement) == (303, DECLINE_STATEMENT)
    assert after.heading == "This application has ended"
    assert "You declined it on 23 November 2026 at 9:30 am" in after.words
    assert "you will get a confirmation by e-mail" in after.words


@pytest.mark.rule("P27", "P46")
async def test_a_double_click_on_decline_ends_it_once(portal: Portal) -> None:
    """Both clicks lead to the same page, also when the journey has ended meanwhile."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    first, second = [await press(portal.http, page, DECLINE, confirm="yes") for _ in range(2)]
    await portal.show(await portal.progress(stage=Stage.DECLINED))
    late = await press(portal.http, page, DECLINE, confirm="yes")

    assert {answer.headers["location"] for answer in (first, second, late)} == {_at(portal)}
    assert len(await portal.evidence()) == 1
    assert len(await portal.heard()) == 1


@pytest.mark.rule("P27", "P30")
async def test_declining_a_joint_account_ends_it_for_everyone(portal: Portal) -> None:
    """The page says so before; the other holder is told that someone else did, and can do nothing more."""
    progress = await portal.progress(wrapper=Wrapper.GIA)
    await show(portal, progress, holders=[*progress.holders, party(STRANGER)])
    await portal.sign_in(STRANGER)
    page = await visit(portal.http, _at(portal))
    await press(portal.http, page, DECLINE, confirm="yes")
    await portal.sign_in(PERSON)
    other = await visit(portal.http, _at(portal))
    details = await visit(portal.http, _at(portal, "details"), 409)

    assert "It ends for everyone named in it" in page.words
    assert "Everyone who was asked to act on it gets an e-mail" in page.words
    assert "Someone else named in this application declined it" in other.words
    assert "This application was declined" in details.words
    assert {row.person_id for row in await portal.evidence()} == {STRANGER}


@pytest.mark.rule("P27", "P31")
async def test_a_registered_contact_declines_for_the_child(portal: Portal) -> None:
    """The page and the evidence say in which capacity."""
    progress = await portal.progress(wrapper=Wrapper.JISA)
    contact = progress.holders[0].model_copy(update={"role": PartyRole.REGISTERED_CONTACT})
    await show(portal, progress, holders=[party("person-robin", PartyRole.CHILD), contact])
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    await press(portal.http, page, DECLINE, confirm="yes")

    assert "act for the child" in page.words
    assert [row.capacity for row in await portal.evidence()] == ["registered_contact"]


@pytest.mark.rule("P27")
@pytest.mark.parametrize("stage", [Stage.APPLICATION_DRAFT, Stage.ACTIVATING, Stage.ACTIVE, Stage.EXPIRED])
async def test_declining_has_its_time_on_its_page_too(portal: Portal, stage: Stage) -> None:
    """What can't be declined offers no form, and a form of before is refused in words."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    await portal.show(await portal.progress(stage=stage))
    shown = await visit(portal.http, _at(portal), 409)
    late = await press(portal.http, page, DECLINE, confirm="yes")

    assert not [form for form in shown.forms if DECLINE in form.buttons]
    assert late.status_code == 409
    assert await portal.evidence() == []


@pytest.mark.rule("P27")
async def test_asking_the_adviser_takes_one_click_from_any_task(portal: Portal) -> None:
    """The next page says that the adviser knows and what happens next, and leads back to the open task."""
    await portal.sign_in()
    task = await visit(portal.http, _at(portal, "details"))
    answers = [await press(portal.http, task, ASK) for _ in range(2)]
    after = await visit(portal.http, answers[0].headers["location"])
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (row.kind, row.statement) == (EvidenceKind.HELP_REQUESTED, HELP_STATEMENT)
    assert heard.signal == "help_requested"
    assert after.heading == "Your adviser has been told"
    assert "You asked for help on 23 November 2026 at 9:30 am" in after.words
    assert "will get in touch with you" in after.words
    assert after.links["Go on with my tasks"] == _at(portal, "details")


@pytest.mark.rule("P27")
async def test_help_can_be_asked_for_again_on_another_day(portal: Portal) -> None:
    """The page says when it was asked last and offers it anew."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal, "help"))
    await press(portal.http, page, "Ask my adviser to get in touch")
    portal.now = NOW + timedelta(days=1)
    await portal.sign_in()
    again = await visit(portal.http, _at(portal, "help"))
    await press(portal.http, again, "Ask my adviser to get in touch")

    assert again.heading == "Ask your adviser"
    assert "You last asked on 23 November 2026" in again.words
    assert len(await portal.heard()) == 2


@pytest.mark.rule("P27")
async def test_an_open_account_without_a_task_has_nobody_to_tell(portal: Portal) -> None:
    """The page says how else the adviser is reached instead of offering what would be refused."""
    await portal.show(await portal.progress(stage=Stage.ACTIVE))
    await portal.sign_in()
    page = await visit(portal.http, _at(portal, "help"))

    assert "Call or write to them as usual" in page.words
    assert not [form for form in page.forms if "Ask my adviser to get in touch" in form.buttons]


async def test_c17_a_decline_into_an_ended_session_is_kept_for_after_signing_in(portal: Portal) -> None:
    """Nothing ends by itself: after signing in the client still has to send it."""
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    portal.http.cookies.clear()
    answer = await press(portal.http, page, DECLINE, confirm="yes")
    kept = next(form.fields for form in Page(answer).forms if "kept.confirm" in form.fields)

    assert answer.status_code == 401
    assert (kept["kept.confirm"], kept["next"]) == ("yes", _at(portal))
    assert await portal.evidence() == []
