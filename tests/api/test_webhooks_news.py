"""What the platform's news lead to: superseded terms, failed mandates, first subscriptions, a child's checks."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.webhooks.accounts import report
from connectors.errors import ConnectorUnavailable
from domain.direct_debit import effect, known_reasons
from domain.journey import CheckStatus, MandateRoute
from models.facts import DirectDebitMandateAnswered, DocumentOpened, DocumentRef, TermsAccepted
from runtime.temporal import journey_handle
from tests.api.office import ACCOUNT, BANK, JOURNEYS, Office
from tests.api.test_adviser_commands import MISSING_IN_PLANNR
from tests.api.test_webhooks_inbox import NOW, Inbox, inbox, platform_event
from tests.conftest import Eventually
from workflows.onboarding import OnboardingJourney

__all__ = ["inbox"]

BY_DIRECT_DEBIT = {**ACCOUNT, "direct_debit": {"amount_pence": 250_00}}
PRODUCT_TERMS = "isa-terms-and-key-features"


async def awaiting(office: Office, form: dict[str, Any] | None = None, account: dict[str, Any] = ACCOUNT) -> str:
    """Take a journey to the client and return its id."""
    journey = await office.start(form or office.form())
    path = f"{JOURNEYS}/{journey}"
    holders = [
        {
            "person_id": holder["person_id"],
            "details": {name: MISSING_IN_PLANNR[name] for name in holder["missing"]},
            **({"bank_details": BANK} if holder["bank_details_required"] else {}),
        }
        for holder in (await office.get(f"{path}/client-details"))["holders"]
    ]
    saved = await office.post(f"{path}/client-details", {"holders": holders})
    assert saved.status_code == 200, saved.text
    sent = await office.post(f"{path}/application", {"account": account, "send_to_platform": True})
    assert sent.status_code == 200, sent.text
    return journey


async def accept_everything(office: Office, journey: str) -> None:
    """Do everything that the journey awaits from its one client."""
    seen = await office.get(f"{JOURNEYS}/{journey}")
    handle = journey_handle(office.services.temporal, journey)
    acted: dict[str, Any] = {"person_id": seen["holders"][-1]["person_id"], "occurred_at": datetime.now(UTC)}
    references: dict[str, list[DocumentRef]] = {"platform_terms": [], "product_terms": []}
    for document in seen["documents"]:
        reference = DocumentRef(document_id=document["document_id"], version=document["version"])
        references[document["kind"]].append(reference)
        opened = DocumentOpened(evidence_id=f"opened-{reference.document_id}", document=reference, **acted)
        await handle.signal(OnboardingJourney.document_opened, opened)
    platform_terms = TermsAccepted(evidence_id="platform", documents=references["platform_terms"], **acted)
    await handle.signal(OnboardingJourney.platform_terms_accepted, platform_terms)
    product_terms = TermsAccepted(evidence_id="product", documents=references["product_terms"], **acted)
    await handle.signal(OnboardingJourney.product_terms_accepted, product_terms)
    mandate = DirectDebitMandateAnswered(evidence_id="mandate", route=MandateRoute.ONLINE, **acted)
    await handle.signal(OnboardingJourney.direct_debit_mandate_accepted, mandate)


async def active(office: Office, eventually: Eventually) -> str:
    """Take an ISA with a direct debit all the way and return its id; it stays with its mandate."""
    journey = await awaiting(office, account=BY_DIRECT_DEBIT)
    await accept_everything(office, journey)

    async def is_active() -> bool:
        return bool((await office.get(f"{JOURNEYS}/{journey}"))["stage"] == "active")

    await eventually(is_active)
    return journey


def about(event_id: str, event_type: str, record: str, **details: object) -> dict[str, Any]:
    """Return an event of the platform about a record."""
    return platform_event(event_id, event_type, record) | details


@pytest.mark.rule("P28")
async def test_published_terms_reach_every_journey_that_has_them(inbox: Inbox, eventually: Eventually) -> None:
    """The newer version, read from the platform, is in force on the journey of that wrapper and on no other."""
    office = inbox.office
    async with office.worker():
        isa, gia = await awaiting(office), await awaiting(office, office.form(wrapper="gia"))
        before = (await office.get(f"{JOURNEYS}/{gia}"))["documents"]
        published = office.platform.library.publish(PRODUCT_TERMS)
        await inbox.platform(about("ev_1", "document.published", PRODUCT_TERMS, status="in_force"))

        async def newer() -> bool:
            documents = (await office.get(f"{JOURNEYS}/{isa}"))["documents"]
            return published.sha256 in {document["sha256"] for document in documents if document["version"] == 2}

        await eventually(newer)
        assert (await office.get(f"{JOURNEYS}/{gia}"))["documents"] == before
        assert "terms changed" in {entry["event"] for entry in (await office.get(f"{JOURNEYS}/{isa}"))["timeline"]}


@pytest.mark.rule("P28", "P46")
async def test_platform_terms_reach_the_journeys_of_every_wrapper(inbox: Inbox, eventually: Eventually) -> None:
    """Platform terms concern everybody; the same news twice is noted once."""
    office = inbox.office
    async with office.worker():
        journeys = [await awaiting(office), await awaiting(office, office.form(wrapper="gia"))]
        office.platform.library.publish("platform-terms-of-business")
        for event_id in ("ev_1", "ev_2"):
            await inbox.platform(about(event_id, "document.published", "platform-terms-of-business"))

        async def noted() -> bool:
            timelines = [(await office.get(f"{JOURNEYS}/{journey}"))["timeline"] for journey in journeys]
            return [[entry["event"] for entry in lines].count("terms changed") for lines in timelines] == [1, 1]

        await eventually(noted)


@pytest.mark.rule("P47")
async def test_failed_mandate_reaches_the_journey_of_an_active_account(inbox: Inbox, eventually: Eventually) -> None:
    """The bank's reason, read from the platform, is on the journey in words, and the plan stays active."""
    office = inbox.office
    async with office.worker():
        journey = await active(office, eventually)
        mandate = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_mandate"]
        office.platform.fail_mandate(mandate, "B")
        failed = about("ev_1", "mandate.status_changed", mandate, status="failed", previous_status="active")
        await inbox.platform(failed)

        async def flagged() -> bool:
            return bool((await office.get(f"{JOURNEYS}/{journey}"))["mandate_failed"])

        await eventually(flagged)
        seen = await office.get(f"{JOURNEYS}/{journey}")
        assert seen["stage"] == "active"
        assert effect("ADDACS", "B").sentence_adviser in seen["attention"]


@pytest.mark.rule("P47")
async def test_mandate_that_is_no_failure_changes_nothing(inbox: Inbox, eventually: Eventually) -> None:
    """News of a mandate that collects again, or that was cancelled with its account, are no failure."""
    office = inbox.office
    async with office.worker():
        journey = await awaiting(office, account=BY_DIRECT_DEBIT)
        mandate = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_mandate"]
        await inbox.platform(about("ev_1", "mandate.status_changed", mandate, status="active"))
        await inbox.platform(about("ev_2", "mandate.status_changed", mandate, status="failed"))
        account = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_account"]
        await office.platform.cancel_account(account, "withdrawn")
        await inbox.platform(about("ev_3", "mandate.status_changed", mandate, status="cancelled"))

        for event_id in ("ev_1", "ev_2", "ev_3"):
            row = await inbox.stored("platform", event_id)
            assert row is not None
            assert row.handled_at is not None
        assert (await office.get(f"{JOURNEYS}/{journey}"))["mandate_failed"] is False


@pytest.mark.rule("P47")
def test_every_reason_of_the_bank_has_its_meaning() -> None:
    """A new instruction is refused by AUDDIS, a standing one ended by ADDACS; what nobody knows asks a person."""
    codes = {code for _, code in known_reasons()}

    assert all(report(code, previous) for code in codes for previous in (None, "active", "pending_submission"))
    assert report("5", "pending_submission") == effect("AUDDIS", "5")
    assert report("D", "pending_submission") == effect("ADDACS", "D")
    assert report("2", "active").stop_mail
    assert report(None, "active") == report("?", None)
    assert report(None, None).needs_new_mandate


async def test_first_subscription_opens_the_isa(inbox: Inbox, eventually: Eventually) -> None:
    """Money that arrives on the active account opens the ISA, once the platform says when it came."""
    office = inbox.office
    async with office.worker():
        journey = await active(office, eventually)
        seen = await office.get(f"{JOURNEYS}/{journey}")
        account = seen["records"]["platform_account"]
        assert seen["isa_opened_on"] is None
        await inbox.platform(about("ev_1", "account.updated", account))
        office.platform.receive_subscription(account, date(2040, 5, 1))
        await inbox.platform(about("ev_2", "account.updated", account))

        async def opened() -> bool:
            known = await journey_handle(office.services.temporal, journey).query(OnboardingJourney.progress)
            return known.isa_opened_on == date(2040, 5, 1)

        await eventually(opened)


@pytest.mark.rule("P31", "P46")
async def test_news_of_a_childs_check_reach_the_journey(inbox: Inbox, eventually: Eventually) -> None:
    """A child is checked as well, and its client's news reach the Junior ISA's journey."""
    office = inbox.office
    child = office.client(date_of_birth=NOW.date().replace(year=NOW.year - 5))
    contact = {"plannr_account": office.client()}
    async with office.worker():
        journey = await awaiting(office, office.form(child, wrapper="jisa", registered_contact=contact))
        client = f"client-{child}"
        office.platform.set_check(client, "identity", CheckStatus.REFERRED, "papers needed")
        await inbox.platform(about("ev_1", "client.verification_updated", client))

        async def referred() -> bool:
            holders = (await office.get(f"{JOURNEYS}/{journey}"))["holders"]
            return bool({holder["role"]: holder["identity_check"] for holder in holders}["child"] == "referred")

        await eventually(referred)


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    ("event_type", "operation", "details"),
    [
        ("mandate.status_changed", "read_mandate", {"status": "failed"}),
        ("account.updated", "read_account", {}),
        ("document.published", "documents", {}),
    ],
)
async def test_news_wait_for_a_platform_that_is_out(
    inbox: Inbox, event_type: str, operation: str, details: dict[str, str]
) -> None:
    """What cannot be read from the platform now stays for the next round."""
    office = inbox.office
    async with office.worker():
        journey = await awaiting(office, account=BY_DIRECT_DEBIT)
        records = (await office.get(f"{JOURNEYS}/{journey}"))["records"]
        about_what = {"mandate": records["platform_mandate"], "account": records["platform_account"]}
        record = about_what.get(event_type.partition(".")[0], PRODUCT_TERMS)
        office.platform.fail_next(operation, ConnectorUnavailable("platform", "GET", "down"))
        await inbox.platform(about("ev_1", event_type, record, **details))

    row = await inbox.stored("platform", "ev_1")
    assert row is not None
    assert (row.handled_at, row.attempts, row.last_error) == (None, 1, "ConnectorUnavailable")
