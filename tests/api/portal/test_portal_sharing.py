"""Platform terms once a person, however many accounts are opened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.sweeper import sweep
from domain.journey import DocumentKind, GateKind, Stage, Wrapper
from models.tables import EvidenceKind, EvidenceRow
from runtime.temporal import connect
from storage.evidence import EvidenceRepository
from tests.api.portal.conftest import NOW, STRANGER, Portal, expect_problem
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS, accept, another, gate, noted, open_gates, show, tasks
from tests.api.portal.stand_in import StandInJourney

PLATFORM = DocumentKind.PLATFORM_TERMS


def _second(portal: Portal) -> str:
    return f"{portal.journey_id}-second"


def _path(portal: Portal) -> str:
    return f"/portal/api/journeys/{_second(portal)}"


async def _rows(portal: Portal, journey_id: str) -> list[EvidenceRow]:
    async with portal.services.database.reading() as database:
        repository = EvidenceRepository(database)
        assert await repository.verify_chain(journey_id)
        return await repository.of_journey(journey_id)


@pytest.mark.rule("P49", "P24")
async def test_a_platform_document_is_opened_once_for_all_accounts(portal: Portal) -> None:
    """Both journeys have evidence of their own and hear of it; the second account does not ask again."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia) as handle:
        await portal.sign_in()
        await portal.open(TERMS)
        (here,), (there,) = await portal.evidence(), await _rows(portal, _second(portal))
        (heard,) = await handle.query(StandInJourney.heard)
        reason = (await tasks(portal, _path(portal)))["platform_terms"]["reason"]

    assert here.evidence_id != there.evidence_id
    assert (there.document_id, there.sha256, there.occurred_at) == (TERMS, here.sha256, here.occurred_at)
    assert (there.session_ref, there.ip, there.authentication) == (here.session_ref, here.ip, here.authentication)
    assert (heard.signal, heard.evidence_id) == ("document_opened", there.evidence_id)
    assert reason == "Open 1 more document to continue: Key facts, charges and privacy notice."


@pytest.mark.rule("P15", "P49")
async def test_the_platform_terms_are_accepted_once_for_all_accounts(portal: Portal) -> None:
    """One visit: the second account is left with its own terms alone."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia) as handle:
        await portal.sign_in()
        assert (await accept(portal, PLATFORM)).status_code == 200
        left = await tasks(portal, _path(portal))
        heard = await handle.query(StandInJourney.heard)

    accepted = (await _rows(portal, _second(portal)))[-1]
    assert left["platform_terms"]["state"] == "done"
    assert left["product_terms"]["state"] == "open"
    assert [one.signal for one in heard] == ["document_opened", "document_opened", "platform_terms_accepted"]
    assert accepted.statement == (await portal.evidence())[-1].statement
    assert {document["document_id"] for document in accepted.documents} == {TERMS, KEY_FACTS}


@pytest.mark.rule("P49", "P46")
async def test_shared_acts_are_recorded_once(portal: Portal) -> None:
    """Clicking again, on either journey, and looking again adds nothing."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia) as handle:
        await portal.sign_in()
        await accept(portal, PLATFORM)
        await accept(portal, PLATFORM)
        await accept(portal, PLATFORM, path=_path(portal))
        await portal.http.get("/portal/api/journeys")
        heard = await handle.query(StandInJourney.heard)

    assert len(await portal.evidence()) == len(await _rows(portal, _second(portal))) == len(heard) == 3


@pytest.mark.rule("P25", "P49")
async def test_product_terms_stay_with_their_account(portal: Portal) -> None:
    """Two ISA journeys ask for their own acceptance each."""
    async with another(portal, await portal.progress(journey_id=_second(portal))):
        await portal.sign_in()
        await portal.open(ISA)
        await accept(portal, DocumentKind.PRODUCT_TERMS)

    assert await _rows(portal, _second(portal)) == []


@pytest.mark.rule("P28", "P49")
async def test_another_version_is_another_document(portal: Portal) -> None:
    """What is in force there and was not opened here has to be opened there; its acceptance is not taken over."""
    older = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    portal.platform.library.publish(TERMS)
    await portal.show(await portal.progress())
    async with another(portal, older):
        await portal.sign_in()
        await accept(portal, PLATFORM)
        opened = await _rows(portal, _second(portal))
        left = await tasks(portal, _path(portal))

    assert [row.document_id for row in opened] == [KEY_FACTS]
    assert left["platform_terms"]["reason"] == "Open 1 more document to continue: Platform terms of business."


@pytest.mark.rule("P15", "P49")
async def test_an_account_that_asks_later_finds_the_terms_accepted(portal: Portal) -> None:
    """The client comes back to a second account: the evidence says when they really accepted."""
    await portal.sign_in()
    await accept(portal, PLATFORM)
    portal.now = NOW + timedelta(minutes=20)
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    later = gia.model_copy(update={"stage_since": NOW + timedelta(minutes=10), "gates": open_gates()})
    async with another(portal, later) as handle:
        listed = (await portal.http.get("/portal/api/journeys")).json()["journeys"]
        left = await tasks(portal, _path(portal))
        heard = await handle.query(StandInJourney.heard)

    states = {
        journey["journey_id"]: {task["key"]: task["state"] for task in journey["tasks"]}["platform_terms"]
        for journey in listed
    }
    assert states == {portal.journey_id: "done", _second(portal): "done"}
    assert left["platform_terms"]["state"] == "done"
    assert heard[-1].signal == "platform_terms_accepted"
    assert {row.occurred_at for row in await _rows(portal, _second(portal))} == {NOW}


@pytest.mark.rule("P44", "P49")
async def test_a_void_acceptance_is_not_brought_back_by_another_account(portal: Portal) -> None:
    """After an amendment of the second account its terms have to be accepted again, by a new act."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia.model_copy(update={"gates": open_gates()})) as handle:
        await portal.sign_in()
        await accept(portal, PLATFORM)
        amended = gia.model_copy(
            update={"gates": open_gates(), "timeline": noted(NOW + timedelta(hours=1)), "version": gia.version + 1}
        )
        await handle.signal(StandInJourney.show, amended)
        await portal.project(amended)
        before = await tasks(portal, _path(portal))
        portal.now = NOW + timedelta(hours=2)
        await portal.sign_in()
        await accept(portal, PLATFORM, path=_path(portal), opening=False)
        rows = await _rows(portal, _second(portal))

    assert before["platform_terms"]["state"] == "open"
    assert [row.kind for row in rows[2:]] == [EvidenceKind.PLATFORM_TERMS_ACCEPTED] * 2
    assert rows[-1].occurred_at == NOW + timedelta(hours=2)


@pytest.mark.rule("P49")
@pytest.mark.parametrize("stage", [Stage.APPLICATION_DRAFT, Stage.ACTIVE, Stage.WITHDRAWN])
async def test_only_running_journeys_share(portal: Portal, stage: Stage) -> None:
    """A journey that does not wait for the client gets no evidence."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal), stage=stage)
    async with another(portal, gia):
        await portal.sign_in()
        await accept(portal, PLATFORM)

    assert await _rows(portal, _second(portal)) == []


@pytest.mark.rule("P15", "P49")
async def test_terms_that_are_settled_are_left_alone(portal: Portal) -> None:
    """Where the terms count already, nothing is written."""
    met = [gate(GateKind.PLATFORM_TERMS, NOW), gate(GateKind.PRODUCT_TERMS)]
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia.model_copy(update={"gates": met})):
        await portal.sign_in()
        await accept(portal, PLATFORM)

    assert await _rows(portal, _second(portal)) == []


@pytest.mark.rule("P30", "P49")
async def test_nothing_is_shared_between_people(portal: Portal) -> None:
    """What one client accepts counts for that client alone."""
    theirs = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal), person=STRANGER)
    async with another(portal, theirs):
        await portal.sign_in()
        await accept(portal, PLATFORM)
        expect_problem(await portal.http.get(_path(portal)), "journey-not-found", 404)

    assert await _rows(portal, _second(portal)) == []


@pytest.mark.rule("P46", "P49")
async def test_a_shared_act_that_is_not_heard_is_told_later(portal: Portal) -> None:
    """With the engine away both journeys keep their evidence, and hear of it from the sweeper."""
    temporal = portal.services.temporal
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=_second(portal))
    async with another(portal, gia) as handle:
        await portal.sign_in()
        away = await connect(temporal.service_client.config.target_host, "no-such-namespace")
        portal.app.state.services = replace(portal.services, temporal=away)
        assert (await portal.open(TERMS)).status_code == 200
        settled = await sweep(portal.services, NOW + timedelta(minutes=1))
        heard = [*await portal.heard(), *await handle.query(StandInJourney.heard)]

    assert settled == 2
    assert [one.signal for one in heard] == ["document_opened", "document_opened"]


@pytest.mark.rule("P15")
async def test_a_met_gate_is_a_done_task(portal: Portal) -> None:
    """The journey itself says what counts, also where this journey has no evidence of it."""
    progress = await portal.progress()
    await show(portal, progress, gates=open_gates(platform_terms=NOW))
    await portal.sign_in()

    assert (await tasks(portal))["platform_terms"]["state"] == "done"
