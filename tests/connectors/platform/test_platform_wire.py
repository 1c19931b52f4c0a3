"""The mapping between the platform's JSON and our words."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.wire import VerificationsAnswer, WireClient
from connectors.platform.wire_bodies import changed_fields, first_collection, person_fields
from connectors.platform.wire_reading import checks, known_details
from domain.journey import CheckStatus
from models.people import EmploymentStatus, MaritalStatus
from tests.sample_client import KNOWN

CLIENT: dict[str, Any] = {
    "id": "cl_1",
    "external_reference": "plannr-4711",
    "client_type": "individual",
    "status": "registered",
    "title": "Mrs",
    "first_name": "Eleanor",
    "last_name": "Marsh",
    "date_of_birth": "1978-04-12",
    "email": "eleanor.marsh@example.com",
    "mobile": "+447400123456",
    "national_insurance_number": "AB123456C",
    "nationalities": ["GB"],
    "tax_residences": [{"country": "GB", "tax_number": None}],
    "us_person": False,
    "marital_status": None,
    "employment_status": None,
    "retirement_age": None,
    "address": {
        "line1": "12 Harbour Street",
        "line2": None,
        "town_city": "Whitstable",
        "county": None,
        "postcode": "CT5 1AQ",
        "country": "GB",
    },
    "adviser_reference": "adv-1",
    "version": 1,
    "something_new": {"of": "the platform"},
}


def client(**changes: Any) -> WireClient:
    """Return a client as the platform answers it."""
    return WireClient.model_validate({**CLIENT, **changes})


def gateway_answering(content: bytes, status: int = 200) -> HttpPlatformGateway:
    """Return an adapter whose platform gives one answer to everything but the token call."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "token", "token_type": "Bearer", "expires_in": 3600})
        return httpx.Response(status, content=content)

    return HttpPlatformGateway(
        base_url="http://platform.example",
        client_id="onward",
        client_secret="right",
        connect_timeout=timedelta(seconds=1),
        read_timeout=timedelta(seconds=1),
        transport=httpx.MockTransport(answer),
    )


def test_client_reads_in_our_words_whatever_is_added() -> None:
    """Every detail is mapped, and a field that the platform adds later is ignored."""
    assert known_details(client()) == KNOWN


@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    ("field", "value", "ours"),
    [
        ("mobile", "+44", "mobile"),
        ("national_insurance_number", "QQ123456C", "national_insurance_number"),
        ("email", "eleanor@", "email"),
        ("date_of_birth", "12.04.1978", "date_of_birth"),
        ("nationalities", [], "nationality"),
        ("tax_residences", [], "tax_residences"),
        ("address", {**CLIENT["address"], "postcode": "LONDON"}, "address"),
        ("address", {**CLIENT["address"], "country": "FR"}, "address"),
        ("us_person", None, "us_person"),
    ],
)
def test_value_that_does_not_parse_is_a_gap(field: str, value: Any, ours: str) -> None:
    """A value of the platform's that we could not use is missing from what is known; everything else is there."""
    assert known_details(client(**{field: value})) == KNOWN.model_copy(update={ours: None})


@pytest.mark.rule("P32")
@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("marital_status", "civil_partnership", MaritalStatus.CIVIL_PARTNERSHIP),
        ("marital_status", "engaged", None),
        ("employment_status", "self_employed", EmploymentStatus.SELF_EMPLOYED),
        ("employment_status", "on parental leave", None),
        ("retirement_age", 67, 67),
        ("retirement_age", 50, None),
    ],
)
def test_pension_details_read_in_our_words(field: str, value: Any, read: Any) -> None:
    """Choices and ages that we know are read; others are gaps."""
    assert known_details(client(**{field: value})) == KNOWN.model_copy(update={field: read})


def test_what_is_sent_reads_back_the_same() -> None:
    """The body of a client with every detail is what the platform answers for it."""
    fields = person_fields(KNOWN)

    assert fields == {name: CLIENT[name] for name in fields}
    assert known_details(client(**fields)) == KNOWN


def test_nothing_is_sent_for_a_gap() -> None:
    """What is not known is left out rather than cleared."""
    assert person_fields(KNOWN.model_copy(update={"mobile": None, "title": "", "address": None})).keys() == {
        "first_name",
        "last_name",
        "date_of_birth",
        "email",
        "national_insurance_number",
        "nationalities",
        "tax_residences",
        "us_person",
    }


def test_only_what_differs_is_changed() -> None:
    """A record that says the same needs no change; an address is replaced whole."""
    assert KNOWN.address is not None
    moved = KNOWN.address.model_copy(update={"county": "Kent"})
    details = KNOWN.model_copy(update={"address": moved}).complete()

    assert changed_fields(client(), KNOWN.complete()) == {}
    assert changed_fields(client(), details) == {"address": {**CLIENT["address"], "county": "Kent"}}


@pytest.mark.parametrize(("word", "status"), [
    ("not_started", CheckStatus.NOT_STARTED),
    ("pending", CheckStatus.PENDING),
    ("cleared", CheckStatus.PASSED),
    ("referred", CheckStatus.REFERRED),
    ("failed", CheckStatus.FAILED),
])  # fmt: skip
@pytest.mark.parametrize(("bank_word", "bank_status"), [
    ("not_started", CheckStatus.NOT_STARTED),
    ("pending", CheckStatus.PENDING),
    ("verified", CheckStatus.PASSED),
    ("mismatch", CheckStatus.FAILED),
    ("unverifiable", CheckStatus.FAILED),
])  # fmt: skip
@pytest.mark.rule("P41")
def test_words_of_the_checks(word: str, status: CheckStatus, bank_word: str, bank_status: CheckStatus) -> None:
    """Every word of both checks reads in ours."""
    moment = "2026-11-23T10:00:00Z"
    content = {
        "data": {
            "aml": {"status": word, "reason": None, "checked_at": moment},
            "bav": {"status": bank_word, "reason": "Why", "checked_at": None},
        }
    }
    read = checks(VerificationsAnswer.model_validate_json(json.dumps(content)).data)

    assert (read.identity.status, read.bank.status) == (status, bank_status)
    assert (read.identity.reason, read.bank.reason) == ("", "Why")
    assert (read.identity.updated_at, read.bank.updated_at) == (datetime(2026, 11, 23, 10, tzinfo=UTC), None)


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    ("today", "day", "first"),
    [
        (date(2026, 11, 23), 7, date(2026, 12, 7)),
        (date(2026, 11, 24), 7, date(2027, 1, 7)),
        (date(2026, 11, 23), 28, date(2026, 12, 28)),
        (date(2027, 1, 31), 14, date(2027, 2, 14)),
        (date(2027, 1, 31), 7, date(2027, 3, 7)),
        (date(2026, 12, 25), 7, date(2027, 2, 7)),
    ],
)
def test_first_collection_leaves_the_notice(today: date, day: int, first: date) -> None:
    """The first collection falls on the day chosen, a fortnight from today at the earliest."""
    assert first_collection(day, today) == first


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Gateway</html>",
        b"[]",
        b'{"data": null, "meta": {}, "error": null}',
        json.dumps({"data": {**CLIENT, "status": "archived"}}).encode(),
        json.dumps({"data": {name: value for name, value in CLIENT.items() if name != "id"}}).encode(),
    ],
)
async def test_success_in_an_unknown_shape_is_unavailable(content: bytes) -> None:
    """A 2xx answer that does not parse is tried again later, and its content stands in no error."""
    gateway = gateway_answering(content)
    with pytest.raises(ConnectorUnavailable) as unavailable:
        await gateway.read_client("cl_1")
    await gateway.aclose()

    assert str(unavailable.value) == "platform: GET /clients/{id}: answered in an unknown shape"
    assert unavailable.value.__cause__ is None
    assert unavailable.value.__suppress_context__
