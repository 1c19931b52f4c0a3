"""A correction that a client asks for: shown old to new, made as an amendment, or closed without one (P21, P32)."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.commanding import CommandDesk
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from api.workbench.amendment_effects import lapses
from api.workbench.asking import Asking, AskingDep, names_of, on_the_page, reason_errors
from api.workbench.correcting import NotApplicable, corrected, find_request, held
from api.workbench.details_words import NAMES
from api.workbench.possible import why_not
from api.workbench.submitting import form_key
from domain.journey import Stage
from models.commands import Amend, HolderDetails, SettleCorrection
from models.messages import ChangeRequest, HolderDetailsView, Progress
from models.people import KnownDetails
from workflows.onboarding import OnboardingJourney

TITLE: Final = "A client asks for a correction"
FIELD_NAMES: Final = {
    **NAMES,
    "address.line_1": "Address line 1",
    "address.line_2": "Address line 2",
    "address.town_city": "Town or city",
    "address.county": "County",
    "address.postcode": "Postcode",
}
_DONE: Final = {"apply": "correction", "elsewhere": "correction-elsewhere", "keep": "correction-closed"}
_SETTLED: Final = "This request has been dealt with. The journey's timeline shows how."
_UNDECIDED: Final = FieldError("decision", "Choose what is to be done about the request.")

router = APIRouter(prefix="/journeys/{journey_id}")


@router.get("/corrections/{evidence_id}")
async def show_correction(asking: AskingDep, evidence_id: str) -> Response:
    """Show what the client asks for, old to new, and what making it would lead to."""
    progress = await asking.journeys.get(asking.journey_id)
    return await _page(asking, progress, evidence_id)


@router.post("/corrections/{evidence_id}")
async def settle_correction(asking: AskingDep, evidence_id: str) -> Response:
    """Make the correction in both systems, or close the request without it."""
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    desk, decision = asking.desk(typed), typed["decision"]
    request = find_request(progress, evidence_id)
    wrong = reason_errors(typed)
    if request is not None and decision not in _choices(progress):
        wrong.insert(0, _UNDECIDED)
    if wrong:
        return await _page(
            asking, progress, evidence_id, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=wrong
        )
    try:
        if decision == "apply" and request is not None:
            parties = await asking.journeys.client_details(asking.journey_id)
            answer = await _apply(desk, asking.journey_id, typed, corrected(request, parties), evidence_id)
        else:
            answer = await _close(desk, asking.journey_id, typed, evidence_id)
    except NotApplicable:
        wrong = [FieldError("decision", "This can't be taken over as it stands. Amend the details by hand.")]
        return await _page(
            asking, progress, evidence_id, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=wrong
        )
    except Problem as problem:
        status, errors = on_the_page(problem)
        progress = await asking.journeys.get(asking.journey_id)
        return await _page(asking, progress, evidence_id, typed=typed, status=status, errors=errors)
    return asking.done(_DONE.get(decision, _DONE["keep"]), answer)


async def _apply(
    desk: CommandDesk, journey_id: str, typed: Typed, form: HolderDetails, evidence_id: str
) -> JSONResponse:
    command = Amend(
        actor=desk.adviser.actor,
        reason=typed["reason"],
        expected_version=desk.expected_version,
        holders=[form],
        settles=[evidence_id],
    )
    return await desk.give(journey_id, "make_correction", command, OnboardingJourney.amend, forms=command.holders)


async def _close(desk: CommandDesk, journey_id: str, typed: Typed, evidence_id: str) -> JSONResponse:
    command = SettleCorrection(
        actor=desk.adviser.actor,
        reason=typed["reason"],
        expected_version=desk.expected_version,
        evidence_id=evidence_id,
    )
    return await desk.give(journey_id, "settle_correction", command, OnboardingJourney.settle_correction)


def _choices(progress: Progress) -> dict[str, tuple[str, str]]:
    """Return what can be decided, as words and what follows; after activation nothing can be amended here (P32)."""
    keep = (
        "Leave the details as they are",
        "The request is closed and nothing is changed. Your client is not written to, so please tell them why.",
    )
    if why_not(progress, "amend") is None:
        made = "Plannr and the platform both get the new details. Your client is not asked to check them again."
        return {"apply": ("Make the correction", made), "keep": keep}
    elsewhere = (
        "I have corrected it in Plannr and on the platform",
        "The request is closed. Nothing is changed from here, because the account form is no longer open.",
    )
    return {"elsewhere": elsewhere, "keep": keep}


async def _page(
    asking: Asking,
    progress: Progress,
    evidence_id: str,
    *,
    typed: Typed | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    errors: list[FieldError] | None = None,
) -> Response:
    request = find_request(progress, evidence_id)
    if request is None:
        return asking.page(
            "workbench/not_now.html", progress, status=HTTPStatus.CONFLICT, title=TITLE, sentence=_SETTLED
        )
    parties = await asking.journeys.client_details(asking.journey_id)
    choices = _choices(progress)
    lapsing, obstacle = await _effect(asking, progress, request, parties) if "apply" in choices else ([], "")
    chosen = (typed or Typed())["decision"]
    return asking.page(
        "workbench/correction.html",
        progress,
        typed=typed,
        status=status,
        errors=errors,
        title=TITLE,
        evidence_id=evidence_id,
        whose=names_of(parties).get(request.person_id, "The client"),
        asked_at=request.requested_at,
        rows=_rows(request, parties),
        lapses=lapsing,
        obstacle=obstacle,
        amendable="apply" in choices,
        statement=progress.stage is Stage.ACTIVE,
        choices=[
            {"value": value, "text": text, "hint": {"text": hint}, "checked": value == chosen}
            for value, (text, hint) in choices.items()
        ],
    )


async def _effect(
    asking: Asking, progress: Progress, request: ChangeRequest, parties: list[HolderDetailsView]
) -> tuple[list[str], str]:
    """Return which acceptances the correction would void, and what is in its way."""
    desk = asking.desk(Typed({"key": form_key(), "version": str(progress.version)}))
    try:
        command = Amend(actor=desk.adviser.actor, holders=[corrected(request, parties)])
        preview = await desk.preview(asking.journey_id, command)
    except NotApplicable:
        return [], "What the client wrote can't be taken over as it stands. Amend the details by hand."
    except Problem as problem:
        on_the_page(problem)
        return [], problem.detail
    return lapses(progress, preview, names_of(parties)), ""


def _rows(request: ChangeRequest, parties: list[HolderDetailsView]) -> list[dict[str, str]]:
    """Return each correction as what it was when the client asked, what it is asked to be, and what it is by now."""
    known = next((party.details for party in parties if party.person_id == request.person_id), KnownDetails())
    return [
        {
            "field": FIELD_NAMES.get(correction.field, correction.field.replace("_", " ").capitalize()),
            "old": correction.old or "Nothing",
            "new": correction.new or "Nothing",
            "now": now if (now := held(correction.field, known)) != correction.old else "",
        }
        for correction in request.corrections
    ]
