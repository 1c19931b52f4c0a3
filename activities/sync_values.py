"""Values of both systems in one form: as text to compare, as a keyed fingerprint to remember, masked to be shown."""

import hmac
from hashlib import sha256
from typing import Final, Literal

from connectors.platform.port import AccountStatus
from domain.journey import Wrapper
from models.people import Address, BankDetails, KnownDetails

OUT_OF_SCOPE: Final = frozenset({"corporate", "trust"})
THIRD_PARTY: Final = frozenset({"tpsipp", "tpofb"})

PlanStatus = Literal["proposed", "active", "inactive"]

_PLAN_STATUS: Final[dict[AccountStatus, PlanStatus]] = {
    "pending": "proposed",
    "active": "active",
    "suspended": "active",
    "closed": "inactive",
    "cancelled": "inactive",
}
_OWN_WRAPPERS: Final = {wrapper.value: wrapper for wrapper in Wrapper}
_FINGERPRINT_BYTES: Final = 16


def sync_key(secret: bytes) -> bytes:
    """Return the key of the fingerprints, derived from the product's secret so that it opens nothing else."""
    return hmac.digest(secret, b"onward sync fingerprints", sha256)


def fingerprint(key: bytes, field: str, text: str | None) -> str | None:
    """Return what stands for a value in our own record; None for an empty one."""
    if text is None:
        return None
    return hmac.digest(key, f"{field}\x1f{text}".encode(), sha256)[:_FINGERPRINT_BYTES].hex()


def plan_status(status: AccountStatus) -> PlanStatus:
    """Return the status of the plan whose account has this one (P50)."""
    return _PLAN_STATUS[status]


def plan_wrapper(wrapper: str) -> Wrapper | None:
    """Return what an account's plan is in Plannr; None for one that has no plan there (P3, P4)."""
    if wrapper in THIRD_PARTY:
        return Wrapper.GIA
    return _OWN_WRAPPERS.get(wrapper)


def client_text(field: str, details: KnownDetails, bank: BankDetails | None) -> str | None:
    """Return a person's value as text, without what makes no difference: letter case, spaces, a title's full stop."""
    if field == "bank_details":
        return None if bank is None else _folded(_bank_text(bank))
    value = getattr(details, field)
    if value is None:
        return None
    text = _folded(_address_text(value) if isinstance(value, Address) else str(value))
    return text.rstrip(".") if field == "title" else text


def shown_text(field: str, details: KnownDetails, bank: BankDetails | None) -> str | None:
    """Return a person's value as it is given to `domain.masking.mask`."""
    if field == "bank_details":
        return None if bank is None else bank.account_number
    value = getattr(details, field)
    return value.postcode if isinstance(value, Address) else None if value is None else str(value)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _address_text(address: Address) -> str:
    parts = (address.line_1, address.line_2, address.town_city, address.county, address.postcode, address.country)
    return "\n".join(parts)


def _bank_text(bank: BankDetails) -> str:
    return f"{bank.sort_code} {bank.account_number} {bank.account_holder}"
