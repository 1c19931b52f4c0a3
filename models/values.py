"""Types of fields that hold one canonical text: `Annotated` strings for messages and HTTP schemas.

A field of these types accepts what a person may type and holds the canonical form. A refusal has the type and the
sentence of `domain.values.InvalidValue` and never repeats the text, but pydantic's own error list does: read it with
`errors(include_input=False)`. A validation context of `{ALLOW_TEST_IDENTIFIERS: True}` admits what can belong to
nobody: reserved National Insurance numbers, Ofcom's numbers for drama, addresses under `.test`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from domain.values import AccountNumber, InvalidValue, NationalInsuranceNumber, Postcode, SortCode

ALLOW_TEST_IDENTIFIERS: Final = "allow_test_identifiers"

# The library would also find a number inside a sentence, spell letters as digits and drop a second number.
_PHONE_CHARACTERS: Final = re.compile(r"[0-9\s+().\u2010-\u2014-]{1,40}")
# Ofcom sets both aside for drama; the other drama ranges lie in blocks that the numbering plan counts as valid.
_UNASSIGNED_DRAMA_NUMBERS: Final = re.compile(r"\+44(7700900|1632960)[0-9]{3}")


def parse_phone(text: str, *, allow_test_identifiers: bool = False) -> str:
    """Return a phone number in E.164; one without a country code is read as British (P33).

    Args:
        text: What a person typed or another system holds.
        allow_test_identifiers: Accept Ofcom's numbers for drama; never in production.

    Raises:
        InvalidValue: `phone_format`.
    """
    number = _read_phone(text.strip())
    if number is not None:
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        is_test = allow_test_identifiers and _UNASSIGNED_DRAMA_NUMBERS.fullmatch(e164)
        if is_test or phonenumbers.is_valid_number(number):
            return e164
    raise InvalidValue(
        "phone_format",
        "This is not a phone number in use. Check every digit, leave out extensions and words, and begin a number "
        "from outside the United Kingdom with + and its country code.",
    )


def parse_email(text: str, *, allow_test_identifiers: bool = False) -> str:
    """Return an e-mail address in its normal form; nothing is looked up in the network (P33).

    The domain becomes lower case; the part before the @ keeps its case, which is for its own server to read.

    Args:
        text: What a person typed or another system holds.
        allow_test_identifiers: Accept domains under `.test`; never in production.

    Raises:
        InvalidValue: `email_format`.
    """
    try:
        address = validate_email(
            text.strip(),
            check_deliverability=False,
            test_environment=allow_test_identifiers,
        )
    except EmailNotValidError:
        raise InvalidValue(
            "email_format",
            "This is not an e-mail address that can receive mail from outside. "
            "Check the part before the @, and that the part after it is a full domain without spaces.",
        ) from None
    return address.normalized


def _read_phone(text: str) -> phonenumbers.PhoneNumber | None:
    if not _PHONE_CHARACTERS.fullmatch(text):
        return None
    try:
        return phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None


def _validated(parse: Callable[[str, bool], str]) -> AfterValidator:
    def validate(text: str, info: ValidationInfo) -> str:
        context = info.context if isinstance(info.context, Mapping) else {}
        try:
            return parse(text, context.get(ALLOW_TEST_IDENTIFIERS) is True)
        except InvalidValue as refusal:
            raise PydanticCustomError(refusal.code, refusal.sentence) from None

    return AfterValidator(validate)


Nino = Annotated[
    str,
    _validated(lambda text, test: NationalInsuranceNumber.parse(text, allow_test_identifiers=test).canonical),
    Field(description="National Insurance number", examples=["AB123456C"]),
]
UkPostcode = Annotated[
    str,
    _validated(lambda text, _test: Postcode.parse(text).canonical),
    Field(description="UK postcode", examples=["SW1A 1AA"]),
]
SortCodeText = Annotated[
    str,
    _validated(lambda text, _test: SortCode.parse(text).canonical),
    Field(description="Sort code, six digits", examples=["200000"]),
]
AccountNumberText = Annotated[
    str,
    _validated(lambda text, _test: AccountNumber.parse(text).canonical),
    Field(description="Account number, six to eight digits", examples=["55779911"]),
]
Phone = Annotated[
    str,
    _validated(lambda text, test: parse_phone(text, allow_test_identifiers=test)),
    Field(description="Phone number; read as British without a country code", examples=["+447400123456"]),
]
Email = Annotated[
    str,
    _validated(lambda text, test: parse_email(text, allow_test_identifiers=test)),
    Field(description="E-mail address", examples=["a@example.com"]),
]
