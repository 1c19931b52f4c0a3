"""One difference: both values, what the rules say, and its repair, confirmed before anything is written (P54)."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deciding import Discrepancies, decisions
from api.dependencies import NowDep, ServicesDep
from api.problem_types import DECISION_NOT_POSSIBLE, DISCREPANCY_CLOSED
from api.problems import Problem
from api.web.forms import FieldError
from api.web.rendering import PagesDep
from api.workbench import repair_words
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.candidates import Facts, facts_of
from api.workbench.discrepancy_rows import LIST, ShownDiscrepancy, shown_rows
from api.workbench.repair_words import Decision
from api.workbench.sync_asking import Question, SyncAsking, SyncAskingDep
from domain.ownership import OWNERSHIP, Act, Subject
from models.schemas.discrepancies import RepairForm
from models.tables import DiscrepancyRow

_CHOOSE: Final = FieldError("choice", "Choose which one is right.")
_THINGS: Final = {Subject.CLIENT: "Record", Subject.ACCOUNT: "Plan"}
_OF: Final = {Subject.CLIENT: "a client", Subject.ACCOUNT: "an account"}
_ALIKE: Final = (
    "Values are shown only as far as needed to recognise them. These two differ in a part that is not shown: open both "
    "records to compare them."
)
_CHANGED: Final = (
    "This difference has changed since you opened the page, so nothing was done. Look at it again, then decide."
)
_MASKED: Final = "Personal values are shown only as far as needed to recognise them."

router = APIRouter(prefix="/discrepancies/{discrepancy_id}")


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A page about a client whom the difference concerns."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownDetail:
    """What the page of a difference shows beside its row."""

    heading: str
    eyebrow: str
    people: list[PersonLink]
    hint: str
    right_words: str
    plannr_thing: str
    rule: str
    repair: str
    question: str
    choices: list[dict[str, Any]]
    by_hand: str
    candidates: list[str]
    facts: list[tuple[str, list[tuple[str, bool]]]]
    candidates_missing: str


@router.get("")
async def show_discrepancy(
    *,
    request: Request,
    discrepancy_id: str,
    pages: PagesDep,
    services: ServicesDep,
    visit: WorkbenchVisitDep,
    now: NowDep,
) -> Response:
    """Show a difference."""
    row = await Discrepancies(services, visit.adviser).row(discrepancy_id)
    async with services.database.reading() as session:
        (shown,) = await shown_rows(session, visit.adviser.firm.id, [row], now)
    return await _page(SyncAsking(request, pages, services, visit, now), row, shown)


@router.get("/repair")
async def ask_to_repair(discrepancy_id: str, asking: SyncAskingDep) -> Response:
    """Say what the repair, or the choice in the address, writes where."""
    row = await Discrepancies(asking.services, asking.visit.adviser).row(discrepancy_id)
    decision = _decision(row, asking.request.query_params.get("choice", ""))
    if row.closed_at is not None or not decisions(row):
        return _back(row)
    if decision is None:
        return await _again(asking, row, [_CHOOSE])
    return asking.confirm(_question(row, decision))


@router.post("/repair")
async def repair(discrepancy_id: str, asking: SyncAskingDep) -> Response:
    """Let the repair, or what the person decided, be carried out."""
    typed = await asking.typed()
    discrepancies = Discrepancies(asking.services, asking.visit.adviser)
    row = await discrepancies.row(discrepancy_id)
    form = RepairForm(
        take="plannr" if typed["take"] == "plannr" else "platform" if typed["take"] == "platform" else None,
        plannr_account=typed["plannr_account"] or None,
    )

    async def act() -> None:
        await discrepancies.repair(discrepancy_id, form, asking.now)

    try:
        return await asking.carry_out(typed, f"{LIST}/{row.discrepancy_id}", "repair", act)
    except Problem as problem:
        if problem.problem_type is DISCREPANCY_CLOSED:
            return _back(row)
        if problem.problem_type is not DECISION_NOT_POSSIBLE:
            raise
        return await _again(asking, row, [FieldError("", _CHANGED)], status=problem.problem_type.status)


def _back(row: DiscrepancyRow) -> Response:
    return RedirectResponse(f"{LIST}/{row.discrepancy_id}", status_code=303)


async def _again(asking: SyncAsking, row: DiscrepancyRow, errors: list[FieldError], status: int = 422) -> Response:
    async with asking.services.database.reading() as session:
        (shown,) = await shown_rows(session, asking.firm, [row], asking.now)
    return await _page(asking, row, shown, errors=errors, status=status)


def _decision(row: DiscrepancyRow, choice: str) -> Decision | None:
    """Return what a choice of the page's form means; None for a choice that the difference does not offer."""
    possible = decisions(row)
    if "repair" in possible:
        return Decision()
    if "choose_record" in possible:
        return Decision(plannr_account=choice) if choice in row.candidates else None
    if choice == "plannr" and "take_plannr" in possible:
        return Decision(take="plannr")
    if choice == "platform" and "take_platform" in possible:
        return Decision(take="platform")
    return None


def _question(row: DiscrepancyRow, decision: Decision) -> Question:
    title, button = "Carry out this repair?", "Repair now"
    if decision.plannr_account is not None:
        title, button = "Link these two records?", "Link the two records"
    elif decision.take is not None:
        side = "Plannr's" if decision.take == "plannr" else "the platform's"
        title, button = f"Take {side} value?", f"Take {side} value"
    return Question(
        about=wording.title_of(row),
        title=title,
        button=button,
        back=f"{LIST}/{row.discrepancy_id}",
        consequences=repair_words.consequences(row, decision),
        answers={"take": decision.take or "", "plannr_account": decision.plannr_account or ""},
    )


async def _page(
    asking: SyncAsking,
    row: DiscrepancyRow,
    shown: ShownDiscrepancy,
    *,
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response:
    is_open = row.closed_at is None
    facts = await facts_of(asking.services, asking.firm, row) if is_open and row.candidates else None
    return asking.pages.render(
        asking.request,
        "workbench/discrepancy.html",
        status_code=status,
        errors=errors,
        adviser=asking.visit.adviser,
        row=shown,
        shown=_detail(row, shown, facts, asking.request.query_params.get("choice", "")),
    )


def _detail(row: DiscrepancyRow, shown: ShownDiscrepancy, facts: Facts | None, chosen: str) -> ShownDetail:
    possible = decisions(row)
    choosing = "choose_record" in possible
    people = [PersonLink("Sync of this client", shown.timeline_href)] if shown.timeline_href else []
    return ShownDetail(
        heading=wording.heading_of(row),
        eyebrow=f"Sync of {_OF[row.subject]}",
        people=people,
        hint=_hint(row),
        right_words=_kept_in(row),
        plannr_thing=_THINGS[row.subject],
        rule=_rule(row),
        repair="See what the repair writes" if "repair" in possible else "",
        question="Which record is the same person?" if choosing else "Which value is right?",
        choices=_choices(row, facts, chosen),
        by_hand="" if possible else wording.by_hand(row),
        candidates=facts.columns if facts else [],
        facts=facts.rows if facts else [],
        candidates_missing=facts.missing if facts else "",
    )


def _hint(row: DiscrepancyRow) -> str:
    personal = any(rule.field == row.field and rule.personal for rule in OWNERSHIP)
    if row.field not in wording.WHOLE and row.platform_value == row.plannr_value:
        return _ALIKE
    return _MASKED if personal else ""


def _kept_in(row: DiscrepancyRow) -> str:
    """Return where the field is kept, and what follows from that here; nothing for a whole record."""
    if row.field in wording.WHOLE:
        return ""
    if row.proposal is Act.PERSON:
        return f"{wording.OWNERS[row.owner]}; only a person can say which one is right here"
    return f"{wording.OWNERS[row.owner]}, so its value is the right one"


def _rule(row: DiscrepancyRow) -> str:
    if row.proposal is not Act.PERSON:
        return ""
    return next(
        (rule.conflict for rule in OWNERSHIP if rule.subject is row.subject and rule.field == row.field),
        "",
    )


def _choices(row: DiscrepancyRow, facts: Facts | None, chosen: str) -> list[dict[str, Any]]:
    possible = decisions(row)
    if "choose_record" in possible:
        return [_candidate(candidate, facts, chosen) for candidate in row.candidates]
    sides = (
        ("take_plannr", "plannr", "Plannr's", row.plannr_value),
        ("take_platform", "platform", "The platform's", row.platform_value),
    )
    return [
        {"value": value, "text": f"{whose}: {said}", "checked": value == chosen}
        for decision, value, whose, said in sides
        if decision in possible
    ]


def _candidate(account: str, facts: Facts | None, chosen: str) -> dict[str, Any]:
    name = facts.names.get(account) if facts else None
    taken = facts is not None and account in facts.taken
    told = f"{account}; it is linked with another client, so it can't be chosen" if taken else account
    return {
        "value": account,
        "text": name or "A record that can't be read just now",
        "hint": {"text": told},
        "checked": account == chosen,
        "disabled": taken or name is None,
    }
