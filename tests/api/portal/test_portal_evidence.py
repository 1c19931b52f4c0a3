"""Evidence before the signal, and what is told later when the engine, the worker or this process was away."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import Client

from api.app import create_app
from api.portal.person_journey import PersonJourney
from api.sweeper import run_sweeper, sweep
from domain.identity import workflow_id
from domain.journey import BankDetailsPolicy
from models.tables import EvidenceKind
from runtime.temporal import connect
from storage.audit import AuditRepository
from storage.evidence import EvidenceRepository, NewEvidence
from tests.api.portal.conftest import NOBODY_LISTENS, NOW, PERSON, Portal, settings
from tests.api.portal.stand_in import StandInJourney
from tests.conftest import Eventually

LATER = NOW + timedelta(minutes=1)


async def _unreachable(temporal: Client) -> Client:
    """Return a connection to a namespace that is not there: every call fails as it does when the engine is away."""
    return await connect(temporal.service_client.config.target_host, "no-such-namespace")


@pytest.mark.rule("P46")
async def test_a_signal_that_fails_is_no_error_for_the_client_and_is_sent_later(
    portal: Portal, portal_temporal: Client
) -> None:
    """The engine is away: the client's act is kept and counts; when it is back the journey hears of it, once."""
    services = portal.services
    await portal.sign_in()
    portal.app.state.services = replace(services, temporal=await _unreachable(portal_temporal))
    answer = await portal.open("platform-terms-of-business")
    before = (await portal.evidence())[0]
    unheard = await portal.heard()
    settled = [await sweep(services, LATER), await sweep(services, LATER)]
    after = (await portal.evidence())[0]

    assert answer.status_code == 200
    assert before.signalled_at is None
    assert unheard == []
    assert settled == [1, 0]
    assert after.signalled_at is not None
    assert [heard.evidence_id for heard in await portal.heard()] == [after.evidence_id]


@pytest.mark.rule("P46")
async def test_every_kind_of_act_is_told_from_its_evidence_alone(portal: Portal) -> None:
    """What the sweeper sends is what the route would have sent, for every kind, in the order of the acts."""
    payloads: dict[EvidenceKind, dict[str, object]] = {
        EvidenceKind.DETAILS_CONFIRMED: {"corrections": [{"field": "title", "old": "Mrs", "new": "Dr"}]},
        EvidenceKind.DOCUMENT_OPENED: {"document": {"document_id": "d", "version": 1}},
        EvidenceKind.PLATFORM_TERMS_ACCEPTED: {"documents": [{"document_id": "d", "version": 1}]},
        EvidenceKind.PRODUCT_TERMS_ACCEPTED: {"documents": [{"document_id": "d", "version": 1}]},
        EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED: {"route": "online"},
        EvidenceKind.BANK_DETAILS_SUBMITTED: {
            "bank_details": {"account_holder": "E Marsh", "sort_code": "200000", "account_number": "55779911"}
        },
        EvidenceKind.JOURNEY_DECLINED: {},
        EvidenceKind.HELP_REQUESTED: {},
        EvidenceKind.STATEMENT_CORRECTED: {"corrections": [{"field": "title", "old": "Mrs", "new": "Dr"}]},
    }
    async with portal.services.database.transaction() as database:
        for seconds, (kind, payload) in enumerate(payloads.items()):
            act = NewEvidence(
                journey_id=portal.journey_id,
                person_id=PERSON,
                kind=kind,
                occurred_at=NOW + timedelta(seconds=seconds),
                payload=payload,  # type: ignore[arg-type]
            )
            await EvidenceRepository(database).append(act)

    assert await sweep(portal.services, LATER) == len(EvidenceKind)
    assert [heard.signal for heard in await portal.heard()] == [
        "client_details_confirmed",
        "document_opened",
        "platform_terms_accepted",
        "product_terms_accepted",
        "direct_debit_mandate_accepted",
        "bank_details_submitted",
        "journey_declined",
        "help_requested",
        "statement_corrected",
    ]
    assert all(row.payload is None for row in await portal.evidence())
    assert await portal.chain_holds()


async def test_acts_of_this_moment_are_left_to_the_request_that_records_them(portal: Portal) -> None:
    """The sweeper does not race the request."""
    await _unsignalled_opening(portal)

    assert await sweep(portal.services, NOW) == 0
    assert await portal.heard() == []


async def test_a_closed_journey_is_given_up_with_a_note(portal: Portal) -> None:
    """An act that came too late for its journey is not tried for ever, and somebody can find out."""
    await _unsignalled_opening(portal)
    await portal.handle.signal(StandInJourney.end)
    await portal.handle.result()

    assert await sweep(portal.services, LATER) == 1
    assert (await portal.evidence())[0].signalled_at is not None
    async with portal.services.database.reading() as database:
        (note,) = await AuditRepository(database).of_journey(portal.journey_id)
    assert (note.action, note.firm, note.actor_id) == ("signal_given_up", "harbour", "sweeper")
    assert note.details["evidence_id"] == (await portal.evidence())[0].evidence_id


async def test_what_cannot_be_read_does_not_hold_up_the_rest(portal: Portal) -> None:
    """One broken row stays for a person to look at; the one behind it is sent."""
    async with portal.services.database.transaction() as database:
        broken = NewEvidence(
            journey_id=portal.journey_id,
            person_id=PERSON,
            kind=EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
            occurred_at=NOW - timedelta(seconds=1),
        )
        await EvidenceRepository(database).append(broken)
    await _unsignalled_opening(portal)

    assert await sweep(portal.services, LATER) == 1
    assert [row.signalled_at is None for row in await portal.evidence()] == [True, False]


async def test_the_sweeper_keeps_sweeping(portal: Portal, eventually: Eventually) -> None:
    """Started with the application it needs nobody to call it."""
    services = replace(portal.services, settings=settings(sweep_interval=timedelta(milliseconds=20)))
    sweeping = asyncio.create_task(run_sweeper(services))
    try:
        await _unsignalled_opening(portal)
        await eventually(portal.heard)
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


@pytest.mark.rule("P26", "P46")
async def test_the_portal_works_while_the_worker_is_down(portal: Portal, portal_temporal: Client) -> None:
    """The journey does not answer: its last report and the client's own evidence carry the client on."""
    silent = f"{portal.journey_id}-silent"
    progress = await portal.progress(journey_id=silent, policy=BankDetailsPolicy.CLIENT_OR_ADVISER)
    handle = await portal_temporal.start_workflow(
        StandInJourney.run, progress, id=workflow_id(silent), task_queue=NOBODY_LISTENS
    )
    await portal.project(progress)
    await portal.sign_in()
    path = f"/portal/api/journeys/{silent}"
    confirmed = await portal.http.post(f"{path}/details", json={})
    detail = (await portal.http.get(path)).json()
    await handle.terminate("the test is over")

    assert confirmed.status_code == 200
    assert detail["next_task"] == "platform_terms"
    async with portal.services.database.reading() as database:
        (row,) = await EvidenceRepository(database).of_journey(silent)
    assert row.signalled_at is not None


async def test_the_evidence_of_one_act_is_complete(portal: Portal) -> None:
    """Who, what, when, which bytes, from where, and how they proved who they are."""
    await portal.sign_in()
    await portal.http.post(
        f"{portal.path}/documents/platform-terms-of-business/open",
        json={"version": 1},
        headers={"User-Agent": "A browser"},
    )
    (row,) = await portal.evidence()

    assert (row.person_id, row.capacity, row.occurred_at) == (PERSON, "self", NOW)
    assert (row.ip, row.user_agent) == ("127.0.0.1", "A browser")
    assert row.authentication == "password at 2026-11-23T09:30:00+00:00"
    assert len(str(row.session_ref)) == 16
    assert row.record_hash
    assert await portal.chain_holds()


def test_the_portal_is_part_of_the_application(portal: Portal) -> None:
    """Every route of the portal has a stable name of its own in the published description."""
    operations = [
        operation["operationId"]
        for path, item in create_app(portal.services).openapi()["paths"].items()
        if path.startswith("/portal/api")
        for operation in item.values()
    ]

    assert len(operations) == len(set(operations)) == 21


async def test_an_act_counts_once_however_often_it_is_added(portal: Portal) -> None:
    """Evidence that was read before is not counted a second time."""
    await _unsignalled_opening(portal)
    (row,) = await portal.evidence()
    journey = PersonJourney(PERSON, await portal.progress(), ())

    assert journey.with_act(row).with_act(row).evidence == (row,)


async def _unsignalled_opening(portal: Portal) -> None:
    async with portal.services.database.transaction() as database:
        await EvidenceRepository(database).append(
            NewEvidence(
                journey_id=portal.journey_id,
                person_id=PERSON,
                kind=EvidenceKind.DOCUMENT_OPENED,
                occurred_at=NOW,
                payload={"document": {"document_id": "d", "version": 1}},
            )
        )
