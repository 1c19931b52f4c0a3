"""The pure mapping between Plannr's bank accounts and Onward's bank details."""

from typing import Any

from pydantic import ValidationError

from connectors.plannr.wire import WireBankAccount
from models.people import BankDetails


def to_bank_details(stored: WireBankAccount) -> BankDetails | None:
    """Return a bank account in Onward's terms; one that does not parse counts as absent."""
    members = {
        "account_holder": stored.account_holders or stored.account_name,
        "sort_code": stored.sort_code,
        "account_number": stored.account_number,
    }
    try:
        return BankDetails.model_validate(members)
    except ValidationError:
        return None


def is_same_bank_account(stored: WireBankAccount, bank_details: BankDetails) -> bool:
    """Whether sort code and account number are the same, however they are written."""
    written = (_digits(stored.sort_code), _digits(stored.account_number).zfill(8))
    return written == (_digits(bank_details.sort_code), _digits(bank_details.account_number).zfill(8))


def _digits(text: str | None) -> str:
    return "".join(character for character in text or "" if character.isdecimal())


def bank_account_body(account: str, bank_details: BankDetails) -> dict[str, Any]:
    """Return a new bank account of one client."""
    return {
        "account_uuids": [account],
        "account_name": bank_details.account_holder,
        "account_holders": bank_details.account_holder,
        "account_number": bank_details.account_number,
        "sort_code": bank_details.sort_code,
    }
