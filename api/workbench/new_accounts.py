"""The accounts that a new journey can open, the questions that are theirs alone, and where others go (P1, P2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.web.forms import FieldError, Typed, validate
from api.workbench.account_forms import AccountForm, to_pence
from domain.eligibility import refused_account_type
from domain.journey import Wrapper
from models.people import AccountDetails, Frequency, Illustration
from models.schemas.eligibility import WrapperAnswers

CHOSEN: Final = "accounts"
"""The field of the boxes for the accounts."""


@dataclass(frozen=True, slots=True)
class AccountKind:
    """An account that can be chosen; a joint one is another choice than the same wrapper for one person."""

    code: str
    wrapper: Wrapper
    title: str
    hint: str
    in_name: str
    party: str = ""

    @property
    def form(self) -> AccountForm:
        """The part of the form that is about this account."""
        return AccountForm(f"{CHOSEN}.{self.code}.", self.title)

    @property
    def has_allowance(self) -> bool:
        """Whether what is paid in during a tax year is limited."""
        return self.wrapper is not Wrapper.GIA

    @property
    def is_isa(self) -> bool:
        """Whether residence in the United Kingdom is a condition."""
        return self.wrapper in {Wrapper.ISA, Wrapper.JISA}


KINDS: Final[Mapping[str, AccountKind]] = {
    kind.code: kind
    for kind in (
        AccountKind("isa", Wrapper.ISA, "Stocks and shares ISA", "One holder, 18 or over", "ISA"),
        AccountKind("sipp", Wrapper.SIPP, "Self-invested personal pension (SIPP)", "One member", "SIPP"),
        AccountKind("gia", Wrapper.GIA, "General investment account (GIA)", "One holder, 18 or over", "GIA"),
        AccountKind(
            "joint-gia",
            Wrapper.GIA,
            "Joint general investment account",
            "Two holders, who both accept",
            "GIA",
            "second",
        ),
        AccountKind(
            "jisa", Wrapper.JISA, "Junior ISA", "A child under 18, and a registered contact who acts", "JISA", "contact"
        ),
    )
}
"""By the value of their box, in the order of the page."""

_ELSEWHERE: Final = {
    "tpsipp": "Third-party SIPP (TPSIPP)",
    "tpofb": "Third-party offshore bond (TPOFB)",
    "corporate": "Corporate account",
    "trust": "Trust account",
}
_LABELS: Final = {"plan_length_years": "the length of the plan in years, from 1 to 60"}
_POUNDS: Final = ("relevant_earnings", "paid_in_this_tax_year")
_YES_NO: Final = ("child_trust_fund_held", "parental_responsibility", "already_holds_jisa")


def elsewhere() -> list[tuple[str, str]]:
    """Return the accounts that are opened elsewhere, each with where to go (P2)."""
    directions = [(name, refused_account_type(code)) for code, name in _ELSEWHERE.items()]
    return [(name, direction.sentence) for name, direction in directions if direction is not None]


def chosen_kinds(typed: Typed) -> list[AccountKind]:
    """Return the accounts whose boxes are ticked."""
    codes = typed[CHOSEN].split(",")
    return [kind for code, kind in KINDS.items() if code in codes]


def choice_errors(typed: Typed) -> list[FieldError]:
    """Return what is wrong with the choice of accounts (P1, P2, P30, P31)."""
    codes = [code for code in typed[CHOSEN].split(",") if code]
    for code in codes:
        direction = refused_account_type(code)
        if direction is not None:
            return [FieldError(CHOSEN, direction.sentence)]
    kinds = chosen_kinds(typed)
    if not kinds or len(kinds) < len(codes):
        return [FieldError(CHOSEN, "Choose which account to open, or several.")]
    if len(kinds) > 1 and any(kind.party for kind in kinds):
        sentence = (
            "A joint account or a Junior ISA belongs to other people than the other accounts you ticked. "
            "Start a journey of its own for it."
        )
        return [FieldError(CHOSEN, sentence)]
    return []


def read_answers(kind: AccountKind, typed: Typed, account: AccountDetails) -> tuple[WrapperAnswers, list[FieldError]]:
    """Return the answers to the questions that this account alone puts (P31, P33).

    Where what is paid in before the end of the tax year is left open, the contributions that are paid once count.
    """
    at = kind.form.prefix
    errors: list[FieldError] = []
    given: dict[str, Any] = {name: typed[at + name] == "yes" for name in _YES_NO if typed[at + name]}
    given |= {"crown_servant_or_spouse": True} if typed[f"{at}crown_servant_or_spouse"] else {}
    for name in _POUNDS:
        if typed[at + name]:
            given[f"{name}_pence"] = _pence(at + name, typed, errors)
    parts = [typed[f"{at}flexibly_accessed_on-{part}"] for part in ("year", "month", "day")]
    if any(parts):
        given["flexibly_accessed_on"] = "{:0>4}-{:0>2}-{:0>2}".format(*parts)
    if kind.has_allowance:
        given.setdefault("paid_in_this_tax_year_pence", _paid_once(account))
    labels = {"flexibly_accessed_on": "the day of the first flexible payment"}
    answers, wrong = validate(WrapperAnswers, given, labels, prefix=at)
    errors += [FieldError(error.field.removesuffix("_pence"), error.message) for error in wrong]
    return answers or WrapperAnswers(), errors


def _pence(field: str, typed: Typed, errors: list[FieldError]) -> int:
    pence = to_pence(typed[field])
    if pence is None:
        errors.append(FieldError(field, "Enter an amount in pounds, for example 20,000."))
    return pence or 0


def _paid_once(account: AccountDetails) -> int:
    return sum(one.amount_pence for one in account.contributions if one.frequency is Frequency.ONCE)


def read_illustration(
    kind: AccountKind, typed: Typed, account: AccountDetails
) -> tuple[Illustration | None, list[FieldError]]:
    """Return the illustration of the account: its figures are those of the account, keyed once (P7, P10)."""
    figures = account.model_dump(include={"name", "investment_strategy", "contributions", "charges"})
    years = typed[f"{kind.form.prefix}plan_length_years"] or "10"
    return validate(Illustration, {**figures, "plan_length_years": years}, _LABELS, prefix=kind.form.prefix)


def proposed_fields(kinds: Sequence[AccountKind], first_name: str | None) -> Typed:
    """Return how the fields of the accounts stand when they are first shown."""
    whose = f"{first_name}'s " if first_name else ""
    fields = Typed()
    for kind in kinds:
        fields[f"{kind.form.prefix}name"] = f"{whose}{kind.in_name}"
        fields[f"{kind.form.prefix}plan_length_years"] = "10"
    return fields
