"""An adviser at the pages of a new journey: what the forms carry, read and shown again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from api.dependencies import NowDep, ServicesDep
from api.problem_handlers import from_connector
from api.web.forms import FieldError, Typed
from api.web.rendering import Pages, PagesDep
from api.workbench.access import WorkbenchVisit, WritingVisitDep
from api.workbench.details_forms import PersonForm
from api.workbench.new_accounts import CHOSEN, KINDS, choice_errors, chosen_kinds, elsewhere
from api.workbench.new_checks import Findings
from api.workbench.new_people import PICKERS, Search, needed_pickers, parties_of, person_forms, search
from api.workbench.new_plan import (
    ILLUSTRATED,
    REFERENCE,
    SEND,
    Choice,
    Plan,
    choice_faults,
    proposed_reference,
    read_plan,
    with_known,
)
from api.workbench.new_rows import row_of, sections_of
from api.workbench.shown_forms import ShownForm
from api.workbench.submitting import KEY, form_key
from api.workbench.wording import STAGES
from connectors.errors import ConnectorError
from domain.calendar import london_day
from runtime.services import Services

CHANGE: Final = "change"
"""The field that somebody came back to change, from the page where everything is checked."""
BACK: Final = "back"
"""The page to return to from the first page, once an answer is changed."""

_WHO: Final = frozenset(
    {CHOSEN, REFERENCE, ILLUSTRATED, *(f"{picker}.{part}" for picker in PICKERS for part in ("find", "account"))}
)
_LOST: Final = "Your answers are kept. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Reading:
    """What the first page holds: a choice, or what is wrong with it; and what the searches found."""

    choice: Choice | None
    searches: Mapping[str, Search] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Drafting:
    """One request of an adviser who may start journeys."""

    request: Request
    pages: Pages
    services: Services
    visit: WorkbenchVisit
    now: datetime

    def blank(self) -> Typed:
        """Return the first page's fields as they are proposed."""
        firm, key = self.visit.adviser.firm, form_key()
        return Typed(
            {KEY: key, REFERENCE: proposed_reference(firm.name, key, london_day(self.now).year), ILLUSTRATED: "yes"}
        )

    async def read_choice(self, typed: Typed) -> Reading:
        """Return the first page's choice; who was found is noted among the fields."""
        errors, kinds = choice_errors(typed), chosen_kinds(typed)
        try:
            searches = await self._searches(needed_pickers(kinds), typed)
        except ConnectorError as error:
            return Reading(None, errors=[FieldError("", f"{from_connector(error).detail} {_LOST}")], status=503)
        chosen = {picker: one.chosen for picker, one in searches.items() if one.chosen is not None}
        unfound = [one.error for one in searches.values() if one.error is not None]
        parties = [] if unfound or errors else parties_of(self.visit.adviser.firm.id, kinds, chosen)
        errors = [*unfound, *errors, *choice_faults(kinds, parties, typed)]
        if errors:
            return Reading(None, searches, errors)
        return Reading(Choice(kinds, parties, typed[REFERENCE], typed[ILLUSTRATED] != "no"), searches)

    async def _searches(self, pickers: Sequence[str], typed: Typed) -> dict[str, Search]:
        found = {}
        for picker in pickers:
            one = await search(self.services.plannr, self.visit.adviser.firm.id, picker, typed)
            if one.chosen is not None:
                typed[f"{picker}.account"], typed[f"{picker}.found"] = one.chosen.account, typed[f"{picker}.find"]
            found[picker] = one
        return found

    async def search_again(self, typed: Typed) -> Response:
        """Show the first page with whom a search for each name that was typed finds."""
        pickers = [picker for picker in PICKERS if typed[f"{picker}.find"] or typed[f"{picker}.account"]]
        try:
            searches = await self._searches(pickers or ["client"], typed)
        except ConnectorError as error:
            sentence = f"{from_connector(error).detail} {_LOST}"
            return self.who_page(typed, Reading(None, errors=[FieldError("", sentence)], status=503))
        nobody = [one.error for one in searches.values() if one.error is not None and not one.matches]
        return self.who_page(typed, Reading(None, searches, nobody))

    def people(self, choice: Choice) -> list[PersonForm]:
        """Return what is asked of each person."""
        policy = self.services.settings.bank_details
        return person_forms(choice.parties, choice.kinds, policy, london_day(self.now))

    def read_plan(self, choice: Choice, typed: Typed) -> tuple[Plan | None, list[FieldError]]:
        """Return everything that was planned, or what is wrong with the second page."""
        people = self.people(choice)
        strangers = [one for one in people if typed[f"{one.prefix}person_id"] not in {"", one.person_id}]
        sent = with_known(typed, people, choice.kinds) if strangers else typed
        return read_plan(choice, people, sent, self.services.bank_details)

    def who_page(self, typed: Typed, reading: Reading | None = None) -> Response:
        """Return the first page."""
        errors = list(reading.errors) if reading else []
        return self._page(
            "workbench/new_who.html",
            typed,
            lambda name: name in _WHO,
            errors=errors,
            status=reading.status if reading and errors else HTTPStatus.OK,
            kinds=list(KINDS.values()),
            ticked=[kind.code for kind in chosen_kinds(typed)],
            searches=dict(reading.searches) if reading else {},
            elsewhere=elsewhere(),
        )

    def details_page(
        self, choice: Choice, typed: Typed, *, errors: Sequence[FieldError] = (), status: int = 422, go_to: str = ""
    ) -> Response:
        """Return the second page, for the chosen people and accounts."""
        people = self.people(choice)
        shown = with_known(typed, people, choice.kinds)
        own = tuple(f"{person.prefix}{part}." for person in people for part in ("details", "bank_details"))
        own += tuple(kind.form.prefix for kind in choice.kinds)
        return self._page(
            "workbench/new_account.html",
            shown,
            lambda name: name.startswith(own),
            errors=_named(errors, people, choice),
            status=status if errors else HTTPStatus.OK,
            go_to=go_to,
            people=people,
            kinds=choice.kinds,
            illustrated=choice.illustrated,
        )

    def unavailable(self, error: ConnectorError, choice: Choice, typed: Typed) -> Response:
        """Return the second page, saying which system does not answer."""
        sentence = f"{from_connector(error).detail} {_LOST}"
        return self.details_page(choice, typed, errors=[FieldError("", sentence)], status=503)

    def check_page(self, plan: Plan, typed: Typed, found: Findings, *, tried: bool) -> Response:
        """Return the third page; each error leads to the row of its answer (A2, A3)."""
        sections = sections_of(plan)
        own = {SEND, ""}
        errors = [
            one if one.field in own else FieldError(row_of(sections, one.field), one.message) for one in found.errors
        ]
        return self._page(
            "workbench/new_check.html",
            with_known(typed, plan.people, plan.choice.kinds),
            lambda name: name == SEND,
            errors=errors,
            status=found.status,
            sections=sections,
            found=found,
            stages=STAGES,
            tried=tried,
            can_submit=tried or not [one for one in found.errors if one.field != SEND],
            several=len(plan.accounts) > 1,
        )

    def _page(
        self,
        template: str,
        typed: Typed,
        is_shown: Callable[[str], bool],
        *,
        errors: list[FieldError],
        status: int,
        go_to: str = "",
        **context: Any,
    ) -> Response:
        """Return a page whose form carries on what it does not show."""
        steering = {CHANGE, *([] if template.endswith("who.html") else [BACK])}
        carried = [(name, text) for name, text in typed.items() if not is_shown(name) and name not in steering]
        return self.pages.render(
            self.request,
            template,
            status_code=status,
            errors=errors,
            adviser=self.visit.adviser,
            form=ShownForm(typed, errors, go_to),
            carried=carried,
            draft=f"new-{typed[KEY]}",
            **context,
        )


def _named(errors: Sequence[FieldError], people: Sequence[PersonForm], choice: Choice) -> list[FieldError]:
    """Return the errors with whom or what each is about, where there are several."""
    names = {person.prefix: person.name for person in people} if len(people) > 1 else {}
    names |= {kind.form.prefix: kind.title for kind in choice.kinds} if len(choice.kinds) > 1 else {}
    about = [(one, [name for prefix, name in names.items() if one.field.startswith(prefix)]) for one in errors]
    return [FieldError(one.field, f"{name[0]}: {one.message}") if name else one for one, name in about]


def _drafting(
    request: Request, pages: PagesDep, services: ServicesDep, visit: WritingVisitDep, now: NowDep
) -> Drafting:
    return Drafting(request, pages, services, visit, now)


DraftingDep = Annotated[Drafting, Depends(_drafting)]
