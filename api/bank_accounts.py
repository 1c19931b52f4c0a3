"""Bank details are checked before a command is given, so that an impossible account changes nothing (P22)."""

from api.problem_types import BANK_DETAILS_INVALID
from api.problems import Problem
from connectors.bank_details.port import BankDetailsChecker
from domain.values import AccountNumber, SortCode
from models.commands import HolderDetails


def refuse_impossible_accounts(checker: BankDetailsChecker, holders: list[HolderDetails]) -> None:
    """Raise the problem `bank-details-invalid` for accounts that cannot exist."""
    errors = [
        {
            "pointer": f"/holders/{index}/bank_details/account_number",
            "person_id": holder.person_id,
            "detail": "This account number does not belong to this sort code.",
        }
        for index, holder in enumerate(holders)
        if holder.bank_details is not None
        and checker.check(
            SortCode.parse(holder.bank_details.sort_code), AccountNumber.parse(holder.bank_details.account_number)
        ).result
        == "invalid"
    ]
    if errors:
        raise Problem(BANK_DETAILS_INVALID, errors=errors)
