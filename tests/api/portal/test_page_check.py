"""The check of the answers: everything once more, and nothing recorded before the last button (C13, P25)."""

from datetime import timedelta

import pytest

from domain.declarations import declaration
from domain.journey import BankDetailsPolicy, DocumentKind, MandateRoute, Wrapper
from models.facts import FieldCorrection
from models.messages import ChangeRequest
from models.people import DirectDebit
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, PERSON, Portal
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS, another, show
from tests.api.portal.terms_pages import (
    PLATFORM,
    PRODUCT,
    TermsPage,
    accept_platform,
    at,
    confirm_details,
    look,
    open_on_page,
    ready_to_finish,
    send,
)


async def _accepted(portal: Portal, kind: EvidenceKind = EvidenceKind.PRODUCT_TERMS_ACCEPTED) -> int:
    return [row.kind for row in await portal.evidence()].count(kind)


@pytest.mark.rule("P25")
async def test_c13_everything_is_shown_and_nothing_recorded_before_the_last_button(portal: Portal) -> None:
    """Ticking the last terms leads to the check; its button makes the acceptance that a direct tick would have made."""
    await portal.sign_in()
    page = TermsPage(await portal.http.get(await ready_to_finish(portal)))
    before = await _accepted(portal)
    answer = await send(portal, "check", **page.form("Accept and finish").fields)
    row = (await portal.evidence())[-1]
    declared = declaration(Wrapper.ISA, NOW.date())
    assert declared is not None

    assert page.heading == "Check your answers"
    for shown in ("Eleanor", "12 Harbour Street", "CT5 1AQ", "AB 12 34 56 C", "You checked these on 23 November 2026"):
        assert shown in page.words
    assert page.words.count("23 November 2026 at 9:30 am Read again") == 3
    assert "Platform terms: accepted on 23 November 2026 at 9:30 am." in page.words
    assert all(sentence in page.words for sentence in str(row.statement).splitlines())
    assert before == 0
    assert (answer.status_code, answer.headers["location"]) == (303, at(portal, "confirmation"))
    assert row.kind is EvidenceKind.PRODUCT_TERMS_ACCEPTED
    assert str(row.statement).splitlines()[1:] == list(declared.statements)
    assert (await portal.heard())[-1].signal == "product_terms_accepted"
    assert await portal.chain_holds()


async def test_c13_every_answer_has_a_way_back(portal: Portal) -> None:
    """Details and documents can be looked at again, and what was ticked can still be changed."""
    await portal.sign_in()
    page = TermsPage(await portal.http.get(await ready_to_finish(portal)))

    assert page.links["View your details"] == at(portal, "details")
    assert page.links["Change"] == at(portal, "product-terms")
    assert page.links["Back"] == at(portal, "product-terms")
    assert page.links["Decline this account"] == at(portal, "decline")


@pytest.mark.rule("P25")
@pytest.mark.parametrize("agreed", ["", "guessed", "0" * 20])
async def test_the_check_is_reached_by_ticking_alone(portal: Portal, agreed: str) -> None:
    """Without the tick, or with one made of something else, the way leads to the terms."""
    await portal.sign_in()
    await ready_to_finish(portal)
    answer = await portal.http.get(at(portal, f"check?agreed={agreed}"))

    assert (answer.status_code, answer.headers["location"]) == (303, at(portal, "product-terms"))


@pytest.mark.rule("P28")
async def test_c10_terms_that_changed_after_the_tick_are_not_agreed_to(portal: Portal) -> None:
    """The check leads back to the terms; its button, pressed late, gets 409 on the page of the terms."""
    await portal.sign_in()
    checked = await ready_to_finish(portal)
    form = TermsPage(await portal.http.get(checked)).form("Accept and finish").fields
    portal.platform.library.publish(ISA)
    await portal.show(await portal.progress())
    back = await portal.http.get(checked)
    late = await send(portal, "check", **form)

    assert (back.status_code, back.headers["location"]) == (303, at(portal, "product-terms"))
    assert (late.status_code, TermsPage(late).refused) == (409, "document-superseded")
    assert "Open version 2, then accept." in TermsPage(late).words
    assert await _accepted(portal) == 0


@pytest.mark.rule("P24")
async def test_c8_the_last_button_refuses_what_was_not_opened(portal: Portal) -> None:
    """A direct POST to the check gets the same 409 as one to the terms."""
    await portal.sign_in()
    await confirm_details(portal)
    await accept_platform(portal)
    answer = await send(portal, "check", kind="product_terms", **PRODUCT)

    assert (answer.status_code, TermsPage(answer).refused) == (409, "documents-not-opened")
    assert await _accepted(portal) == 0


@pytest.mark.rule("P25", "P46")
async def test_a_double_click_finishes_once(portal: Portal) -> None:
    """Both clicks lead to the confirmation; there is one acceptance."""
    await portal.sign_in()
    form = TermsPage(await portal.http.get(await ready_to_finish(portal))).form("Accept and finish").fields
    answers = [await send(portal, "check", **form) for _ in range(2)]

    assert [answer.headers["location"] for answer in answers] == [at(portal, "confirmation")] * 2
    assert await _accepted(portal) == 1


@pytest.mark.rule("P26")
async def test_with_other_tasks_open_the_tick_is_recorded_and_leads_on(portal: Portal) -> None:
    """The answers are checked when there is nothing else to do, not before."""
    await portal.sign_in()
    await open_on_page(portal, ISA)
    answer = await send(portal, "product-terms", **PRODUCT)

    assert (answer.status_code, answer.headers["location"]) == (303, at(portal, "details"))
    assert await _accepted(portal) == 1


@pytest.mark.rule("P26")
async def test_the_platform_terms_are_checked_too_when_they_come_last(portal: Portal) -> None:
    """Whichever terms are last, the check comes before them and its button records them."""
    await portal.sign_in()
    await open_on_page(portal, ISA)
    await send(portal, "product-terms", **PRODUCT)
    await confirm_details(portal)
    for document in (TERMS, KEY_FACTS):
        await open_on_page(portal, document)
    ticked = await send(portal, "platform-terms", **PLATFORM)
    page = TermsPage(await portal.http.get(ticked.headers["location"]))
    answer = await send(portal, "check", **page.form("Accept and finish").fields)

    assert page.form("Accept and finish").fields["kind"] == DocumentKind.PLATFORM_TERMS
    assert "I accept" not in page.words
    assert answer.headers["location"] == at(portal, "confirmation")
    assert await _accepted(portal, EvidenceKind.PLATFORM_TERMS_ACCEPTED) == 1


@pytest.mark.rule("P23")
async def test_c13_payments_are_shown_masked_with_the_answer_about_the_mandate(portal: Portal) -> None:
    """The amount, how often and the answer; of the bank account its last digits alone."""
    debit = DirectDebit(amount_pence=250_00)
    progress = await portal.progress(direct_debit=debit, policy=BankDetailsPolicy.ADVISER)
    await show(portal, progress, mandate_route=MandateRoute.PAPER_REQUESTED)
    await portal.sign_in()
    page = TermsPage(await portal.http.get(await ready_to_finish(portal)))

    assert "£250" in page.words
    assert "Every month" in page.words
    assert "You asked for a paper form, for everyone to sign." in page.words
    assert page.links["View your direct debit"] == at(portal, "direct-debit")


@pytest.mark.rule("P21")
async def test_c13_corrections_under_way_are_shown_old_and_new(portal: Portal) -> None:
    """What the client asked to have corrected stands on the check beside what is held."""
    request = ChangeRequest(
        person_id=PERSON,
        requested_at=NOW,
        corrections=[FieldCorrection(field="address.postcode", old="CT5 1AQ", new="ME4 4UX")],
    )
    await show(portal, await portal.progress(), change_requests=[request])
    await portal.sign_in()
    page = TermsPage(await portal.http.get(await ready_to_finish(portal)))

    assert "Postcode CT5 1AQ ME4 4UX" in page.words


@pytest.mark.rule("P49")
async def test_c13_each_account_is_checked_on_its_own_and_leads_to_the_other(portal: Portal) -> None:
    """With the first account finished its confirmation leads to the second, whose platform terms are accepted."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=f"{portal.journey_id}-gia")
    async with another(portal, gia):
        await portal.sign_in()
        form = TermsPage(await portal.http.get(await ready_to_finish(portal))).form("Accept and finish").fields
        await send(portal, "check", **form)
        page = await look(portal, "confirmation")

    assert "Next: your general investment account" in page.words
    assert page.links["Go on with your general investment account"].startswith(
        f"/portal/journeys/{portal.journey_id}-gia/"
    )


async def test_c15_a_standard_isa_takes_nine_pages_at_most(portal: Portal) -> None:
    """From the hub to the confirmation, each page that is loaded counted, and each click or tick as an action."""
    await portal.sign_in()
    pages, actions = ["/portal"], 1
    pages.append(at(portal, "details"))
    await confirm_details(portal)
    actions += 1
    pages.append(at(portal, "platform-terms"))
    for document in (TERMS, KEY_FACTS):
        pages.append((await open_on_page(portal, document)).headers["location"])
        actions += 1
    last = TermsPage(await portal.http.get(pages[-1]))
    answer = await send(portal, "platform-terms", **last.form("Accept and continue").fields, accepted="yes")
    actions += 2
    pages.append(answer.headers["location"])
    pages.append((await open_on_page(portal, ISA)).headers["location"])
    last = TermsPage(await portal.http.get(pages[-1]))
    ticks = {"accepted": "yes", "declaration_accepted": "yes"}
    answer = await send(portal, "product-terms", **last.form("Continue to check your answers").fields, **ticks)
    actions += 4
    pages.append(answer.headers["location"])
    check = TermsPage(await portal.http.get(pages[-1]))
    answer = await send(portal, "check", **check.form("Accept and finish").fields)
    actions += 1
    pages.append(answer.headers["location"])
    portal.now = NOW + timedelta(minutes=5)

    assert pages[-1] == at(portal, "confirmation")
    assert len(pages) <= 9
    assert actions <= 25
    assert (await look(portal, "confirmation")).heading == "Your part is done"
