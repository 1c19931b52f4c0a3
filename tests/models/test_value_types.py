"""Phone numbers, e-mail addresses, and the annotated field types over every value."""

from typing import Any

import phonenumbers
import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from domain.values import InvalidValue
from models.values import (
    ALLOW_TEST_IDENTIFIERS,
    AccountNumberText,
    Email,
    Nino,
    Phone,
    SortCodeText,
    UkPostcode,
    parse_email,
    parse_phone,
)


class _Form(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    nino: Nino
    postcode: UkPostcode
    sort_code: SortCodeText
    account_number: AccountNumberText
    phone: Phone
    email: Email


def _typed() -> dict[str, str]:
    return {
        "nino": "ab 12 34 56 c",
        "postcode": "sw1a1aa",
        "sort_code": "20-00-00",
        "account_number": "123456",
        "phone": "020 7946 0958",
        "email": " Jo.Bloggs@EXAMPLE.com ",
    }


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("020 7946 0958", "+442079460958"),
        ("07400 123456", "+447400123456"),
        ("07400-123456", "+447400123456"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+1 212 555 0100", "+12125550100"),
    ],
)
def test_a_phone_number_becomes_e164(text: str, e164: str) -> None:
    """A number without a country code is British."""
    assert parse_phone(text) == e164


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    "text",
    [
        *("07700 900123", "01632 960001", "", "+", "999", "07400 12345", "07400 1234567", "0800 FLOWERS"),
        *("020 7946 0958 ext 5", "07400 123456 / 07400 123457", "call 07400 123456", "+999 1234567"),
    ],
)
def test_what_is_no_phone_number_in_use_is_refused(text: str) -> None:
    """Nothing is dropped or guessed to make a number fit."""
    with pytest.raises(InvalidValue) as refusal:
        parse_phone(text)

    assert refusal.value.code == "phone_format"


def test_e164_of_every_country_parses_to_itself() -> None:
    """The canonical form is a fixed point in each region the library knows."""
    examples = [number for region in sorted(phonenumbers.SUPPORTED_REGIONS) if (number := _example(region))]

    assert len(examples) > 200
    assert [parse_phone(number) for number in examples] == examples


def _example(region: str) -> str | None:
    number = phonenumbers.example_number(region)
    return None if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "e164"),
    [("07700 900123", "+447700900123"), ("01632 960001", "+441632960001"), ("07400 123456", "+447400123456")],
)
def test_numbers_for_drama_are_accepted_where_allowed(text: str, e164: str) -> None:
    """Test numbers can be shown to people without ringing anybody."""
    assert parse_phone(text, allow_test_identifiers=True) == e164


@pytest.mark.parametrize("text", ["07700 901000", "01632 961000", "01632 959999"])
def test_the_test_flag_admits_drama_numbers_alone(text: str) -> None:
    """The edges of Ofcom's ranges hold."""
    with pytest.raises(InvalidValue):
        parse_phone(text, allow_test_identifiers=True)


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("text", "address"),
    [("a@example.com", "a@example.com"), (" Jo.Bloggs@EXAMPLE.com\n", "Jo.Bloggs@example.com")],
)
def test_an_email_address_is_normalised(text: str, address: str) -> None:
    """The domain is lower case; the part before the @ is its server's business."""
    assert parse_email(text) == address


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    "text",
    [
        *(
            "a@x.local",
            "a@x.invalid",
            "a@localhost",
            "a@example.test",
            "",
            "a",
            "@example.com",
            "a@",
            "a b@example.com",
        ),
        *("a@example.com, b@example.com", "Jo <a@example.com>", "a@[127.0.0.1]", "a@example.com\r\nBcc: b@example.com"),
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    """Addresses that can't receive mail, several at once, and headers are no address."""
    with pytest.raises(InvalidValue) as refusal:
        parse_email(text)

    assert refusal.value.code == "email_format"


def test_the_test_flag_admits_the_test_domain_alone() -> None:
    """Other special domains stay refused with the flag."""
    assert parse_email("a@example.test", allow_test_identifiers=True) == "a@example.test"
    for text in ("a@x.local", "a@x.invalid", "a@localhost"):
        with pytest.raises(InvalidValue):
            parse_email(text, allow_test_identifiers=True)


@pytest.mark.rule("P33")
def test_a_form_holds_canonical_texts() -> None:
    """Whatever way a person types a value, the field holds one form of it, and reads that form unchanged."""
    form = _Form.model_validate(_typed())

    assert form.model_dump() == {
        "nino": "AB123456C",
        "postcode": "SW1A 1AA",
        "sort_code": "200000",
        "account_number": "00123456",
        "phone": "+442079460958",
        "email": "Jo.Bloggs@example.com",
    }
    assert _Form.model_validate_json(form.model_dump_json()) == form


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("nino", "AB123456E", "nino_format"),
        ("nino", "QQ123456C", "nino_prefix"),
        ("postcode", "M1 1AC", "postcode_format"),
        ("sort_code", "20-00-0", "sort_code_format"),
        ("account_number", "12345", "account_number_format"),
        ("account_number", "123456789", "account_number_nine_digits"),
        ("account_number", "1234567890", "account_number_ten_digits"),
        ("phone", "07700 900123", "phone_format"),
        ("email", "jo@localhost", "email_format"),
    ],
)
def test_a_field_error_is_the_sentence_and_repeats_nothing(field: str, text: str, code: str) -> None:
    """A form shows the person what to do; no error text holds what was typed."""
    with pytest.raises(ValidationError) as refusal:
        _Form.model_validate(_typed() | {field: text})

    (error,) = refusal.value.errors(include_input=False, include_url=False)
    assert error["type"] == code
    assert error["loc"] == (field,)
    assert error["msg"].endswith(".")
    assert text not in f"{refusal.value}{refusal.value!r}{error}"


@pytest.mark.parametrize(
    ("annotated", "text"),
    [(Nino, "QQ123456C"), (Phone, "07700900123"), (Email, "a@example.test")],
)
def test_test_identifiers_pass_only_with_the_validation_context(annotated: Any, text: str) -> None:
    """A field is strict unless the caller says otherwise, with exactly True."""
    field = TypeAdapter[str](annotated)

    assert field.validate_python(text, context={ALLOW_TEST_IDENTIFIERS: True})
    for context in (None, {}, {ALLOW_TEST_IDENTIFIERS: False}, {ALLOW_TEST_IDENTIFIERS: "no"}):
        with pytest.raises(ValidationError):
            field.validate_python(text, context=context)


def test_a_schema_describes_each_field_with_a_valid_example() -> None:
    """OpenAPI shows an example of every value, which the field itself accepts."""
    for name, field in _Form.model_json_schema()["properties"].items():
        assert field["type"] == "string"
        assert field["description"]
        for example in field["examples"]:
            _Form.model_validate(_typed() | {name: example})
