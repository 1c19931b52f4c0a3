"""What the workflow may report of a journey, and further journeys of the same person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from temporalio.client import WorkflowHandle

from domain.identity import workflow_id
from domain.journey import CheckStatus, DocumentKind, GateKind, Party, PartyRole
from models.messages import GateView, HolderView, Progress, TimelineEntry
from tests.api.portal.conftest import NOW, PERSON, QUEUE, Portal
from tests.api.portal.stand_in import StandInJourney

TERMS = "platform-terms-of-business"
KEY_FACTS = "key-facts-charges-privacy"
ISA = "isa-terms-and-key-features"


def gate(kind: GateKind, met_at: datetime | None = None, person: str | None = PERSON) -> GateView:
    """Return a gate: met at a moment, or awaited from the client."""
    return GateView(
        kind=kind, person_id=person, met=met_at is not None, since=met_at or NOW, awaited_from=Party.CLIENT, detail=""
    )


def open_gates(person: str = PERSON, **met: datetime | None) -> list[GateView]:
    """Return the gates of both terms and of the mandate, each met at the moment named, if one is."""
    return [
        gate(kind, met.get(kind.value), None if kind is GateKind.DIRECT_DEBIT_MANDATE else person)
        for kind in (GateKind.PLATFORM_TERMS, GateKind.PRODUCT_TERMS, GateKind.DIRECT_DEBIT_MANDATE)
    ]


def noted(at: datetime) -> list[TimelineEntry]:
    """Return the timeline of a journey that last noted something at this moment."""
    return [TimelineEntry(at=at, by="system", event="something happened")]


def party(person: str, role: PartyRole = PartyRole.HOLDER, **changes: object) -> HolderView:
    """Return a party of a journey."""
    values: dict[str, object] = {
        "person_id": person,
        "role": role,
        "plannr_account": f"account-of-{person}",
        "platform_client": None,
        "details_confirmed_at": None,
        "platform_terms_accepted_before": False,
        "bank_details_given": True,
        "identity_check": CheckStatus.PENDING,
        "bank_verification": CheckStatus.NOT_STARTED,
    }
    return HolderView.model_validate(values | changes)


async def show(portal: Portal, progress: Progress, **changes: object) -> None:
    """Let the journey report this progress with these changes."""
    await portal.show(progress.model_copy(update=changes))


@asynccontextmanager
async def another(portal: Portal, progress: Progress) -> AsyncIterator["WorkflowHandle[StandInJourney, str]"]:
    """Run another journey that reports this progress."""
    handle = await portal.services.temporal.start_workflow(
        StandInJourney.run, progress, id=workflow_id(progress.journey_id), task_queue=QUEUE
    )
    await portal.project(progress)
    try:
        yield handle
    finally:
        await handle.terminate("the test is over")


async def tasks(portal: Portal, path: str | None = None) -> dict[str, dict[str, str]]:
    """Return the client's tasks by their key."""
    answer = await portal.http.get(path or portal.path)
    assert answer.status_code == 200, answer.text
    return {task["key"]: task for task in answer.json()["tasks"]}


async def accept(portal: Portal, kind: DocumentKind, *, path: str | None = None, opening: bool = True) -> Any:
    """Open what these terms ask for, if wanted, and accept them."""
    path = path or portal.path
    listed = []
    for document in (await portal.http.get(path)).json()["documents"]:
        if document["kind"] == kind:
            listed.append({"document_id": document["document_id"], "version": document["version"]})
            if opening:
                opened = await portal.http.post(
                    f"{path}/documents/{document['document_id']}/open", json={"version": document["version"]}
                )
                assert opened.status_code == 200, opened.text
    body = {"documents": listed, "accepted": True, "declaration_accepted": True}
    return await portal.http.post(f"{path}/{kind.value.replace('_', '-')}", json=body)
