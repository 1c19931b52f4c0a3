"""Who takes part in a new journey: found in Plannr by name, address or id, and what is to be asked of them (P7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from activities.eligibility import details_to_ask, party_facts
from api.launching import current_rules
from api.web.forms import FieldError, Typed
from api.workbench.details_forms import BankQuestion, PersonForm
from api.workbench.details_words import full_name
from api.workbench.new_accounts import AccountKind
from api.workbench.wording import ROLES
from connectors.errors import NotFound
from connectors.plannr.port import PlannrGateway, PlannrPerson
from domain.identity import person_id
from domain.journey import BankDetailsPolicy, PartyRole, Wrapper
from models.people import KnownDetails

PICKERS: Final = ("client", "second", "contact")
"""What the names of the fields begin with that find the client, a second holder and a registered contact."""

_WORDS: Final = {"client": "the client", "second": "the second holder", "contact": "the registered contact"}
_RECORD_ID: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9_-]{1,64}")
_MOST_FOUND: Final = 20


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part, and the field of the form that found them."""

    picker: str
    role: PartyRole
    person: PlannrPerson
    person_id: str

    @property
    def known(self) -> KnownDetails:
        """What Plannr knows of them; of a child no e-mail address (P31)."""
        known = self.person.known_details
        return known.model_copy(update={"email": None}) if self.role is PartyRole.CHILD else known

    @property
    def name(self) -> str:
        """What a page calls them."""
        return full_name(self.known) or ROLES[self.role]


@dataclass(frozen=True, slots=True)
class Search:
    """What looking for one person led to."""

    picker: str
    matches: list[PlannrPerson]
    chosen: PlannrPerson | None
    error: FieldError | None = None


def needed_pickers(kinds: Sequence[AccountKind]) -> list[str]:
    """Return who has to be found for these accounts."""
    return ["client", *(kind.party for kind in kinds if kind.party)]


async def search(plannr: PlannrGateway, firm: str, picker: str, typed: Typed) -> Search:
    """Look for somebody: one match is taken, of several the one that was chosen.

    Raises:
        ConnectorError: Plannr does not answer.
    """
    text, account = typed[f"{picker}.find"], typed[f"{picker}.account"]
    if not text and not account:
        return Search(picker, [], None, FieldError(f"{picker}.find", f"Enter the name of {_WORDS[picker]}."))
    settled = account and typed[f"{picker}.found"] == text
    matches = await _matches(plannr, firm, account if settled else text or account)
    chosen = next((person for person in matches if person.account == account), None)
    if chosen is None and len(matches) == 1:
        chosen = matches[0]
    if chosen is not None:
        return Search(picker, matches, chosen)
    if matches:
        many = " There may be more: type more of the name." if len(matches) >= _MOST_FOUND else ""
        sentence = f"Choose which of these is {_WORDS[picker]}.{many}"
        return Search(picker, matches, None, FieldError(f"{picker}.account", sentence))
    sentence = "No client of your firm in Plannr fits this. Check the spelling, or paste the id of the Plannr record."
    return Search(picker, [], None, FieldError(f"{picker}.find", sentence))


async def _matches(plannr: PlannrGateway, firm: str, text: str) -> list[PlannrPerson]:
    if _RECORD_ID.fullmatch(text):
        try:
            return [await plannr.read_person(firm, text)]
        except NotFound:
            pass
    return await plannr.find_clients(firm, text)


def parties_of(firm: str, kinds: Sequence[AccountKind], chosen: Mapping[str, PlannrPerson]) -> list[Party]:
    """Return everyone who takes part, holders first.

    Args:
        firm: Whose clients they are.
        kinds: The accounts.
        chosen: Whom each of the needed pickers found.
    """
    is_jisa = any(kind.wrapper is Wrapper.JISA for kind in kinds)
    return [
        Party(picker, _role(picker, is_jisa=is_jisa), chosen[picker], person_id(firm, chosen[picker].account))
        for picker in needed_pickers(kinds)
    ]


def _role(picker: str, *, is_jisa: bool) -> PartyRole:
    if picker == "contact":
        return PartyRole.REGISTERED_CONTACT
    return PartyRole.CHILD if is_jisa else PartyRole.HOLDER


def person_forms(
    parties: Sequence[Party], kinds: Sequence[AccountKind], policy: BankDetailsPolicy, today: date
) -> list[PersonForm]:
    """Return the form of each person: only what no system knows and one of these accounts needs is asked (P7, P32)."""
    return [
        PersonForm(
            position=position,
            person_id=party.person_id,
            role=ROLES[party.role],
            known=party.known,
            asked=_asked(party, kinds, today),
            bank=_bank(party.role, policy),
        )
        for position, party in enumerate(parties)
    ]


def _asked(party: Party, kinds: Sequence[AccountKind], today: date) -> tuple[str, ...]:
    facts = party_facts(party.person_id, party.role, party.known)
    needed = {name for kind in kinds for name in details_to_ask(kind.wrapper, facts, today, current_rules())}
    return tuple(party.known.missing(needed))


def _bank(role: PartyRole, policy: BankDetailsPolicy) -> BankQuestion:
    """P22: who acts gives bank details; whether here or in the portal is the firm's policy."""
    if not role.acts:
        return "none"
    return "required" if policy is BankDetailsPolicy.ADVISER else "optional"
