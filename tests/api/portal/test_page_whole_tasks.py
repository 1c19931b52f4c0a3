"""A client does their own tasks page by page on the real workflow, and comes back when something fails."""

import httpx
import pytest

from domain.journey import BankDetailsPolicy, Stage, Wrapper
from models.facts import MandateFailed
from tests.api.portal.page_reading import Page, press, visit
from tests.api.portal.visits import application, browser, do_everything, enter, path_of
from tests.journey_world import AtStage, Journey, World, at_stage, temporal_address, world
from workflows.onboarding import OnboardingJourney

__all__ = ["at_stage", "temporal_address", "world"]


async def _awaiting(world: World, policy: BankDetailsPolicy) -> Journey:
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, bank_details_policy=policy))
    await journey.at(Stage.ILLUSTRATED)
    await journey.submit_details(bank=None)
    await journey.submit_application(direct_debit=True)
    await journey.at(Stage.AWAITING_CLIENT)
    return journey


async def _question(world: World, http: httpx.AsyncClient, address: str) -> Page:
    """Look until the page asks its question: it says that the fresh mandate is not ready as long as that is so."""

    async def asked() -> Page | None:
        page = await visit(http, address)
        return page if [form for form in page.forms if "Continue" in form.buttons] else None

    found = await world.eventually(asked)
    assert isinstance(found, Page)
    return found


async def _authorise(http: httpx.AsyncClient, question: Page) -> Page:
    chosen = await press(http, question, "Continue", sole_signatory="yes")
    guarantee = await visit(http, chosen.headers["location"])
    answer = await press(http, guarantee, "I agree, set up this direct debit")
    return await visit(http, answer.headers["location"])


@pytest.mark.rule("P21", "P22", "P23", "P26", "P47")
async def test_from_the_details_to_a_direct_debit_and_to_a_fresh_one(world: World, at_stage: AtStage) -> None:
    """Each page leads to the next task; the journey hears it all, and the failed mandate is replaced on its page."""
    journey = await _awaiting(world, BankDetailsPolicy.CLIENT_OR_ADVISER)
    base = f"/portal/journeys/{journey.start.journey_id}"
    async with browser(application(world)) as http:
        await enter(http, world)
        details = await visit(http, f"{base}/details/correct")
        check = Page(await press(http, details, "Look over my changes", **{"address.county": "Kent"}))
        bank = await visit(http, (await press(http, check, "Send to my adviser")).headers["location"])
        typed = {"sort_code": "20-00-00", "account_number": "55779911"}
        question = await visit(http, (await press(http, bank, "Save my bank account", **typed)).headers["location"])
        done = await _authorise(http, question)
        seen = await journey.until(lambda progress: bool(progress.change_requests))
        pending = await visit(http, f"{base}/details")
        left = await do_everything(http, path_of(journey))
        mandate = (await at_stage(journey, Stage.ACTIVE)).records.platform_mandate
        assert mandate is not None
        world.platform.fail_mandate(mandate, "1")
        failed = MandateFailed(
            platform_mandate=mandate,
            event_id="failed-1",
            occurred_at=await journey.now(),
            reason_code="1",
            needs_new_mandate=True,
            sentence_client="Your bank has cancelled the direct debit.",
            sentence_adviser="The client's bank has cancelled the direct debit.",
        )
        await journey.handle.signal(OnboardingJourney.mandate_failed, failed)
        await journey.until(lambda progress: progress.records.platform_mandate not in {None, mandate})
        again = await _question(world, http, f"{base}/direct-debit")
        renewed = await _authorise(http, again)
        await journey.until(lambda progress: not progress.mandate_failed)

    assert [page.heading for page in (bank, question, done)] == [
        "Your bank account",
        "Your direct debit",
        "Your direct debit is authorised",
    ]
    assert done.links["Continue"] == f"{base}/platform-terms"
    (asked,) = seen.change_requests[0].corrections
    assert (asked.field, asked.old, asked.new) == ("address.county", "", "Kent")
    assert "County Nothing Kent" in pending.words
    assert left == ["platform_terms", "product_terms"]
    assert "Your bank has told us that the direct debit no longer works" in again.words
    assert (renewed.heading, renewed.links["Continue"]) == ("Your direct debit is authorised", "/portal")


@pytest.mark.rule("P27", "P30")
async def test_one_of_two_declines_on_the_page(world: World, at_stage: AtStage) -> None:
    """The journey ends, everyone is written to, and whoever asks afterwards reads a calm page."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.at(Stage.ILLUSTRATED)
    await journey.await_client()
    base = f"/portal/journeys/{journey.start.journey_id}"
    async with browser(application(world)) as http:
        await enter(http, world)
        task = await visit(http, f"{base}/details")
        helped = await visit(http, (await press(http, task, "Ask my adviser")).headers["location"])
        await world.eventually(lambda: "adviser_help_requested" in world.told())
        page = await visit(http, f"{base}/decline")
        answer = await press(http, page, "Decline this account", confirm="yes")
        await at_stage(journey, Stage.DECLINED)
        after = await visit(http, answer.headers["location"])

    assert helped.heading == "Your adviser has been told"
    assert "It ends for everyone named in it" in page.words
    assert after.heading == "This application has ended"
    await world.eventually(lambda: "adviser_journey_declined" in world.told())
