"""A client goes through the pages alone, from the task list to the open account, on the real workflow."""

import pytest

from domain.journey import Stage
from models.tables import EvidenceKind
from storage.evidence import EvidenceRepository
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS
from tests.api.portal.terms_pages import TermsPage
from tests.api.portal.visits import application, browser, enter
from tests.journey_world import AtStage, World, at_stage, temporal_address, world

__all__ = ["at_stage", "temporal_address", "world"]


@pytest.mark.rule("P14", "P15", "P24", "P25", "P26")
async def test_c13_the_last_button_opens_the_account(world: World, at_stage: AtStage) -> None:
    """Each page leads to the next; the workflow counts what was opened and ticked, and the account turns active."""
    journey = await world.begin(world.request())
    await at_stage(journey, Stage.ILLUSTRATED)
    await journey.submit_details()
    await journey.submit_application()
    await at_stage(journey, Stage.AWAITING_CLIENT)
    base = f"/portal/journeys/{journey.start.journey_id}"

    async with browser(application(world)) as http:
        await enter(http, world)
        answer = await http.post(f"{base}/details")
        for button, documents in (
            ("Accept and continue", (TERMS, KEY_FACTS)),
            ("Continue to check your answers", (ISA,)),
        ):
            page = TermsPage(await http.get(answer.headers["location"]))
            assert page.boxes["accepted"] == "disabled"
            for document in documents:
                answer = await http.post(f"{base}/documents/{document}/open", data={"version": "1", "format": "page"})
            page = TermsPage(await http.get(answer.headers["location"]))
            form = page.form(button)
            ticks = dict.fromkeys(form.choices, "yes")
            answer = await http.post(form.action, data={**form.fields, **ticks})
        check = TermsPage(await http.get(answer.headers["location"])).form("Accept and finish")
        answer = await http.post(check.action, data=check.fields)
        done = TermsPage(await http.get(answer.headers["location"]))
        await at_stage(journey, Stage.ACTIVE)
        opened = TermsPage(await http.get(answer.headers["location"]))

    async with world.database.reading() as database:
        evidence = EvidenceRepository(database)
        kinds = [row.kind for row in await evidence.of_journey(journey.start.journey_id)]
        assert await evidence.verify_chain(journey.start.journey_id)
    assert kinds == [
        EvidenceKind.DETAILS_CONFIRMED,
        EvidenceKind.DOCUMENT_OPENED,
        EvidenceKind.DOCUMENT_OPENED,
        EvidenceKind.PLATFORM_TERMS_ACCEPTED,
        EvidenceKind.DOCUMENT_OPENED,
        EvidenceKind.PRODUCT_TERMS_ACCEPTED,
    ]
    assert done.heading in {"Your part is done", "Your account is open"}
    assert opened.heading == "Your account is open"
