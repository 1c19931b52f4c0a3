"""A client in the portal of a world with the real workflow: their browser, their link, and doing what is asked next."""

import re
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from runtime.services import Services
from tests.api.portal.conftest import PASSWORD, settings
from tests.journey_world import Journey, World
from tests.sample_client import KNOWN

PUBLIC_URL = "http://portal.example"
BANK_DETAILS = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}


def application(world: World) -> FastAPI:
    """Return the application over a world's database, systems and engine."""
    return create_app(
        Services(
            settings=settings(public_url=PUBLIC_URL, secret_key="0" * 32),
            database=world.database,
            plannr=world.plannr,
            platform=world.platform,
            mail=world.mail,
            bank_details=UkModCheckAdapter(),
            temporal=world.temporal,
        )
    )


def browser(app: FastAPI) -> httpx.AsyncClient:
    """Return a browser of its own."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL)


def invitation_token(world: World, address: str | None = KNOWN.email) -> str:
    """Return the token of the link in the newest e-mail to this address that has one."""
    found = [
        str(link)
        for message in world.mail.sent
        if message.to_address == address
        for link in re.findall(rf"{PUBLIC_URL}/portal/invitations/(\S+)", message.text)
    ]
    return found[-1]


def path_of(journey: Journey) -> str:
    """Return a journey's address in the portal."""
    return f"/portal/api/journeys/{journey.start.journey_id}"


async def enter(http: httpx.AsyncClient, world: World, address: str | None = KNOWN.email) -> None:
    """Follow the link in the e-mail and set a password."""
    body = {"token": invitation_token(world, address), "password": PASSWORD}
    answer = await http.post("/portal/api/password", json=body)
    assert answer.status_code == 201, answer.text


async def see(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """Look at a journey."""
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def do(http: httpx.AsyncClient, path: str, task: str) -> dict[str, Any]:
    """Do what a task asks."""
    match task:
        case "details":
            answer = await http.post(f"{path}/details", json={})
        case "bank_details":
            answer = await http.post(f"{path}/bank-details", json=BANK_DETAILS)
        case "direct_debit_mandate":
            shown = (await http.get(f"{path}/direct-debit-mandate")).json()
            body = {"sole_signatory": True, "guarantee_version": shown["guarantee"]["version"]}
            answer = await http.post(f"{path}/direct-debit-mandate", json=body)
        case _:
            answer = await _accept(http, path, task)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def do_everything(http: httpx.AsyncClient, path: str) -> list[str]:
    """Do the next task until there is none; return what was done."""
    done: list[str] = []
    while (task := (await see(http, path))["next_task"]) is not None:
        assert len(done) < 10, f"no end to it: {done}"
        done.append(task)
        await do(http, path, task)
    return done


async def _accept(http: httpx.AsyncClient, path: str, kind: str) -> httpx.Response:
    documents = [document for document in (await see(http, path))["documents"] if document["kind"] == kind]
    for document in documents:
        if document["opened_at"] is None:
            await http.post(f"{path}/documents/{document['document_id']}/open", json={"version": document["version"]})
    listed = [{"document_id": document["document_id"], "version": document["version"]} for document in documents]
    body = {"documents": listed, "accepted": True, "declaration_accepted": True}
    return await http.post(f"{path}/{kind.replace('_', '-')}", json=body)
