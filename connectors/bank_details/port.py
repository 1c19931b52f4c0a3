"""What the product asks of a check of bank details."""

from dataclasses import dataclass
from typing import Literal, Protocol

from domain.values import AccountNumber, SortCode


@dataclass(frozen=True, slots=True)
class BankDetailsCheck:
    """The answer of a check.

    Attributes:
        result: `valid`: the account number fits the sort code, though the account need not exist.
            `invalid`: no such account can exist.
            `unchecked`: no rule is published for this sort code; nothing is known, the details are presumed right.
    """

    result: Literal["valid", "invalid", "unchecked"]


class BankDetailsChecker(Protocol):
    """Checks an account number against its sort code, without asking the bank (P22)."""

    def check(self, sort_code: SortCode, account_number: AccountNumber) -> BankDetailsCheck:
        """Check the pair; an answer for every well-formed pair, never an error."""
        ...
