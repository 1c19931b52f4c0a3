"""Everybody a journey under test can be about, and who takes part in an account of each wrapper."""

from dataclasses import dataclass

from domain.eligibility import required_details
from domain.identity import person_id
from domain.journey import PartyRole, Wrapper
from models.messages import Holder
from models.people import Address, EmploymentStatus, KnownDetails, MaritalStatus
from tests.sample_client import KNOWN

FIRM = "harbour"

MEMBER = KNOWN.model_copy(
    update={
        "marital_status": MaritalStatus.MARRIED,
        "employment_status": EmploymentStatus.EMPLOYED,
        "retirement_age": 67,
    }
)
"""Eleanor with all that a pension asks for (P32)."""
SPOUSE = KNOWN.model_copy(
    update={
        "title": "Mr",
        "first_name": "Thomas",
        "email": "thomas.marsh@example.com",
        "mobile": "+447400123457",
        "national_insurance_number": "AB123457C",
    }
)
CHILD = KnownDetails.model_validate(
    {
        "title": "Miss",
        "first_name": "Robin",
        "last_name": "Marsh",
        "date_of_birth": "2016-02-29",
        "nationality": "GB",
        "address": Address(line_1="12 Harbour Street", town_city="Whitstable", postcode="CT5 1AQ"),
    }
)


@dataclass(frozen=True)
class Party:
    """Somebody who takes part, as Plannr knows them."""

    name: str
    known: KnownDetails
    role: PartyRole = PartyRole.HOLDER

    def account(self, world: str) -> str:
        """Return the person's record in Plannr, one of its own in each test."""
        return f"account-{world}-{self.name}" if self.name else f"account-{world}"

    def holder(self, world: str, wrapper: Wrapper) -> Holder:
        """Return the person as the start message names them."""
        account = self.account(world)
        return Holder(
            person_id=person_id(FIRM, account),
            plannr_account=account,
            role=self.role,
            known_details=self.known,
            required_details=sorted(required_details(wrapper, self.role.value)),
        )


ELEANOR = Party("", KNOWN)
THOMAS = Party("spouse", SPOUSE)


def parties(wrapper: Wrapper, *, joint: bool = False) -> list[Party]:
    """Return who takes part in an account: alone, the child and its contact, or two holders (P30, P31, P32)."""
    if wrapper is Wrapper.JISA:
        # The child first: nothing may depend on who is entered first.
        return [Party("child", CHILD, PartyRole.CHILD), Party("", KNOWN, PartyRole.REGISTERED_CONTACT)]
    if wrapper is Wrapper.SIPP:
        return [Party("", MEMBER)]
    return [ELEANOR, THOMAS] if joint else [ELEANOR]
