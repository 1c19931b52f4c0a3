"""Values that parse: a text becomes a canonical, immutable value, or `InvalidValue` says what to do about it.

Formats only; whether a number or an address exists is for the systems that know. Sources: HMRC NIM39110 (National
Insurance numbers), BS 7666 (postcodes), the Vocalink specification (lengths of account numbers).
Build values by `parse`; `str` and `repr` show the masked form, so that a value in a log or an error text tells nothing.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final, Self

_MASK: Final = "•"
_SEPARATORS: Final = re.compile(r"[\s\u200b\u2010-\u2014-]+")

_NINO: Final = re.compile(r"([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6})([A-D])")
_NINO_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{6}[A-D]")
# Generators of fake people write ZZ numbers with a final T; it is as reserved as the prefix.
_TEST_NINO: Final = re.compile(r"((?:QQ|ZZ)[0-9]{6})([A-DT])")
_UNUSED_PREFIXES: Final = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
# NIM39110 lists FY and OO as well; the format already refuses them, having no F in front and no O behind.
_ADMINISTRATIVE_PREFIXES: Final = frozenset({"CR", "MW", "NC", "PY", "PZ"})
_TEST_PREFIXES: Final = frozenset({"QQ", "ZZ"})

_FIRST, _SECOND, _INWARD = "[A-PR-UWYZ]", "[A-HK-Y]", "[0-9][ABD-HJLNP-UW-Z]{2}"
_POSTCODE: Final = re.compile(
    rf"(GIR(?=0AA)|{_FIRST}[0-9]{{1,2}}|{_FIRST}{_SECOND}[0-9]{{1,2}}"
    rf"|{_FIRST}[0-9][A-HJKPSTUW]|{_FIRST}{_SECOND}[0-9][ABEHMNPRVWXY])({_INWARD})"
)

_SORT_CODE: Final = re.compile(r"[0-9]{6}")
_ACCOUNT_NUMBER: Final = re.compile(r"[0-9]{6,8}")
_DIGITS: Final = re.compile(r"[0-9]+")


class InvalidValue(ValueError):  # noqa: N818 - reads as what it is where it is caught; the code names the case
    """A text is not the value it should be. Neither code nor sentence ever contains the rejected text.

    Attributes:
        code: Stable name of the case, for programs.
        sentence: What is wrong and what to do, for people.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class _Value(ABC):
    """A value whose text forms are masked."""

    __slots__ = ()

    @abstractmethod
    def masked(self) -> str:
        """Return the form a page may show beside the value's name."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.masked()})"

    def __str__(self) -> str:
        return self.masked()


@dataclass(frozen=True, slots=True, repr=False)
class NationalInsuranceNumber(_Value):
    """A National Insurance number. Two are equal when their first eight characters are: those are unique alone."""

    stem: str
    suffix: str = field(compare=False)

    @classmethod
    def parse(cls, text: str, *, allow_test_identifiers: bool = False) -> Self:
        """Parse a number written with or without spaces and hyphens, in either case (P33).

        Args:
            text: What a person typed or another system holds.
            allow_test_identifiers: Accept the reserved prefixes QQ and ZZ; never in production.

        Raises:
            InvalidValue: `nino_format`, or `nino_prefix` when only the first two letters are impossible.
        """
        compact = _compact(text)
        if allow_test_identifiers and (reserved := _TEST_NINO.fullmatch(compact)):
            return cls(*reserved.groups())
        match = _NINO.fullmatch(compact)
        if match and compact[:2] not in _UNUSED_PREFIXES:
            return cls(*match.groups())
        if _NINO_SHAPE.fullmatch(compact):
            raise InvalidValue(
                "nino_prefix",
                "No National Insurance number begins with these two letters; it may be a temporary number or an "
                "example. Check it against a payslip, a P60 or a letter from HMRC.",
            )
        raise InvalidValue(
            "nino_format",
            "A National Insurance number has two letters, six digits and a last letter from A to D. "
            "Check it against a payslip, a P60 or a letter from HMRC.",
        )

    @property
    def canonical(self) -> str:
        """The nine characters without spaces."""
        return self.stem + self.suffix

    @property
    def is_test(self) -> bool:
        """Whether the number is reserved for tests and can belong to nobody."""
        return self.stem[:2] in _TEST_PREFIXES

    @property
    def warning(self) -> str | None:
        """A sentence for the adviser when the number is administrative, which the format allows (NIM39110)."""
        if self.stem[:2] not in _ADMINISTRATIVE_PREFIXES:
            return None
        return (
            "Numbers with this prefix are used for administration and are not given to people any more. "
            "Check it with the client before you send the application."
        )

    def masked(self) -> str:
        """Return prefix and suffix with the digits hidden."""
        return self.stem[:2] + _MASK * 6 + self.suffix


@dataclass(frozen=True, slots=True, repr=False)
class Postcode(_Value):
    """A UK postcode by its format; a place of that postcode need not exist."""

    outward: str
    inward: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a postcode written in either case, with or without its space (P33).

        Raises:
            InvalidValue: `postcode_format`.
        """
        compact = "".join(character for character in text if character.isalnum())
        # Upper-casing letters from outside ASCII can yield ASCII ones.
        match = _POSTCODE.fullmatch(compact.upper()) if compact.isascii() else None
        if match is None:
            raise InvalidValue(
                "postcode_format",
                "This is not a full UK postcode. Check both halves of it, the one before and the one after the space. "
                "An address outside the United Kingdom has no UK postcode.",
            )
        return cls(*match.groups())

    @property
    def canonical(self) -> str:
        """Upper case, one space before the last three characters."""
        return f"{self.outward} {self.inward}"

    def masked(self) -> str:
        """Return the outward half alone."""
        return f"{self.outward} {_MASK * 3}"


@dataclass(frozen=True, slots=True, repr=False)
class SortCode(_Value):
    """A bank's sort code."""

    canonical: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse six digits, with or without spaces and hyphens (P22).

        Raises:
            InvalidValue: `sort_code_format`.
        """
        compact = _compact(text)
        if not _SORT_CODE.fullmatch(compact):
            raise InvalidValue(
                "sort_code_format",
                "A sort code has six digits. Check it on the bank card, a statement or in the banking app.",
            )
        return cls(compact)

    @property
    def written(self) -> str:
        """The form on cards and statements, in pairs."""
        return "-".join(self.canonical[start : start + 2] for start in (0, 2, 4))

    def masked(self) -> str:
        """Return the last pair alone."""
        return f"{_MASK * 2}-{_MASK * 2}-{self.canonical[4:]}"


@dataclass(frozen=True, slots=True, repr=False)
class AccountNumber(_Value):
    """A bank account number of eight digits."""

    canonical: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse six to eight digits; shorter numbers are filled with zeros from the left (P22, Vocalink).

        Longer numbers have to be shortened in a way only their bank knows, so they are refused with that bank's rule.

        Raises:
            InvalidValue: `account_number_format`, `account_number_nine_digits` or `account_number_ten_digits`.
        """
        compact = _compact(text)
        if _ACCOUNT_NUMBER.fullmatch(compact):
            return cls(compact.zfill(8))
        raise _refused_account_number(compact)

    def masked(self) -> str:
        """Return the last four digits alone."""
        return f"{_MASK * 4} {self.canonical[4:]}"


@dataclass(frozen=True, slots=True, repr=False)
class BankDetails(_Value):
    """A sort code and an account number that are well formed, each on its own."""

    sort_code: SortCode
    account_number: AccountNumber

    @classmethod
    def parse(cls, sort_code: str, account_number: str) -> Self:
        """Parse both (P22).

        Raises:
            InvalidValue: Of the first of the two that is malformed.
        """
        return cls(SortCode.parse(sort_code), AccountNumber.parse(account_number))

    def masked(self) -> str:
        """Return both masked forms."""
        return f"{self.sort_code.masked()} {self.account_number.masked()}"


def _compact(text: str) -> str:
    without_separators = _SEPARATORS.sub("", text)
    return without_separators.upper() if without_separators.isascii() else ""


def _refused_account_number(compact: str) -> InvalidValue:
    match len(compact) if _DIGITS.fullmatch(compact) else 0:
        case 9:
            return InvalidValue(
                "account_number_nine_digits",
                "This number has nine digits, as Santander writes some. Put its first digit in place of the last digit "
                "of the sort code, and enter the other eight here. For another bank, ask it for the eight-digit form.",
            )
        case 10:
            return InvalidValue(
                "account_number_ten_digits",
                "This number has ten digits. For the Co-operative Bank or Leeds Building Society enter the first "
                "eight, for NatWest the last eight. For another bank, ask it for the eight-digit form.",
            )
        case _:
            return InvalidValue(
                "account_number_format",
                "An account number has six to eight digits. "
                "Check it on the bank card, a statement or in the banking app.",
            )
