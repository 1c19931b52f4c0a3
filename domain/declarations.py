"""The statements a client accepts, word for word; exactly the text returned here is stored as evidence (P24, P25).

A change of wording is a new version; a version that was ever shown is never edited. Sources of the content: for the ISA
and the Junior ISA the ISA Regulations 1998 (regulations 12 and 12A) with HMRC's guidance for ISA managers; for the
pension the Relief at Source Regulations 2005 (regulation 4) with HMRC's Pensions Tax Manual (PTM044220).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.gates import RequiredDocument
from domain.journey import DocumentKind, Wrapper
from domain.tax_year import tax_year
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

DECLINE_STATEMENT: Final = (
    "I do not want this account to be opened. I understand that the application ends for everyone named in it, and "
    "that my adviser is told."
)
"""What a client confirms who declines (P27, P30)."""

HELP_STATEMENT: Final = "I would like to talk to my adviser before I go on."
"""What a client says who asks for help (P27)."""

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
_SIPP_STATEMENTS: Final = (
    "I apply to become a member of the pension scheme and agree to be bound by its rules.",
    (
        "The total of the contributions to all my registered pension schemes on which I am entitled to relief from tax "
        "will not be more, in any tax year, than the higher of the basic amount and my relevant United Kingdom "
        "earnings in that tax year."
    ),
    (
        "I will tell the scheme administrator if I am no longer entitled to relief from tax on my contributions, by "
        "the end of the tax year in which this happens or, if later, within the time that the law allows."
    ),
    (
        "I will tell the scheme administrator if I have taken, or take, pension benefits flexibly from any pension, as "
        "less can then be paid in without a tax charge."
    ),
    (
        "I have not given this application in writing on paper. I will receive a statement of the information and "
        "declarations I have given, and will correct within the time stated there what is not right."
    ),
    "The information I have given is correct and complete to the best of my knowledge and belief.",
)
_JISA_STATEMENTS: Final = (
    "I apply for a stocks and shares Junior ISA for the child named in this application.",
    (
        "I have parental responsibility for the child, or I am the child myself and old enough to apply. I will be the "
        "registered contact of the account, and there is no other for this type of Junior ISA."
    ),
    (
        "The child is under the age up to which a Junior ISA may be opened, and has no Child Trust Fund, or the whole "
        "of the Child Trust Fund will be transferred to this account and closed."
    ),
    (
        "The child is resident in the United Kingdom, or is a Crown employee serving overseas, married to or in a "
        "civil partnership with one, or a dependant of one. I will tell the account manager if this stops being so."
    ),
    "The child has no other stocks and shares Junior ISA, and I will not apply for another while this one exists.",
    (
        "I know of no subscriptions to the child's Junior ISAs that would take them above the overall subscription "
        "limit of the tax year. I understand that what anyone pays in is a gift to the child and cannot be taken back."
    ),
    "I agree to the Junior ISA terms.",
    (
        "I authorise the account manager to hold the child's subscriptions, Junior ISA investments, interest, "
        "dividends and any other rights or proceeds in respect of those investments and any other cash, and to make on "
        "the child's behalf any claims to relief from tax in respect of Junior ISA investments."
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


def declaration(wrapper: Wrapper, today: date) -> Declaration | None:
    """Return the declaration that a wrapper needs when it is accepted today, or None when it needs none (P25).

    The Junior ISA's is made by the registered contact (P31).

    Args:
        wrapper: the wrapper of the account.
        today: the day in the United Kingdom; an ISA is applied for from the tax year it falls in.
    """
    match wrapper:
        case Wrapper.ISA:
            year = tax_year(today)
            statements = tuple(statement.format(tax_year=year) for statement in _ISA_STATEMENTS)
            return Declaration(f"isa-1-{year.replace('/', '-')}", statements)
        case Wrapper.SIPP:
            return Declaration("sipp-1", _SIPP_STATEMENTS)
        case Wrapper.JISA:
            return Declaration("jisa-1", _JISA_STATEMENTS)
        case Wrapper.GIA:
            return None


def acceptance_statement(kind: DocumentKind, wrapper: Wrapper, documents: Iterable[RequiredDocument]) -> str:
    """Return what a client ticks to accept terms, naming every document and version it covers (P24, P25)."""
    named = "; ".join(f"{document.title} (version {document.version})" for document in documents)
    return f"{_ACCEPTANCE[kind].format(wrapper=wrapper_words(wrapper))} {named}."
