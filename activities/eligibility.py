"""From what the systems and the forms know of people and an account to what the rules of P33 are about."""

from datetime import date

from domain.applicants import AccountFacts, Assessment, Finding, PartyFacts, Role
from domain.eligibility import nino_applies, required_details
from domain.journey import PartyRole, Wrapper
from domain.rules import Rules
from models.people import KnownDetails
from models.schemas.eligibility import EligibilityNotice, WrapperAnswers

_ROLES: dict[PartyRole, Role] = {
    PartyRole.HOLDER: "holder",
    PartyRole.CHILD: "child",
    PartyRole.REGISTERED_CONTACT: "registered_contact",
}


def party_facts(person_id: str, role: PartyRole, details: KnownDetails) -> PartyFacts:
    """Return what the rules look at of a person; what is not known yet stays unknown."""
    has_nino = None if details.no_national_insurance_number is None else False
    return PartyFacts(
        person_id=person_id,
        role=_ROLES[role],
        date_of_birth=details.date_of_birth,
        nationality=details.nationality,
        tax_residences=tuple(residence.country for residence in details.tax_residences or ()),
        us_person=details.us_person,
        address_country=details.address.country if details.address else None,
        has_nino=True if details.national_insurance_number else has_nino,
        nino_declared_not_eligible=details.no_national_insurance_number,
        marital_status=details.marital_status,
        employment_status=details.employment_status,
        retirement_age=details.retirement_age,
    )


def account_facts(wrapper: Wrapper, answers: WrapperAnswers) -> AccountFacts:
    """Return what the rules look at of an account."""
    return AccountFacts(wrapper=wrapper, **{name: getattr(answers, name) for name in WrapperAnswers.model_fields})


def details_to_ask(wrapper: Wrapper, party: PartyFacts, today: date, rules: Rules) -> list[str]:
    """Return the names of the details this wrapper needs of a person (P32): the number of a child who is old enough."""
    needed = nino_applies(wrapper, party, today, rules) or None
    return sorted(required_details(wrapper, party.role, nino=needed))


def notice(finding: Finding) -> EligibilityNotice:
    """Return a finding as it is shown and kept."""
    return EligibilityNotice(
        code=finding.code, detail=finding.sentence, person_id=finding.person_id, field=finding.field
    )


def notices(assessment: Assessment) -> list[EligibilityNotice]:
    """Return the warnings of an assessment as they are shown and kept."""
    return [notice(finding) for finding in assessment.warnings]
