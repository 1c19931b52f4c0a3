"""What an adviser has planned on the pages of a new journey: who, which accounts, and everything keyed about them."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.web.forms import FieldError, Typed, validate
from api.workbench.account_forms import read_account
from api.workbench.details_forms import PersonForm, prefilled, read_people
from api.workbench.new_accounts import AccountKind, proposed_fields, read_answers, read_illustration
from api.workbench.new_people import Party
from connectors.bank_details.port import BankDetailsChecker
from domain.journey import PartyRole
from models.commands import HolderDetails
from models.people import AccountDetails, Illustration, KnownDetails
from models.schemas.eligibility import WrapperAnswers
from models.schemas.starting import AccountToStart, PartyToStart, StartJourneyForm, StartTogetherForm

REFERENCE: Final = "external_reference"
ILLUSTRATED: Final = "illustrated"
SEND: Final = "send_to_platform"

_LABELS: Final = {
    REFERENCE: "a reference of letters, digits and the signs . _ : / -, at most 80 of them, without spaces"
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The first page: who takes part, which accounts, under which reference, with or without an illustration."""

    kinds: list[AccountKind]
    parties: list[Party]
    reference: str
    illustrated: bool


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """One account of the second page."""

    kind: AccountKind
    account: AccountDetails
    answers: WrapperAnswers
    illustration: Illustration | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Both pages: everything that is needed to start the journeys and to submit their forms."""

    choice: Choice
    people: list[PersonForm]
    given: list[HolderDetails]
    accounts: list[PlannedAccount]

    def start_forms(self) -> list[StartJourneyForm]:
        """Return the form that starts each account's journey alone."""
        return [
            StartJourneyForm(
                holders=self._holders,
                registered_contact=self._contact,
                **{name: getattr(one, name) for name in AccountToStart.model_fields},
            )
            for one in self._accounts
        ]

    def together_form(self) -> StartTogetherForm:
        """Return the form that starts several accounts at once (P49)."""
        return StartTogetherForm(holders=self._holders, registered_contact=self._contact, accounts=self._accounts)

    def details_of(self, person: PersonForm) -> KnownDetails:
        """Return what will be known of a person once the form is submitted."""
        given = next(form.details for form in self.given if form.person_id == person.person_id)
        return person.known.merged_with(given)

    @property
    def _accounts(self) -> list[AccountToStart]:
        return [
            AccountToStart(
                external_reference=self.choice.reference,
                wrapper=planned.kind.wrapper.value,
                illustration=planned.illustration,
                **planned.answers.model_dump(),
            )
            for planned in self.accounts
        ]

    @property
    def _holders(self) -> list[PartyToStart]:
        return [self._party(party) for party in self.choice.parties if party.role is not PartyRole.REGISTERED_CONTACT]

    @property
    def _contact(self) -> PartyToStart | None:
        contacts = [self._party(one) for one in self.choice.parties if one.role is PartyRole.REGISTERED_CONTACT]
        return contacts[0] if contacts else None

    def _party(self, party: Party) -> PartyToStart:
        given = next(form.details for form in self.given if form.person_id == party.person_id)
        return PartyToStart(plannr_account=party.person.account, details=given)


def proposed_reference(firm_name: str, key: str, year: int) -> str:
    """Return a reference that nobody used before, such as `HW-2026-K3V7Q2`, derived from a form's own key."""
    initials = "".join(word[0] for word in firm_name.split() if word[0].isascii() and word[0].isalpha()).upper()
    mark = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:6]
    return f"{initials or 'REF'}-{year}-{mark}"


def choice_faults(kinds: Sequence[AccountKind], parties: Sequence[Party], typed: Typed) -> list[FieldError]:
    """Return what is wrong with reference and illustration of the first page (P6, P45)."""
    wrapper = kinds[0].wrapper.value if kinds else ""
    _, errors = validate(AccountToStart, {REFERENCE: typed[REFERENCE], "wrapper": wrapper}, _LABELS)
    unlinked = [party for party in parties if not (party.person.platform_client and party.person.link_tagged)]
    if typed[ILLUSTRATED] == "no" and unlinked:
        names = " and ".join(party.name for party in unlinked)
        verb = "is" if len(unlinked) == 1 else "are"
        sentence = f"{names} {verb} not linked to the platform yet, so start with an illustration: it makes the link."
        errors.append(FieldError(ILLUSTRATED, sentence))
    return errors


def with_known(typed: Typed, people: Sequence[PersonForm], kinds: Sequence[AccountKind]) -> Typed:
    """Return the fields of the second page: what was typed, before that what is known or proposed.

    What was typed about somebody who stood at this place before is forgotten.
    """
    strangers = [p.prefix for p in people if typed[f"{p.prefix}person_id"] not in {"", p.person_id}]
    named_for = {f"{kind.form.prefix}name" for kind in kinds} if strangers else set()
    kept = {
        name: text for name, text in typed.items() if not name.startswith(tuple(strangers)) and name not in named_for
    }
    first_name = people[0].known.first_name if people else None
    identity = {f"{person.prefix}person_id": person.person_id for person in people}
    return Typed({**prefilled(people), **proposed_fields(kinds, first_name), **kept, **identity})


def read_plan(
    choice: Choice, people: list[PersonForm], typed: Typed, checker: BankDetailsChecker
) -> tuple[Plan | None, list[FieldError]]:
    """Return everything that was planned, or what is wrong with the second page."""
    given, errors = read_people(people, typed, checker)
    accounts: list[PlannedAccount] = []
    for kind in choice.kinds:
        planned, wrong = _read_account(kind, typed, illustrated=choice.illustrated)
        errors += wrong
        if planned is not None:
            accounts.append(planned)
    return (None, errors) if errors else (Plan(choice, people, given, accounts), [])


def _read_account(
    kind: AccountKind, typed: Typed, *, illustrated: bool
) -> tuple[PlannedAccount | None, list[FieldError]]:
    account, errors = read_account(kind.form, typed)
    if account is None:
        return None, errors
    answers, errors = read_answers(kind, typed, account)
    illustration, wrong = read_illustration(kind, typed, account) if illustrated else (None, [])
    return PlannedAccount(kind, account, answers, illustration), [*errors, *wrong]
