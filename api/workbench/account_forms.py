"""The form of an account: what is opened, what is paid in and charged, and the direct debit (P12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from api.web.forms import FieldError, Typed, validate
from api.web.wording import pounds
from models.people import AccountDetails, Contribution, DirectDebit, Frequency, Illustration

MOST_CONTRIBUTIONS: Final = 3
"""How many contributions the form has room for."""

FREQUENCIES: Final[Mapping[str, str]] = {
    Frequency.ONCE.value: "Once",
    Frequency.MONTHLY.value: "Every month",
    Frequency.QUARTERLY.value: "Every quarter",
    Frequency.ANNUALLY.value: "Every year",
}
COLLECTION_DAYS: Final = ("7", "14", "21", "28")

LABELS: Final[Mapping[str, str]] = {
    "name": "a name for the account",
    "investment_strategy": "the investment strategy",
    "contributions": "at least one contribution",
    "amount_pence": "an amount from £0.01 to £10,000,000",
    "initial_basis_points": "the initial charge, from 0 to 10 per cent",
    "ongoing_basis_points": "the ongoing charge, from 0 to 3 per cent",
    "frequency": "how often it is paid",
    "collection_day": "the day of the month",
}

_NOT_MONEY: Final = "Enter an amount in pounds, for example 250 or 1,250.50."
_NOT_PERCENT: Final = "Enter a percentage with at most two decimals, for example 0.5."
_FIELDS: Final = {
    "amount_pence": "amount",
    "initial_basis_points": "initial",
    "ongoing_basis_points": "ongoing",
    "contributions": "contributions.0.amount",
}


def to_pence(text: str) -> int | None:
    """Return an amount in pounds as whole pence; None when it is no amount."""
    return _hundredths(text.removeprefix("£").replace(",", ""))


def to_basis_points(text: str) -> int | None:
    """Return a percentage in hundredths of a per cent; None when it is none."""
    return _hundredths(text.removesuffix("%"))


def _hundredths(text: str) -> int | None:
    bare = text.replace(" ", "")
    try:
        value = Decimal(bare) * 100 if bare.replace(".", "", 1).isdecimal() and bare.isascii() else None
    except InvalidOperation:
        return None
    return int(value) if value is not None and value == value.to_integral_value() else None


def from_hundredths(value: int) -> str:
    """Return pence or basis points as they are typed: `1250.50`, `0.5`, `20000`."""
    whole, rest = divmod(value, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


@dataclass(frozen=True, slots=True)
class AccountForm:
    """The part of a form that is about one account.

    Attributes:
        prefix: What the names of its fields begin with, e.g. `account.`.
        title: What the page calls the account, e.g. `Stocks and shares ISA`.
        direct_debit: Whether a direct debit can be asked for.
    """

    prefix: str
    title: str
    direct_debit: bool = True


def account_fields(form: AccountForm, account: AccountDetails | Illustration) -> Typed:
    """Return the fields filled in from what is known, such as an illustration (P7)."""
    at = form.prefix
    typed = Typed({f"{at}name": account.name, f"{at}investment_strategy": account.investment_strategy})
    for place, one in enumerate(account.contributions):
        typed[f"{at}contributions.{place}.amount"] = from_hundredths(one.amount_pence)
        typed[f"{at}contributions.{place}.frequency"] = one.frequency.value
    typed[f"{at}charges.initial"] = from_hundredths(account.charges.initial_basis_points)
    typed[f"{at}charges.ongoing"] = from_hundredths(account.charges.ongoing_basis_points)
    debit = account.direct_debit if isinstance(account, AccountDetails) else None
    if isinstance(account, AccountDetails):
        typed[f"{at}direct_debit"] = "yes" if debit else "no"
    if debit:
        typed[f"{at}direct_debit.amount"] = from_hundredths(debit.amount_pence)
        typed[f"{at}direct_debit.frequency"] = debit.frequency.value
        typed[f"{at}direct_debit.collection_day"] = str(debit.collection_day)
    return typed


def read_account(form: AccountForm, typed: Typed) -> tuple[AccountDetails | None, list[FieldError]]:
    """Return the account that was typed, or what is wrong with it.

    Contributions without an amount are left out; of the others the first has to be there.
    """
    at = form.prefix
    errors: list[FieldError] = []
    document: dict[str, Any] = {name: typed[at + name] for name in ("name", "investment_strategy") if typed[at + name]}
    places = [place for place in range(MOST_CONTRIBUTIONS) if typed[f"{at}contributions.{place}.amount"]]
    document["contributions"] = [_payment(f"{at}contributions.{place}.", typed, errors) for place in places]
    document["charges"] = {
        f"{name}_basis_points": _percentage(f"{at}charges.{name}", typed, errors) for name in ("initial", "ongoing")
    }
    match typed[f"{at}direct_debit"]:
        case "yes":
            document["direct_debit"] = _payment(f"{at}direct_debit.", typed, errors, "collection_day")
        case "no":
            pass
        case _ if form.direct_debit:
            errors.append(FieldError(f"{at}direct_debit", "Say whether the client pays by direct debit."))
    account, wrong = validate(AccountDetails, document, LABELS)
    seen = {error.field for error in errors}
    errors += [error for error in (_placed(one, at, places) for one in wrong) if error.field not in seen]
    return (None, errors) if errors else (account, [])


def _payment(at: str, typed: Typed, errors: list[FieldError], *further: str) -> dict[str, Any]:
    amount = to_pence(typed[f"{at}amount"])
    if amount is None:
        errors.append(FieldError(f"{at}amount", _NOT_MONEY))
    fields = {name: typed[at + name] for name in ("frequency", *further) if typed[at + name]}
    if "collection_day" in fields:
        fields["collection_day"] = int(fields["collection_day"]) if fields["collection_day"] in COLLECTION_DAYS else 0  # type: ignore[assignment]
    return {"amount_pence": amount, **fields}


def _percentage(field: str, typed: Typed, errors: list[FieldError]) -> int:
    points = to_basis_points(typed[field] or "0")
    if points is None:
        errors.append(FieldError(field, _NOT_PERCENT))
    return points or 0


def _placed(error: FieldError, at: str, places: list[int]) -> FieldError:
    """Return the error at the field of the form: contributions that were left out move the others up."""
    path = error.field.split(".")
    if path[0] == "contributions" and len(path) > 1:
        path[1] = str(places[int(path[1])])
    path[-1] = _FIELDS.get(path[-1], path[-1])
    return FieldError(at + ".".join(path), error.message)


def contribution_words(one: Contribution | DirectDebit) -> str:
    """Return `£250 every month`."""
    return f"{pounds(one.amount_pence)} {FREQUENCIES[one.frequency.value].lower()}"


def percentage(points: int) -> str:
    """Return `0.5%`."""
    return f"{from_hundredths(points).rstrip('0').rstrip('.') if points % 100 else points // 100}%"


def account_rows(account: AccountDetails) -> list[tuple[str, str, str]]:
    """Return the account as field, label and words, for a page to check it on."""
    debit = account.direct_debit
    collected = f"{contribution_words(debit)}, on day {debit.collection_day} of the month" if debit else "No"
    charges = account.charges
    return [
        ("name", "Name of the account", account.name),
        ("investment_strategy", "Investment strategy", account.investment_strategy),
        ("contributions.0.amount", "Contributions", ", ".join(map(contribution_words, account.contributions))),
        (
            "charges.initial",
            "Adviser charges",
            f"{percentage(charges.initial_basis_points)} initial, {percentage(charges.ongoing_basis_points)} ongoing",
        ),
        ("direct_debit", "Direct debit", collected),
    ]
