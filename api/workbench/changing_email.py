"""Correcting a client's e-mail address, and offering a fresh invitation to the right one (A9, P34, P48)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import Problem
from api.web.forms import FieldError, Typed, nested, read_form, validate
from api.workbench.asking import Asking, AskingDep, names_of, on_the_page, reason_errors
from api.workbench.details_words import LABELS
from domain.journey import Stage
from models.commands import Amend, HolderDetails
from models.messages import HolderDetailsView, HolderView, Progress
from models.people import KnownDetails
from storage.journeys import JourneyRepository
from storage.people import PersonRepository
from workflows.onboarding import OnboardingJourney

WORD: Final = "change-email"
TITLE: Final = "Correct a client's e-mail address"
_SAME: Final = FieldError("email", "This is the address that the journey has already. Enter the right one.")

router = APIRouter(prefix="/journeys/{journey_id}")


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else who has the address already (P34).

    Attributes:
        sentence: What is in the way, without naming them.
        journeys: Their journeys that this firm may see, as id and reference.
    """

    sentence: str
    journeys: list[tuple[str, str]]


@router.get("/change-email")
async def show_email(asking: AskingDep) -> Response:
    """Show the addresses as they are, and what a change leads to."""
    progress = await asking.journeys.get(asking.journey_id)
    return asking.refusal(progress, WORD, TITLE) or await _form(asking, progress)


@router.post("/change-email")
async def change_email(asking: AskingDep) -> Response:
    """Give both systems the right address; the client's acceptances stand (P44)."""
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    desk = asking.desk(typed)
    parties = {party.person_id: party for party in await asking.journeys.client_details(asking.journey_id)}
    person, email, errors = _read(progress, parties, typed)
    next_page = "/resend-invitation" if progress.stage is Stage.AWAITING_CLIENT else ""
    if errors == [_SAME] and desk.expected_version != progress.version:
        # The same form was sent before: the address is there already.
        return asking.done(WORD, next_page=next_page)
    if errors or person is None or email is None:
        return await _form(asking, progress, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    clash = await _clash(asking, person, parties, email)
    if clash is not None:
        errors = [FieldError("email", clash.sentence)]
        return await _form(asking, progress, typed=typed, status=HTTPStatus.CONFLICT, errors=errors, clash=clash)
    command = Amend(
        actor=desk.adviser.actor,
        reason=typed["reason"],
        expected_version=desk.expected_version,
        holders=[HolderDetails(person_id=person.person_id, details=KnownDetails(email=email))],
        settles=[],
    )
    try:
        answer = await desk.give(
            asking.journey_id, "change_email", command, OnboardingJourney.amend, forms=command.holders
        )
    except Problem as problem:
        status, errors = on_the_page(problem)
        progress = await asking.journeys.get(asking.journey_id)
        refused = asking.refusal(progress, WORD, TITLE)
        return refused or await _form(asking, progress, typed=typed, status=status, errors=errors)
    return asking.done(WORD, answer, next_page=next_page)


def _read(
    progress: Progress, parties: dict[str, HolderDetailsView], typed: Typed
) -> tuple[HolderView | None, str | None, list[FieldError]]:
    """Return whose address it is and what it shall be, or what is wrong with the form."""
    errors = reason_errors(typed)
    acting = {holder.person_id: holder for holder in progress.holders if holder.role.acts}
    person = acting.get(typed["person_id"])
    if person is None:
        return None, None, [FieldError("person_id", "Choose whose address it is."), *errors]
    if not typed["email"]:
        return person, None, [FieldError("email", "Enter the e-mail address."), *errors]
    found, wrong = validate(KnownDetails, nested({"email": typed["email"]}), LABELS)
    errors = [*wrong, *errors]
    email = found.email if found else None
    if email is not None and email == parties[person.person_id].details.email:
        errors.append(_SAME)
    return person, email, errors


async def _clash(asking: Asking, person: HolderView, parties: dict[str, HolderDetailsView], email: str) -> Clash | None:
    """Return who else has the address: on this journey, on the platform, or in the portal (P34)."""
    folded = email.casefold()
    for other in parties.values():
        if other.person_id != person.person_id and (other.details.email or "").casefold() == folded:
            return Clash("Somebody else on this journey has this address, and each needs one of their own.", [])
    client = await asking.services.platform.find_client(email=email)
    taken = client is not None and client.client != person.platform_client
    async with asking.services.database.reading() as session:
        login = await PersonRepository(session).by_email(email)
        if not taken and (login is None or login.person_id == person.person_id):
            return None
        theirs = await _journeys_of(
            session, asking, client.client if client and taken else None, login.person_id if login else None
        )
    return Clash(
        "Another client has this address already. If it is right for this client too, "
        "each of them still needs an address of their own.",
        theirs,
    )


async def _journeys_of(
    session: AsyncSession, asking: Asking, client: str | None, person_id: str | None
) -> list[tuple[str, str]]:
    """Return the journeys of whoever has the address, as far as this firm may see them."""
    repository, firm = JourneyRepository(session), asking.visit.adviser.firm.id
    found = await repository.running_of_platform_client(client) if client else []
    rows = [await repository.get(journey_id, firm=firm) for journey_id in found]
    rows += await repository.for_person(person_id) if person_id else []
    seen = {row.journey_id: row.external_reference for row in rows if row is not None and row.firm == firm}
    return [(journey_id, reference) for journey_id, reference in seen.items() if journey_id != asking.journey_id]


async def _form(
    asking: Asking,
    progress: Progress,
    *,
    typed: Typed | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    errors: list[FieldError] | None = None,
    clash: Clash | None = None,
) -> Response:
    parties = await asking.journeys.client_details(asking.journey_id)
    names, chosen = names_of(parties), (typed or Typed())["person_id"]
    emails = {party.person_id: party.details.email or "none yet" for party in parties}
    people = [
        {
            "value": holder.person_id,
            "text": names[holder.person_id],
            "hint": {"text": f"Now: {emails[holder.person_id]}"},
            "checked": chosen == holder.person_id,
        }
        for holder in progress.holders
        if holder.role.acts
    ]
    return asking.page(
        "workbench/change_email.html",
        progress,
        typed=typed,
        status=status,
        errors=errors,
        title=TITLE,
        people=people,
        clash=clash,
        awaiting=progress.stage is Stage.AWAITING_CLIENT,
    )
