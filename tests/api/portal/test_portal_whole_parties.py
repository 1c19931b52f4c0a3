"""Every kind of person goes through the portal on the real workflow, and what can happen to them on the way."""

from typing import Any

import pytest

from domain.journey import BankDetailsPolicy, CheckStatus, PartyRole, Stage, Wrapper
from models.facts import DocumentView, MandateFailed, TermsSuperseded
from models.tables import EvidenceRow
from storage.evidence import EvidenceRepository
from tests.api.portal.visits import BANK_DETAILS, application, browser, do, do_everything, enter, path_of, see
from tests.journey_acts import account_form
from tests.journey_parties import SPOUSE
from tests.journey_world import AtStage, Journey, World, at_stage, temporal_address, world
from workflows.onboarding import OnboardingJourney

__all__ = ["at_stage", "temporal_address", "world"]


async def _awaiting(world: World, *, direct_debit: bool = False, joint: bool = False, **changes: object) -> Journey:
    journey = await world.begin(world.request(joint=joint, **changes))
    await journey.at(Stage.ILLUSTRATED)
    await journey.await_client(direct_debit=direct_debit)
    return journey


async def _evidence(world: World, journey: Journey) -> list[EvidenceRow]:
    async with world.database.reading() as database:
        repository = EvidenceRepository(database)
        assert await repository.verify_chain(journey.start.journey_id)
        return await repository.of_journey(journey.start.journey_id)


@pytest.mark.rule("P23", "P30")
async def test_two_holders_open_their_account_together(world: World, at_stage: AtStage) -> None:
    """Each with their own link, password and tasks; the account opens with the second one's last act."""
    journey = await _awaiting(world, wrapper=Wrapper.GIA, joint=True, direct_debit=True)
    app = application(world)
    async with browser(app) as eleanor, browser(app) as thomas:
        await enter(eleanor, world)
        await enter(thomas, world, SPOUSE.email)
        first = await do_everything(eleanor, path_of(journey))
        between = await see(thomas, path_of(journey))
        second = await do_everything(thomas, path_of(journey))
        await at_stage(journey, Stage.ACTIVE)

    assert first == ["details", "direct_debit_mandate", "platform_terms", "product_terms"]
    assert (between["stage"], between["next_task"]) == ("awaiting_client", "details")
    assert second == ["details", "platform_terms", "product_terms"]
    assert {row.capacity for row in await _evidence(world, journey)} == {"joint"}


@pytest.mark.rule("P31")
async def test_a_parent_opens_a_childs_account(world: World, at_stage: AtStage) -> None:
    """The contact has the link, the tasks and the declaration; the child is nowhere in the portal."""
    journey = await _awaiting(world, wrapper=Wrapper.JISA)
    async with browser(application(world)) as parent:
        await enter(parent, world)
        done = await do_everything(parent, path_of(journey))
        await at_stage(journey, Stage.ACTIVE)

    contact = next(one for one in journey.start.holders if one.role is PartyRole.REGISTERED_CONTACT)
    rows = await _evidence(world, journey)
    assert done == ["details", "platform_terms", "product_terms"]
    assert {(row.person_id, row.capacity) for row in rows} == {(contact.person_id, "registered_contact")}


@pytest.mark.rule("P25", "P32")
async def test_the_member_of_a_pension_corrects_the_statement(world: World, at_stage: AtStage) -> None:
    """Two product documents, the pension's own declaration, then the statement and a correction of it."""
    journey = await _awaiting(world, wrapper=Wrapper.SIPP)
    async with browser(application(world)) as member:
        await enter(member, world)
        await do_everything(member, path_of(journey))
        await at_stage(journey, Stage.ACTIVE)
        statement = await member.get(f"{path_of(journey)}/statement")
        body = {"corrections": [{"field": "retirement_age", "new": "66"}]}
        corrected = await member.post(f"{path_of(journey)}/statement-corrections", json=body)
        seen = await journey.until(lambda progress: bool(progress.change_requests))

    assert statement.status_code == 200
    assert b"Statement" in statement.content
    assert corrected.status_code == 200
    (asked,) = seen.change_requests[0].corrections
    assert (asked.field, asked.old, asked.new) == ("retirement_age", "67", "66")


@pytest.mark.rule("P27", "P30")
async def test_one_of_two_declines(world: World, at_stage: AtStage) -> None:
    """The journey ends declined; the other holder is told in words when they come."""
    journey = await _awaiting(world, wrapper=Wrapper.GIA, joint=True)
    app = application(world)
    async with browser(app) as eleanor, browser(app) as thomas:
        await enter(eleanor, world)
        await enter(thomas, world, SPOUSE.email)
        await do(eleanor, path_of(journey), "details")
        declined = await thomas.post(f"{path_of(journey)}/decline", json={"confirm": True})
        await at_stage(journey, Stage.DECLINED)
        refused = await eleanor.post(f"{path_of(journey)}/details", json={})

    assert declined.status_code == 200
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "journey-over")


@pytest.mark.rule("P27")
async def test_help_reaches_the_adviser(world: World) -> None:
    """The adviser gets an e-mail; the journey goes on waiting."""
    journey = await _awaiting(world)
    async with browser(application(world)) as http:
        await enter(http, world)
        asked = await http.post(f"{path_of(journey)}/help")
        await world.eventually(lambda: "adviser_help_requested" in world.told())

    assert asked.status_code == 200
    assert (await journey.progress()).stage is Stage.AWAITING_CLIENT


@pytest.mark.rule("P44")
async def test_an_amendment_asks_for_the_acceptance_again(world: World, at_stage: AtStage) -> None:
    """What the amendment voids opens again with its reason, is accepted anew, and the account opens."""
    journey = await _awaiting(world, wrapper=Wrapper.GIA, joint=True)
    app = application(world)
    async with browser(app) as eleanor, browser(app) as thomas:
        await enter(eleanor, world)
        await enter(thomas, world, SPOUSE.email)
        await do_everything(eleanor, path_of(journey))
        await journey.amend(account=account_form(investment_strategy="Cautious Income"))
        again = await see(eleanor, path_of(journey))
        repeated = await do_everything(eleanor, path_of(journey))
        await do_everything(thomas, path_of(journey))
        await at_stage(journey, Stage.ACTIVE)

    assert again["next_task"] is not None
    assert {task["state"] for task in again["tasks"] if task["key"] in repeated} == {"open"}
    assert all("accept it once more" in task["reason"] for task in again["tasks"] if task["key"] in repeated)


@pytest.mark.rule("P28")
async def test_terms_that_change_midway_are_opened_again(world: World, at_stage: AtStage) -> None:
    """The changed document alone is opened again, then the acceptance counts."""
    journey = await _awaiting(world, wrapper=Wrapper.GIA, joint=True)
    async with browser(application(world)) as http:
        await enter(http, world)
        for document in (await see(http, path_of(journey)))["documents"]:
            await http.post(f"{path_of(journey)}/documents/{document['document_id']}/open", json={"version": 1})
        published = world.platform.library.publish("platform-terms-of-business")
        fact = TermsSuperseded(
            document=DocumentView.model_validate(published.model_dump(include=set(DocumentView.model_fields))),
            published_at=await journey.now(),
        )
        await journey.handle.signal(OnboardingJourney.terms_superseded, fact)
        seen = {document["document_id"]: document for document in (await see(http, path_of(journey)))["documents"]}
        done = await do_everything(http, path_of(journey))

    assert [name for name, document in seen.items() if document["opened_at"] is None] == ["platform-terms-of-business"]
    assert "changed since you opened version 1" in seen["platform-terms-of-business"]["reason"]
    assert done == ["details", "platform_terms", "product_terms"]


@pytest.mark.rule("P47")
async def test_a_failed_mandate_is_replaced_by_the_client(world: World, at_stage: AtStage) -> None:
    """After activation the bank reports a failure; the client authorises the fresh mandate and nothing is left."""
    journey = await _awaiting(world, wrapper=Wrapper.GIA, direct_debit=True)
    async with browser(application(world)) as http:
        await enter(http, world)
        await do_everything(http, path_of(journey))
        mandate = (await at_stage(journey, Stage.ACTIVE)).records.platform_mandate
        assert mandate is not None
        world.platform.fail_mandate(mandate, "1")
        failed = MandateFailed(
            platform_mandate=mandate,
            event_id="failed-1",
            occurred_at=await journey.now(),
            reason_code="1",
            sentence_client="Your bank has cancelled the direct debit.",
            sentence_adviser="The client's bank has cancelled the direct debit.",
        )
        await journey.handle.signal(OnboardingJourney.mandate_failed, failed)
        await journey.until(lambda seen: seen.records.platform_mandate not in {None, mandate})

        async def landing() -> Any:
            return (await http.get("/portal/api/journeys")).json()["next"]

        # The portal reads the projection, which follows the workflow.
        landed = await journey.eventually(landing)
        done = await do_everything(http, path_of(journey))
        after = await journey.until(lambda seen: not seen.mandate_failed)

    assert landed == {"journey_id": journey.start.journey_id, "task": "direct_debit_mandate"}
    assert done == ["direct_debit_mandate"]
    assert after.stage is Stage.ACTIVE


@pytest.mark.rule("P22", "P41")
async def test_bank_details_that_fail_are_mended_by_the_client(world: World, at_stage: AtStage) -> None:
    """The first account is not confirmed; the second one is, and the account opens."""
    policy = BankDetailsPolicy.CLIENT_OR_ADVISER
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, bank_details_policy=policy))
    await journey.at(Stage.ILLUSTRATED)
    await journey.submit_details(bank=None)
    await journey.submit_application()
    client = str((await journey.at(Stage.AWAITING_CLIENT)).holders[0].platform_client)
    async with browser(application(world)) as http:
        await enter(http, world)
        await do(http, path_of(journey), "bank_details")
        await journey.until(lambda seen: seen.holders[0].bank_verification is CheckStatus.PASSED)
        world.platform.set_check(client, "bank", CheckStatus.FAILED, reason="name does not match")
        await journey.report_checks(world.platform, client)
        await journey.until(lambda seen: seen.holders[0].bank_verification is CheckStatus.FAILED)
        again = await see(http, path_of(journey))
        world.platform.set_check(client, "bank", CheckStatus.PASSED)
        other = {**BANK_DETAILS, "sort_code": "08-99-99", "account_number": "66374958"}
        given = await http.post(f"{path_of(journey)}/bank-details", json=other)
        await journey.until(lambda seen: seen.holders[0].bank_verification is CheckStatus.PASSED)
        await do_everything(http, path_of(journey))
        await at_stage(journey, Stage.ACTIVE)

    assert "bank_details" in {task["key"] for task in again["tasks"] if task["state"] == "open"}
    assert given.status_code == 200


@pytest.mark.rule("P15", "P49")
async def test_two_accounts_take_one_visit(world: World, at_stage: AtStage) -> None:
    """The platform terms are accepted on the first account; the second one needs its own terms alone."""
    isa = await _awaiting(world, external_reference="first")
    gia = await _awaiting(world, wrapper=Wrapper.GIA, external_reference="second")
    async with browser(application(world)) as http:
        await enter(http, world)
        await do(http, path_of(isa), "platform_terms")
        left = {task["key"]: task["state"] for task in (await see(http, path_of(gia)))["tasks"]}
        await do_everything(http, path_of(isa))
        await do_everything(http, path_of(gia))
        await at_stage(isa, Stage.ACTIVE)
        await at_stage(gia, Stage.ACTIVE)

    assert left["platform_terms"] == "done"
    assert left["product_terms"] == "open"
