"""A client goes through the portal, from the link in the e-mail to the open account, on the real workflow."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.dependencies import current_moment
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from domain.journey import BankDetailsPolicy, Stage, Wrapper
from runtime.services import Services
from storage.evidence import EvidenceRepository
from tests.api.portal.conftest import PASSWORD, settings
from tests.journey_world import AtStage, World, at_stage, temporal_address, world
from tests.sample_client import KNOWN

__all__ = ["at_stage", "temporal_address", "world"]

PUBLIC_URL = "http://portal.example"
BANK_DETAILS = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}


def _application(world: World) -> FastAPI:
    services = Services(
        settings=settings(public_url=PUBLIC_URL, secret_key="0" * 32),
        database=world.database,
        plannr=world.plannr,
        platform=world.platform,
        mail=world.mail,
        bank_details=UkModCheckAdapter(),
        temporal=world.temporal,
    )
    return create_app(services)


def _browser(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL)


def _token(world: World) -> str:
    """Return the token of the link in the newest e-mail."""
    return str(re.findall(rf"{PUBLIC_URL}/portal/invitations/(\S+)", world.mail.sent[-1].text)[0])


async def _accept(http: httpx.AsyncClient, path: str, kind: str, journey: dict[str, Any]) -> httpx.Response:
    documents = [document for document in journey["documents"] if document["kind"] == kind]
    for document in documents:
        await http.post(f"{path}/documents/{document['document_id']}/open", json={"version": document["version"]})
    listed = [{"document_id": document["document_id"], "version": document["version"]} for document in documents]
    body = {"documents": listed, "accepted": True, "declaration_accepted": True}
    return await http.post(f"{path}/{kind.replace('_', '-')}", json=body)


async def _do(http: httpx.AsyncClient, path: str, task: str, journey: dict[str, Any]) -> httpx.Response:
    """Do what a task asks."""
    match task:
        case "details":
            return await http.post(f"{path}/details", json={})
        case "bank_details":
            return await http.post(f"{path}/bank-details", json=BANK_DETAILS)
        case "direct_debit_mandate":
            shown = (await http.get(f"{path}/direct-debit-mandate")).json()
            answer = {"sole_signatory": True, "guarantee_version": shown["guarantee"]["version"]}
            return await http.post(f"{path}/direct-debit-mandate", json=answer)
        case _:
            return await _accept(http, path, task, journey)


@pytest.mark.rule("P14", "P20", "P21", "P22", "P23", "P24", "P25", "P26")
@pytest.mark.parametrize(
    ("wrapper", "policy", "expected"),
    [
        (Wrapper.ISA, BankDetailsPolicy.ADVISER, ["details", "platform_terms", "product_terms"]),
        (
            Wrapper.GIA,
            BankDetailsPolicy.CLIENT_OR_ADVISER,
            ["details", "bank_details", "direct_debit_mandate", "platform_terms", "product_terms"],
        ),
    ],
)
async def test_following_the_next_task_opens_the_account(
    world: World, at_stage: AtStage, wrapper: Wrapper, policy: BankDetailsPolicy, expected: list[str]
) -> None:
    """The link, a password, then always the next task: the account is active and every act is evidence."""
    clients_turn = policy is BankDetailsPolicy.CLIENT_OR_ADVISER
    journey = await world.begin(world.request(wrapper=wrapper, bank_details_policy=policy))
    await at_stage(journey, Stage.ILLUSTRATED)
    await (journey.submit_details(bank=None) if clients_turn else journey.submit_details())
    await journey.submit_application(direct_debit=clients_turn)
    await at_stage(journey, Stage.AWAITING_CLIENT)
    path, done = f"/portal/api/journeys/{journey.start.journey_id}", list[str]()

    async with _browser(_application(world)) as http:
        answer = await http.post("/portal/api/password", json={"token": _token(world), "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        landing = (await http.get("/portal/api/journeys")).json()["next"]
        assert landing == {"journey_id": journey.start.journey_id, "task": "details"}
        while (seen := (await http.get(path)).json())["next_task"] is not None:
            done.append(seen["next_task"])
            answer = await _do(http, path, seen["next_task"], seen)
            assert answer.status_code == 200, answer.text
        result = await journey.handle.result()
        after = (await http.get("/portal/api/journeys")).json()

    assert done == expected
    assert result.stage is Stage.ACTIVE
    assert after["next"] is None
    assert after["journeys"][0]["stage"] == "active"
    async with world.database.reading() as database:
        evidence = EvidenceRepository(database)
        assert await evidence.verify_chain(journey.start.journey_id)
        assert all(
            row.signalled_at and row.payload is None for row in await evidence.of_journey(journey.start.journey_id)
        )


@pytest.mark.rule("P20")
async def test_an_expired_link_brings_a_new_one_to_the_clients_mailbox(world: World, at_stage: AtStage) -> None:
    """Whoever asks with an expired link gets a fresh e-mail, whose link then works in place of the old one."""
    journey = await world.begin()
    await at_stage(journey, Stage.ILLUSTRATED)
    await journey.submit_details()
    await journey.submit_application()
    await at_stage(journey, Stage.AWAITING_CLIENT)

    app = _application(world)
    async with _browser(app) as http:
        first = _token(world)
        app.dependency_overrides[current_moment] = lambda: datetime.now(UTC) + timedelta(days=31)
        expired = await http.get(f"/portal/api/invitations/{first}")
        asked = await http.post(f"/portal/api/invitations/{first}/renewal")
        app.dependency_overrides.clear()
        await world.eventually(lambda: _token(world) != first)
        old, fresh = [await http.get(f"/portal/api/invitations/{token}") for token in (first, _token(world))]

    assert (expired.status_code, asked.status_code) == (410, 202)
    assert (old.status_code, fresh.status_code) == (410, 200)
    assert world.mail.sent[-1].to_address == KNOWN.email
