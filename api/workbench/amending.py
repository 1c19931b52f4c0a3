"""Amending what was submitted: the form as things stand, its effect before anything is saved, then saving (P44)."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from api.problems import Problem
from api.web.forms import FieldError, Typed, of_problem, read_form
from api.workbench.account_forms import MOST_CONTRIBUTIONS, AccountForm, account_fields, read_account
from api.workbench.amendment_effects import changes, lapses
from api.workbench.asking import Asking, AskingDep, names_of, on_the_page, reason_errors
from api.workbench.correcting import NotApplicable, corrected, find_request
from api.workbench.details_forms import PersonForm, prefilled, read_people
from api.workbench.shown_forms import ShownForm
from api.workbench.wording import ROLES
from domain.wrappers import wrapper_words
from models.commands import Amend
from models.messages import HolderDetailsView, Progress
from models.people import AccountDetails
from models.schemas.amendments import AmendmentPreview
from workflows.onboarding import OnboardingJourney

WORD: Final = "amend"
TITLE: Final = "Amend what was submitted"
_NOTHING: Final = FieldError("", "Nothing is changed yet. Change what is wrong, then look at the effect.")

router = APIRouter(prefix="/journeys/{journey_id}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of one journey: what is known of its people and its account.

    Attributes:
        account: The account as it was saved; None before that.
        fits: Whether the form has room for all of the account.
    """

    progress: Progress
    parties: list[HolderDetailsView]
    account: AccountDetails | None

    @property
    def fits(self) -> bool:
        """Whether the form has room for the account, which the API may have given more contributions."""
        return self.account is not None and len(self.account.contributions) <= MOST_CONTRIBUTIONS

    @property
    def people(self) -> list[PersonForm]:
        """The parts of the form that are about people."""
        roles = {holder.person_id: holder.role for holder in self.progress.holders}
        return [
            PersonForm(
                position=position,
                person_id=party.person_id,
                role=ROLES[roles[party.person_id]],
                known=party.details,
                asked=(),
                bank="optional" if roles[party.person_id].acts else "none",
            )
            for position, party in enumerate(self.parties)
        ]

    @property
    def account_form(self) -> AccountForm:
        """The part of the form that is about the account."""
        return AccountForm(prefix="account.", title=wrapper_words(self.progress.wrapper))

    def typed(self) -> Typed:
        """Return the form as things stand."""
        fields = prefilled(self.people)
        if self.fits and self.account is not None:
            fields.update(account_fields(self.account_form, self.account))
        return fields

    def read(self, asking: Asking, typed: Typed) -> tuple[Amend | None, list[FieldError]]:
        """Return the amendment that was typed, or what is wrong with it."""
        holders, errors = read_people(self.people, typed, asking.services.bank_details)
        account: AccountDetails | None = None
        if self.fits:
            account, wrong = read_account(self.account_form, typed)
            errors += wrong
        errors += reason_errors(typed)
        holders = [form for form in holders if form.details.given() or form.bank_details is not None]
        if errors:
            return None, errors
        if not holders and account in (None, self.account):
            return None, [_NOTHING]
        desk = asking.desk(typed)
        settles = [typed["correction"]] if typed["correction"] else []
        command = Amend(
            actor=desk.adviser.actor,
            reason=typed["reason"],
            expected_version=desk.expected_version,
            holders=holders,
            account=None if account == self.account else account,
            settles=settles,
        )
        return command, []


@router.get("/amend")
async def show_amendment(asking: AskingDep, correction: str = "") -> Response:
    """Show the form as things stand, or with what a client asked to correct filled in (P21)."""
    progress = await asking.journeys.get(asking.journey_id)
    refused = asking.refusal(progress, WORD, TITLE)
    if refused is not None:
        return refused
    sheet = await _sheet(asking, progress)
    return _form(asking, sheet, _with_correction(sheet, correction))


@router.post("/amend")
async def amend(asking: AskingDep) -> Response:
    """Show the effect, save, or go back to the form, as the button says."""
    typed = await read_form(asking.request)
    progress = await asking.journeys.get(asking.journey_id)
    if typed["step"] != "save" and (refused := asking.refusal(progress, WORD, TITLE)) is not None:
        return refused
    sheet = await _sheet(asking, progress)
    if typed["step"] == "edit":
        return _form(asking, sheet, typed)
    command, errors = sheet.read(asking, typed)
    if command is not None:
        return await _look_or_save(asking, sheet, typed, command)
    if errors == [_NOTHING] and typed["step"] == "save":
        # The same form was sent before: what it asks for is there already.
        return asking.done(_banner(typed))
    return _form(asking, sheet, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)


async def _look_or_save(asking: Asking, sheet: Sheet, typed: Typed, command: Amend) -> Response:
    desk = asking.desk(typed)
    try:
        if typed["step"] != "save":
            return _effect(asking, sheet, typed, command, await desk.preview(asking.journey_id, command))
        answer = await desk.give(asking.journey_id, "amend", command, OnboardingJourney.amend, forms=command.holders)
    except Problem as problem:
        return await _refused(asking, typed, command, problem)
    return asking.done(_banner(typed), answer)


def _banner(typed: Typed) -> str:
    return "correction" if typed["correction"] else WORD


async def _refused(asking: Asking, typed: Typed, command: Amend, problem: Problem) -> Response:
    """Return the form with what is in the way, against the journey as it is by now."""
    status, errors = on_the_page(problem)
    progress = await asking.journeys.get(asking.journey_id)
    refused = asking.refusal(progress, WORD, TITLE)
    if refused is not None:
        return refused
    sheet = await _sheet(asking, progress)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        positions = {person.person_id: person for person in sheet.people}
        places = {
            f"/holders/{index}/{part}": f"{positions[form.person_id].prefix}{part}".replace("/", ".")
            for index, form in enumerate(command.holders)
            for part in ("details", "bank_details")
        }
        errors = [_placed(error, places, sheet) for error in of_problem(problem)]
    return _form(asking, sheet, typed, status=status, errors=errors)


def _placed(error: FieldError, places: dict[str, str], sheet: Sheet) -> FieldError:
    """Return an error of the API's form at the field of the page: people who stay the same are left out of the one."""
    for pointer, field in places.items():
        of_api = pointer.strip("/").replace("/", ".")
        if error.field == of_api or error.field.startswith(f"{of_api}."):
            name = error.field.removeprefix(of_api).strip(".")
            person = next(one for one in sheet.people if field.startswith(one.prefix))
            return replace(error, field=person.field(name) if field.endswith("details") and name else f"{field}.{name}")
    return replace(error, field="")


async def _sheet(asking: Asking, progress: Progress) -> Sheet:
    parties = await asking.journeys.client_details(asking.journey_id)
    saved = await asking.journeys.account_form(asking.journey_id)
    return Sheet(progress, parties, saved.account if saved.saved else None)


def _with_correction(sheet: Sheet, evidence_id: str) -> Typed:
    """Return the form with what a client asked to correct filled in; as things stand when there is no such request."""
    request = find_request(sheet.progress, evidence_id)
    if request is None:
        return sheet.typed()
    try:
        form = corrected(request, sheet.parties)
    except NotApplicable:
        return sheet.typed()
    parties = [
        party.model_copy(update={"details": party.details.merged_with(form.details)})
        if party.person_id == request.person_id
        else party
        for party in sheet.parties
    ]
    typed = replace(sheet, parties=parties).typed()
    typed["correction"] = evidence_id
    return typed


def _form(
    asking: Asking,
    sheet: Sheet,
    typed: Typed | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    errors: list[FieldError] | None = None,
) -> Response:
    before = typed or sheet.typed()
    corrected_person = find_request(sheet.progress, before["correction"])
    go_to = next(
        (
            f"{person.prefix}details.{person.amendable[0]}"
            for person in sheet.people
            if corrected_person and person.person_id == corrected_person.person_id and person.amendable
        ),
        "",
    )
    return asking.page(
        "workbench/amend.html",
        sheet.progress,
        typed=before,
        status=status,
        errors=errors,
        title=TITLE,
        form=ShownForm(before, errors or [], go_to),
        people=sheet.people,
        account=sheet.account_form if sheet.fits else None,
        too_long=sheet.account is not None and not sheet.fits,
    )


def _effect(asking: Asking, sheet: Sheet, typed: Typed, command: Amend, preview: AmendmentPreview) -> Response:
    names = names_of(sheet.parties)
    own = {"key", "version", "seen", "step"}
    return asking.page(
        "workbench/amend_check.html",
        sheet.progress,
        typed=typed,
        title="Check what this changes",
        changes=changes(command, sheet.parties, sheet.account, names),
        several=len(sheet.parties) > 1,
        lapses=lapses(sheet.progress, preview, names),
        voids=preview.voids,
        warnings=preview.warnings,
        kept=[(name, value) for name, value in typed.items() if name not in own],
    )
