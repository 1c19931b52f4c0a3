"""The pages of the direct debit (P23, P47, C12)."""

from datetime import timedelta

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import Guarantee, MandateOrder
from domain.declarations import MANDATE_PAPER_STATEMENT, MANDATE_STATEMENT
from domain.journey import BankDetailsPolicy, MandateRoute, PartyRole, Stage, Wrapper
from models.messages import SystemRecords
from models.people import BankDetails, DirectDebit, Frequency
from tests.api.portal.conftest import NOW, STRANGER, Portal
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.scenes import noted, open_gates, party, show
from tests.fakes.platform_records import MandateRecord

DEBIT = DirectDebit(amount_pence=250_00, frequency=Frequency.MONTHLY, collection_day=14)
GUARANTEE = "This Guarantee is offered by all banks that accept Direct Debits."
AUTHORISE = "I agree, set up this direct debit"
PAPER = "Ask for the paper form"


def _at(portal: Portal, page: str = "direct-debit") -> str:
    return f"/portal/journeys/{portal.journey_id}/{page}"


async def _mandate(portal: Portal, *, status: str = "pending_customer_approval", **changes: object) -> MandateRecord:
    """Let the journey wait for an answer, with the mandate on the platform."""
    order = MandateOrder(
        journey_id=portal.journey_id, account="account-1", client=portal.platform_client, direct_debit=DEBIT
    )
    record = MandateRecord("mandate-1", order, status, first_collection_on=(NOW + timedelta(days=21)).date())
    portal.platform.mandates[record.mandate] = record
    bank = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}
    await portal.platform.save_bank_details(portal.platform_client, BankDetails.model_validate(bank))
    progress = await portal.progress(wrapper=Wrapper.GIA, direct_debit=DEBIT)
    records = SystemRecords(platform_account="account-1", platform_mandate=record.mandate)
    await show(portal, progress, records=records, **changes)
    await portal.sign_in()
    return record


@pytest.mark.rule("P23")
async def test_c12_the_page_says_who_collects_what_when_and_from_where(portal: Portal) -> None:
    """Payee, amount, frequency, first date, name on the statement, last digits; no answer is chosen beforehand."""
    record = await _mandate(portal)
    page = await visit(portal.http, _at(portal))
    form = page.form("Continue")

    for shown in (
        "Paid to Sample Platform Ltd",
        "Amount £250",
        "How often Every month, on the 14th",
        "First payment 14 December 2026",
        f"On your bank statement Sample Platform Ltd, reference {record.view().reference}",
        "From your account •••• 9911",
        "Are you the only person needed to authorise debits from this account?",
    ):
        assert shown in page.words
    assert form.choices == {"sole_signatory": ["yes", "no"]}
    assert form.fields == {}
    assert "55779911" not in page.words


@pytest.mark.rule("P23")
async def test_c12_the_guarantee_is_shown_in_full_before_it_is_confirmed(portal: Portal) -> None:
    """A yes leads to the Guarantee; only the button below it records anything; then the page says what follows."""
    await _mandate(portal)
    question = await visit(portal.http, _at(portal))
    chosen = await press(portal.http, question, "Continue", sole_signatory="yes")
    guarantee = await visit(portal.http, chosen.headers["location"])
    unsaid = await portal.evidence()
    answers = [await press(portal.http, guarantee, AUTHORISE) for _ in range(2)]
    done = await visit(portal.http, answers[0].headers["location"])
    (row,) = await portal.evidence()

    assert chosen.headers["location"] == _at(portal, "direct-debit/authorise")
    assert GUARANTEE in guarantee.words
    assert MANDATE_STATEMENT in guarantee.words
    assert "We e-mail you a confirmation" in guarantee.words
    assert unsaid == []
    assert [answer.status_code for answer in answers] == [303, 303]
    assert row.statement == f"{MANDATE_STATEMENT} (Direct Debit Guarantee, version 1.)"
    assert done.heading == "Your direct debit is authorised"
    assert "confirmation by e-mail before the first collection" in done.words
    assert done.links["Continue"] == _at(portal, "details")


@pytest.mark.rule("P23")
async def test_c12_a_no_leads_to_the_paper_form_and_to_no_dead_end(portal: Portal) -> None:
    """The page says what happens before it is asked for; afterwards the client goes on with the other tasks."""
    await _mandate(portal)
    question = await visit(portal.http, _at(portal))
    chosen = await press(portal.http, question, "Continue", sole_signatory="no")
    paper = await visit(portal.http, chosen.headers["location"])
    unsaid = await portal.evidence()
    answer = await press(portal.http, paper, PAPER)
    done = await visit(portal.http, answer.headers["location"])
    (row,) = await portal.evidence()

    assert "Your adviser sends you a paper form" in paper.words
    assert paper.links["Go back and change my answer"] == _at(portal)
    assert unsaid == []
    assert row.statement == MANDATE_PAPER_STATEMENT
    assert done.heading == "A paper form is on its way"
    assert "You can go on with the other tasks meanwhile" in done.words
    assert done.links["Continue"] == _at(portal, "details")


@pytest.mark.rule("P23")
async def test_the_question_has_to_be_answered(portal: Portal) -> None:
    """Neither answer is taken for granted; the summary links to the question."""
    await _mandate(portal)
    question = await visit(portal.http, _at(portal))
    answer = await press(portal.http, question, "Continue")
    page = Page(answer)

    assert answer.status_code == 422
    (link,) = [href for words, href in page.links.items() if words.startswith("Choose yes if nobody else")]
    assert link.removeprefix("#") in page.ids
    assert await portal.evidence() == []


@pytest.mark.rule("P23")
async def test_c12_another_guarantee_than_the_one_shown_is_read_first(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The confirmation is refused on the page with the new text in full; confirming that one counts."""
    await _mandate(portal)
    shown = await visit(portal.http, _at(portal, "direct-debit/authorise"))

    async def second() -> Guarantee:
        return Guarantee(version="2", text="A second wording.", service_user_name="Sample Platform Ltd")

    monkeypatch.setattr(portal.platform, "guarantee", second)
    refused = await press(portal.http, shown, AUTHORISE)
    page = Page(refused)
    unsaid = await portal.evidence()
    answer = await press(portal.http, page, AUTHORISE)
    (row,) = await portal.evidence()

    assert refused.status_code == 409
    assert "The Direct Debit Guarantee has changed" in page.words
    assert "A second wording." in page.words
    assert unsaid == []
    assert answer.status_code == 303
    assert str(row.statement).endswith("(Direct Debit Guarantee, version 2.)")


@pytest.mark.rule("P23", "P46")
async def test_an_answer_is_not_changed_from_another_tab(portal: Portal) -> None:
    """The page says what was answered first."""
    await _mandate(portal)
    paper = await visit(portal.http, _at(portal, "direct-debit/paper"))
    authorise = await visit(portal.http, _at(portal, "direct-debit/authorise"))
    await press(portal.http, paper, PAPER)
    late = await press(portal.http, authorise, AUTHORISE)
    again = await visit(portal.http, _at(portal, "direct-debit/authorise"))

    assert late.status_code == 409
    assert "You have answered the question about the direct debit already" in Page(late).words
    assert Page(late).heading == again.heading == "A paper form is on its way"
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P23")
async def test_a_signed_paper_form_is_acknowledged(portal: Portal) -> None:
    """Once the adviser has it, the page says so."""
    await _mandate(portal, mandate_route=MandateRoute.PAPER_RECEIVED)

    assert (await visit(portal.http, _at(portal))).heading == "Your paper form has arrived"


@pytest.mark.rule("P22", "P23")
@pytest.mark.parametrize(
    ("policy", "leads_to"),
    [(BankDetailsPolicy.CLIENT_OR_ADVISER, "Give my bank account"), (BankDetailsPolicy.ADVISER, "Go to my tasks")],
)
async def test_the_bank_account_comes_first(portal: Portal, policy: BankDetailsPolicy, leads_to: str) -> None:
    """Without one there is no question yet, and the page leads to whoever's turn it is."""
    await portal.show(await portal.progress(policy=policy, bank_details_given=False, direct_debit=DEBIT))
    await portal.sign_in()
    page = await visit(portal.http, _at(portal))
    direct = await portal.http.post(_at(portal, "direct-debit/paper"))

    assert "Your bank account comes first" in page.words
    assert leads_to in page.links
    assert not [form for form in page.forms if "Continue" in form.buttons]
    assert direct.status_code == 409
    assert "Give your bank details first" in Page(direct).words
    assert await portal.evidence() == []


async def _failed(portal: Portal, *, status: str = "pending_customer_approval") -> None:
    await _mandate(
        portal,
        status=status,
        stage=Stage.ACTIVE,
        gates=open_gates(platform_terms=NOW, product_terms=NOW),
        timeline=noted(NOW),
        mandate_failed=True,
    )


@pytest.mark.rule("P47")
async def test_a_failed_direct_debit_is_set_up_afresh(portal: Portal) -> None:
    """The open account's page says why, and the same steps lead to a new mandate."""
    await _failed(portal)
    portal.now = NOW + timedelta(hours=1)
    await portal.sign_in()
    question = await visit(portal.http, _at(portal))
    guarantee = await visit(portal.http, _at(portal, "direct-debit/authorise"))
    answer = await press(portal.http, guarantee, AUTHORISE)
    done = await visit(portal.http, answer.headers["location"])

    assert "Your bank has told us that the direct debit no longer works" in question.words
    assert "Ask my adviser" in [button for form in question.forms for button in form.buttons]
    assert "Decline this account" not in question.links
    assert done.heading == "Your direct debit is authorised"
    assert done.links["Continue"] == "/portal"


@pytest.mark.rule("P47")
async def test_a_fresh_direct_debit_that_is_not_there_yet_is_waited_for(portal: Portal) -> None:
    """The page says so and offers another look; a direct answer is refused on the page."""
    await _failed(portal, status="failed")
    page = await visit(portal.http, _at(portal))
    led_back = await portal.http.get(_at(portal, "direct-debit/authorise"))
    direct = await portal.http.post(_at(portal, "direct-debit/authorise"), data={"guarantee_version": "1"})

    assert "A new direct debit is not ready to be authorised" in page.words
    assert page.links["Look again"] == _at(portal)
    assert led_back.headers["location"] == _at(portal)
    assert direct.status_code == 409
    assert "not ready to be authorised" in Page(direct).words
    assert await portal.evidence() == []


@pytest.mark.rule("P23", "P30")
async def test_the_other_holder_has_no_direct_debit_page(portal: Portal) -> None:
    """Whose account does not pay is told so; so is everyone on an account that is not paid for like this."""
    await _mandate(portal)
    progress = await portal.progress(wrapper=Wrapper.GIA, direct_debit=DEBIT)
    await show(portal, progress, holders=[*progress.holders, party(STRANGER)])
    await portal.sign_in(STRANGER)
    theirs = await visit(portal.http, _at(portal), 409)
    await portal.sign_in()
    mine = await visit(portal.http, _at(portal))
    await portal.show(await portal.progress())
    none = await visit(portal.http, _at(portal), 409)

    assert "Another holder of the account authorises the direct debit" in theirs.words
    assert "This page is about your own part" in mine.words
    assert "not paid for by direct debit" in none.words


@pytest.mark.rule("P31")
async def test_a_registered_contact_is_told_for_whom_they_pay(portal: Portal) -> None:
    """The page says in which capacity they act."""
    await _mandate(portal)
    progress = await portal.progress(wrapper=Wrapper.JISA, direct_debit=DEBIT)
    contact = progress.holders[0].model_copy(update={"role": PartyRole.REGISTERED_CONTACT})
    await show(portal, progress, holders=[party("person-robin", PartyRole.CHILD), contact])

    assert "act for the child" in (await visit(portal.http, _at(portal))).words


async def test_with_the_platform_away_the_page_says_so(portal: Portal) -> None:
    """No half a mandate is shown."""
    await _mandate(portal)
    portal.platform.fail_next("guarantee", ConnectorUnavailable("platform", "GET /guarantee", "down"))
    page = await visit(portal.http, _at(portal), 503)

    assert "does not answer at the moment" in page.words
