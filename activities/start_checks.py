"""What could stand in the way of a journey, looked at before anything is created (P2, P5, P6, P33, P34)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from activities.start_refusals import Fault, StartRefusal, StartRefused
from connectors.errors import NotFound
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import PlatformGateway
from domain.applicants import Finding
from domain.eligibility import refused_account_type
from domain.journey import PartyRole, Wrapper
from models.people import KnownDetails
from models.schemas.eligibility import WrapperAnswers
from models.schemas.starting import AccountToStart, PartyToStart, StartJourneyForm

_NEEDED_OF_A_CHILD: Final = ("first_name", "last_name", "date_of_birth")
_NEEDED_TO_REGISTER: Final = (*_NEEDED_OF_A_CHILD, "email")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part, as Plannr knows them, and where the start form names them."""

    person_id: str
    role: PartyRole
    pointer: str
    person: PlannrPerson
    given: KnownDetails

    @property
    def details(self) -> KnownDetails:
        """What is known of them; of a child no e-mail address, which would only clash with a parent's (P31, P34)."""
        known = self.person.known_details.merged_with(self.given)
        return known.model_copy(update={"email": None}) if self.role is PartyRole.CHILD else known


def served_wrapper(form: AccountToStart) -> Wrapper:
    """Return the wrapper (P1).

    Raises:
        StartRefused: `account-type-elsewhere` with where to go instead (P2), or `wrapper-not-served`.
    """
    direction = refused_account_type(form.wrapper)
    if direction is not None:
        raise StartRefused(
            StartRefusal.ACCOUNT_TYPE_ELSEWHERE, direction.sentence, [Fault("/wrapper", direction.sentence)]
        )
    try:
        return Wrapper(form.wrapper.strip().lower())
    except ValueError:
        sentence = "Only a SIPP, GIA, ISA or Junior ISA can be opened here; other accounts are opened in the platform."
        raise StartRefused(StartRefusal.WRAPPER_NOT_SERVED, sentence, [Fault("/wrapper", sentence)]) from None


def named_parties(form: StartJourneyForm, wrapper: Wrapper) -> list[tuple[PartyRole, PartyToStart, str]]:
    """Return everyone whom the form names, with their role and their place in the form."""
    role = PartyRole.CHILD if wrapper is Wrapper.JISA else PartyRole.HOLDER
    named = [(role, holder, f"/holders/{index}/plannr_account") for index, holder in enumerate(form.holders)]
    if form.registered_contact is not None:
        named.append((PartyRole.REGISTERED_CONTACT, form.registered_contact, "/registered_contact/plannr_account"))
    return named


def refuse_ineligible(parties: Sequence[Party], refusals: Iterable[Finding]) -> None:
    """Raise StartRefused `not-eligible`, with a fault for each refusal, if there is one (P33)."""
    found = list(refusals)
    if not found:
        return
    faults = [Fault(_place(finding, parties), finding.sentence, _names(finding)) for finding in found]
    sentence = " ".join(dict.fromkeys(finding.sentence for finding in found))
    raise StartRefused(StartRefusal.NOT_ELIGIBLE, sentence, faults)


def _place(finding: Finding, parties: Sequence[Party]) -> str:
    if finding.field in WrapperAnswers.model_fields:
        return f"/{finding.field}"
    return next((party.pointer for party in parties if party.person_id == finding.person_id), "/holders")


def _names(finding: Finding) -> dict[str, str]:
    named = {"code": finding.code, "person_id": finding.person_id, "field": finding.field}
    return {name: value for name, value in named.items() if value is not None}


def refuse_child_alone(parties: Sequence[Party]) -> None:
    """Raise StartRefused `account-type-elsewhere` for a child who is its own registered contact."""
    children = {party.person_id for party in parties if party.role is PartyRole.CHILD}
    for party in parties:
        if party.role is PartyRole.REGISTERED_CONTACT and party.person_id in children:
            sentence = (
                "A child who applies for their own Junior ISA has no account of another person to act through here. "
                "Create it in the platform, or enter a parent or guardian as the registered contact."
            )
            raise StartRefused(StartRefusal.ACCOUNT_TYPE_ELSEWHERE, sentence, [Fault(party.pointer, sentence)])


async def check_links(
    platform: PlatformGateway, parties: Sequence[Party], *, with_illustration: bool, link_tag: str
) -> None:
    """Make sure that each party has a link, or can get one by an illustration (P5, P6, P34).

    Raises:
        StartRefused: `client-not-linked`, `plannr-record-incomplete` or `email-in-use`.
        ConnectorUnavailable: the platform does not answer.
    """
    for party in parties:
        if party.person.platform_client is not None:
            await _check_link(platform, party, with_illustration=with_illustration, link_tag=link_tag)
        else:
            _check_record(party, with_illustration=with_illustration)
    unlinked = [party for party in parties if party.person.platform_client is None and party.role.acts]
    for party in unlinked:
        await _check_email(platform, party, [other for other in unlinked if other is not party])


async def _check_link(platform: PlatformGateway, party: Party, *, with_illustration: bool, link_tag: str) -> None:
    """Make sure that a link leads somewhere, and that a journey without an illustration has all of it (P5, P6)."""
    assert party.person.platform_client is not None
    if not with_illustration and not party.person.link_tagged:
        sentence = (
            "The client's record in Plannr has the platform's reference but lacks the tag "
            f"“{link_tag}” that shows the link."
        )
        raise _not_linked(party, sentence, _missing_link_parts(party.person))
    try:
        await platform.read_client(party.person.platform_client)
    except NotFound:
        sentence = "The reference in the client's Plannr record names a client that the platform does not know."
        raise _not_linked(party, sentence, ["platform_client"]) from None


def _check_record(party: Party, *, with_illustration: bool) -> None:
    """Make sure that a client without a link can be registered, which takes an illustration (P5, P6)."""
    if not with_illustration:
        sentence = (
            "The client's record in Plannr has no external reference to a client of the platform"
            f"{'' if party.person.link_tagged else ' and no link tag'}; "
            "without a link a journey starts with an illustration."
        )
        raise _not_linked(party, sentence, _missing_link_parts(party.person))
    needed = _NEEDED_OF_A_CHILD if party.role is PartyRole.CHILD else _NEEDED_TO_REGISTER
    if missing := [name for name in needed if getattr(party.details, name) is None]:
        faults = [Fault(party.pointer, f"{_words(name)} is missing in Plannr.", {"field": name}) for name in missing]
        sentence = "The record in Plannr lacks: " + ", ".join(_words(name).lower() for name in missing) + "."
        raise StartRefused(StartRefusal.PLANNR_RECORD_INCOMPLETE, sentence, faults)


async def _check_email(platform: PlatformGateway, party: Party, others: Sequence[Party]) -> None:
    """Make sure that nobody else has the address: neither on the platform nor on this very journey (P34)."""
    email = party.details.email
    assert email is not None
    existing = await platform.find_client(email=email)
    if existing is not None and existing.external_reference != party.person.account:
        sentence = f"The platform client {existing.client} has the e-mail address of this record already."
        raise StartRefused(
            StartRefusal.EMAIL_IN_USE,
            sentence,
            [Fault(party.pointer, sentence, {"field": "email"})],
            {"existing_client": existing.client},
        )
    if any(other.details.email is not None and other.details.email.casefold() == email.casefold() for other in others):
        sentence = "Two people of this account have the same e-mail address, and each needs one of their own."
        fault = Fault(party.pointer, sentence, {"field": "email"})
        raise StartRefused(StartRefusal.EMAIL_IN_USE, sentence, [fault], {"existing_client": None})


def login_taken(party: Party) -> StartRefused:
    """Return the refusal of an address that somebody else signs in to the portal with (P34)."""
    sentence = "Another client signs in to the portal with the e-mail address of this record already."
    fault = Fault(party.pointer, sentence, {"field": "email"})
    return StartRefused(StartRefusal.EMAIL_IN_USE, sentence, [fault], {"existing_client": None})


def _not_linked(party: Party, sentence: str, missing: list[JsonValue]) -> StartRefused:
    fault = Fault(party.pointer, sentence)
    return StartRefused(StartRefusal.CLIENT_NOT_LINKED, sentence, [fault], {"missing": missing})


def _missing_link_parts(person: PlannrPerson) -> list[JsonValue]:
    parts = {"external_reference": person.platform_client is not None, "tag": person.link_tagged}
    return [name for name, there in parts.items() if not there]


def _words(name: str) -> str:
    return {"email": "E-mail address", "date_of_birth": "Date of birth"}.get(name, name.replace("_", " ").capitalize())
