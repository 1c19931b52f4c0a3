"""The statements a client accepts, word for word; exactly the text returned here is stored as evidence (P24, P25).

A change of wording is a new version; a version that was ever shown is never edited. Source of the ISA's content: the
ISA Regulations 1998 (regulation 12) with HMRC's guidance for ISA managers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.gates import RequiredDocument
from domain.journey import DocumentKind, Wrapper
from domain.wrappers import wrapper_words

MANDATE_STATEMENT: Final = (
    "I am the holder of the bank account shown and the only person needed to authorise debits from it. "
    "I instruct my bank or building society to pay Direct Debits from it, subject to the safeguards of the "
    "Direct Debit Guarantee, which I have read."
)
"""What a client accepts who authorises a mandate online (P23)."""

MANDATE_PAPER_STATEMENT: Final = (
    "I am not the only person needed to authorise debits from the bank account shown. "
    "Please send a paper mandate for everyone to sign."
)
"""What a client says who can't authorise the mandate alone (P23)."""

BANK_DETAILS_STATEMENT: Final = "I confirm that this bank account is in my name."
"""What a client confirms with bank details given in the portal (P22)."""

_TAX_YEAR_START: Final = (4, 6)
_ACCEPTANCE: Final = {
    DocumentKind.PLATFORM_TERMS: "I have opened and read these documents and accept the platform's terms:",
    DocumentKind.PRODUCT_TERMS: "I have opened and read these documents and accept the terms of my {wrapper}:",
}
_ISA_STATEMENTS: Final = (
    (
        "I apply to subscribe to a stocks and shares ISA for the tax year {tax_year} and for each later tax year until "
        "I say otherwise or the account is closed."
    ),
    "All the money I subscribe, now and later, belongs to me.",
    "I am 18 years of age or over.",
    (
        "I have not subscribed and will not subscribe more than the overall subscription limit in total to ISAs in the "
        "same tax year."
    ),
    (
        "I am resident in the United Kingdom for tax purposes or, if not, I perform duties as a Crown employee serving "
        "overseas, or I am married to or in a civil partnership with a person who does. I will tell the ISA manager if "
        "this stops being so."
    ),
    "I agree to the ISA terms.",
    (
        "I authorise the ISA manager to hold my cash subscription, ISA investments, interest, dividends and any other "
        "rights or proceeds in respect of those investments and any other cash, and to make on my behalf any claims to "
        "relief from tax in respect of ISA investments."
    ),
    "The information I have given is correct and complete to the best of my knowledge and belief.",
)


@dataclass(frozen=True)
class Declaration:
    """What a wrapper asks its holder to declare beside accepting its terms (P25).

    Attributes:
        version: names the wording and the tax year it was made out for.
        statements: each sentence, word for word.
    """

    version: str
    statements: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole declaration as it is stored."""
        return "\n".join(self.statements)


def tax_year(day: date) -> str:
    """Return the tax year a day in the United Kingdom belongs to, e.g. `2026/27` from 6 April 2026."""
    first = day.year if (day.month, day.day) >= _TAX_YEAR_START else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def declaration(wrapper: Wrapper, today: date) -> Declaration | None:
    """Return the declaration that a wrapper needs when it is accepted today, or None when it needs none (P25).

    Args:
        wrapper: the wrapper of the account.
        today: the day in the United Kingdom; an ISA is applied for from the tax year it falls in.
    """
    if wrapper is not Wrapper.ISA:
        return None
    year = tax_year(today)
    return Declaration(
        version=f"isa-1-{year.replace('/', '-')}",
        statements=tuple(statement.format(tax_year=year) for statement in _ISA_STATEMENTS),
    )


def acceptance_statement(kind: DocumentKind, wrapper: Wrapper, documents: Iterable[RequiredDocument]) -> str:
    """Return what a client ticks to accept terms, naming every document and version it covers (P24, P25)."""
    named = "; ".join(f"{document.title} (version {document.version})" for document in documents)
    return f"{_ACCEPTANCE[kind].format(wrapper=wrapper_words(wrapper))} {named}."
