"""How the adapter reads and writes people's records."""

from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from connectors.plannr.sandbox import seed
from models.people import EmploymentStatus, MaritalStatus
from tests.connectors.plannr.conftest import Watched
from tests.contract.plannr_scenes import (
    ADVISER,
    BANK_DETAILS,
    CHILD,
    CLIENT,
    DETAILS,
    FIRM,
    KNOWN,
    LINK_TAG,
    gateway_on,
)


async def _put(watched: Watched, account: str, **fields: Any) -> None:
    answer = await watched.sandbox.plannr.put(f"/api/v1/account/{account}", json=fields)
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("P7")
async def test_a_value_that_does_not_parse_is_a_gap(watched: Watched) -> None:
    """What a person mistyped into the CRM is asked for again; everything else is still pulled through."""
    await _put(
        watched,
        CLIENT,
        ni_number="pending",
        phone="ask Tom",
        nationality="British",
        title="The Right Honourable the Countess",
        first_name="www.example.com/x",
    )
    known = (await watched.gateway.read_person(FIRM, CLIENT)).known_details

    gaps = ["title", "first_name", "mobile", "national_insurance_number", "nationality"]
    assert known.missing([*gaps, "last_name", "email", "address"]) == gaps
    assert (known.last_name, known.email, known.address) == (KNOWN.last_name, KNOWN.email, KNOWN.address)


@pytest.mark.rule("P7")
async def test_a_record_with_little_on_it_is_read(watched: Watched) -> None:
    """A child's record has no contact details and no National Insurance number: these are gaps, not errors."""
    known = (await watched.gateway.read_person(FIRM, CHILD)).known_details

    assert known.first_name == "Anya"
    assert known.missing(["email", "mobile", "address"]) == ["email", "mobile"]


@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ({"postcode": "BS1 4DJ", "town_city": "Bristol", "country": "United Kingdom"}, True),
        ({"postcode": "bs14dj", "town_city": "Bristol", "country": None}, True),
        ({"postcode": "nonsense", "town_city": "Bristol", "country": "GB"}, False),
        ({"postcode": "BS1 4DJ", "town_city": "Bristol", "country": "IE"}, False),
        ({"postcode": "BS1 4DJ", "town_city": None, "country": "GB"}, False),
        ({"postcode": ["BS1 4DJ"], "town_city": {}, "country": 44}, False),
    ],
)
async def test_an_address_counts_only_as_a_whole(address: dict[str, Any], kept: bool) -> None:
    """A British address is taken however its country is written; an incomplete or foreign one is a gap."""
    account = {
        "uuid": CLIENT,
        "last_name": "Whitfield",
        "ni_number": 123456,
        "primary_email": "a resource class",
        "primary_address": {
            "address_1": "14 Quayside Road",
            "address_2": "Flat 2",
            "address_3": "Redcliffe",
            **address,
        },
        "tags": None,
        "external_references": "a resource class",
    }
    gateway = gateway_on(httpx.MockTransport(lambda _request: httpx.Response(200, json=account)))
    known = (await gateway.read_person(FIRM, CLIENT)).known_details
    await gateway.aclose()

    assert known.given() == (["last_name", "address"] if kept else ["last_name"])
    if known.address is not None:
        assert (known.address.postcode, known.address.line_2) == ("BS1 4DJ", "Flat 2, Redcliffe")


@pytest.mark.rule("P5")
async def test_a_link_of_another_system_does_not_count(watched: Watched) -> None:
    """Other systems' references and tags stand beside Onward's and are left alone."""
    plannr = watched.sandbox.plannr
    reference = {"source": "another-system", "reference": "X-1"}
    tag = {"mode": "attach", "taggable_type": "account", "taggable_uuid": CLIENT, "tags": ["VIP"]}
    assert (await plannr.post(f"/api/v1/account/{CLIENT}/external-references", json=reference)).is_success
    assert (await plannr.post("/api/v1/tag", json=tag)).is_success
    before = await watched.gateway.read_person(FIRM, CLIENT)
    await watched.gateway.link(FIRM, CLIENT, "PC-1")
    record = (await plannr.get(f"/api/v1/account/{CLIENT}", params={"include": "tags,external_references"})).json()

    assert (before.platform_client, before.link_tagged, before.assigned_adviser) == (None, False, ADVISER)
    assert [item["name"] for item in record["tags"]] == ["VIP", LINK_TAG]
    references = {item["source"]: item["reference"] for item in record["external_references"]}
    assert references == {"another-system": "X-1", "soderberg-platform": "PC-1"}


@pytest.mark.rule("P5")
async def test_only_the_missing_half_of_a_link_is_written(watched: Watched) -> None:
    """A tag that somebody removed is set again without touching the reference, and a whole link is left alone."""
    await watched.gateway.link(FIRM, CLIENT, "PC-1")
    tag = {"mode": "detach", "taggable_type": "account", "taggable_uuid": CLIENT, "tags": [LINK_TAG]}
    assert (await watched.sandbox.plannr.post("/api/v1/tag", json=tag)).is_success
    watched.sent.writes()
    await watched.gateway.link(FIRM, CLIENT, "PC-1")
    assert watched.sent.writes() == ["POST /api/v1/tag"]
    await watched.gateway.link(FIRM, CLIENT, "PC-1")
    assert watched.sent.writes() == []


@pytest.mark.rule("P11")
async def test_only_what_differs_is_written(watched: Watched) -> None:
    """One changed field writes that field alone; nothing changed writes nothing, so no event is fired for it."""
    same = DETAILS.model_copy(update={name: getattr(KNOWN, name) for name in (*KNOWN.given(), "retirement_age")})
    await watched.gateway.update_person(FIRM, CLIENT, same)
    assert watched.sent.writes() == []

    await watched.gateway.update_person(FIRM, CLIENT, same.model_copy(update={"last_name": "Moss"}))
    assert watched.sent.requests[-1].content == b'{"last_name":"Moss"}'
    assert watched.sent.writes() == [f"PUT /api/v1/account/{CLIENT}"]


@pytest.mark.rule("P11")
async def test_a_new_address_becomes_primary_once_and_for_this_person_only(watched: Watched) -> None:
    """The old address stays on record, and a spouse who lived there too keeps it as primary."""
    shared = {
        "account_uuids": [seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID],
        "is_primary": True,
        "name": "Home",
        "address_1": "9 New Street",
        "town_city": "Bath",
        "postcode": "BA1 1AA",
    }
    assert (await watched.sandbox.plannr.post("/api/v2/addresses", json=shared)).status_code == 201
    before = len(await watched.sandbox.records("address"))
    for _ in range(2):
        await watched.gateway.update_person(FIRM, seed.SPOUSE_ONE_UUID, DETAILS)

    assert len(await watched.sandbox.records("address")) == before + 1
    moved = await watched.gateway.read_person(FIRM, seed.SPOUSE_ONE_UUID)
    stayed = await watched.gateway.read_person(FIRM, seed.SPOUSE_TWO_UUID)
    assert moved.known_details.address == DETAILS.address
    assert stayed.known_details.address is not None
    assert stayed.known_details.address.line_1 == "9 New Street"


@pytest.mark.rule("P42")
async def test_an_address_whose_answer_is_lost_is_added_once(watched: Watched) -> None:
    """The repeated write finds the address as primary and adds no second one."""
    before = len(await watched.sandbox.records("address"))
    await watched.sandbox.fault(operation="POST /api/v2/addresses", kind="commit_then_timeout")
    with pytest.raises(ConnectorUnavailable):
        await watched.gateway.update_person(FIRM, CLIENT, DETAILS)
    await watched.gateway.update_person(FIRM, CLIENT, DETAILS)

    assert len(await watched.sandbox.records("address")) == before + 1


@pytest.mark.rule("P11")
async def test_a_bank_account_that_is_written_otherwise_is_the_same(watched: Watched) -> None:
    """Hyphens, blanks and a missing leading zero in the CRM do not make another bank account."""
    written = {
        "account_uuids": [CLIENT],
        "account_name": "Current",
        "account_holders": "E Whitfield",
        "account_number": " 5577991",
        "sort_code": "20-00-00",
    }
    assert (await watched.sandbox.plannr.post("/api/v2/bank-accounts", json=written)).is_success
    same = BANK_DETAILS.model_copy(update={"account_number": "05577991"})
    await watched.gateway.save_bank_account(FIRM, CLIENT, same)

    assert await watched.sandbox.count() == {"bank_account": 1}


@pytest.mark.rule("P7", "P32")
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("civil-partnership", MaritalStatus.CIVIL_PARTNERSHIP),
        ("cohabiting", MaritalStatus.COHABITING),
        ("engaged", None),
        ("dissolved-civil-partnership", None),
        ("unknown", None),
    ],
)
async def test_marital_status_is_read_where_it_means_the_same(
    watched: Watched, written: str, read: MaritalStatus | None
) -> None:
    """What Plannr tells apart more finely is asked for, not guessed."""
    await _put(watched, CLIENT, marital_status=written)

    assert (await watched.gateway.read_person(FIRM, CLIENT)).known_details.marital_status == read


@pytest.mark.rule("P7", "P32")
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Self employed", EmploymentStatus.SELF_EMPLOYED),
        ("self-employed", EmploymentStatus.SELF_EMPLOYED),
        ("RETIRED", EmploymentStatus.RETIRED),
        ("works at the harbour", None),
    ],
)
async def test_employment_status_is_read_however_it_is_spelled(
    watched: Watched, written: str, read: EmploymentStatus | None
) -> None:
    """A word that is none of ours is a gap."""
    await _put(watched, CLIENT, employment_status=written)

    assert (await watched.gateway.read_person(FIRM, CLIENT)).known_details.employment_status == read


@pytest.mark.rule("P7", "P32")
@pytest.mark.parametrize(("written", "read"), [(67, 67), (50, None), (None, None)])
async def test_retirement_age_is_read_within_bounds(watched: Watched, written: int | None, read: int | None) -> None:
    """An age that no pension could be drawn at is a gap."""
    await _put(watched, CLIENT, target_retirement_age=written)

    assert (await watched.gateway.read_person(FIRM, CLIENT)).known_details.retirement_age == read


@pytest.mark.rule("P11", "P32")
async def test_pension_details_are_written_in_plannrs_words(watched: Watched) -> None:
    """Marital and employment status go with hyphens, the retirement age as a number."""
    await watched.gateway.update_person(FIRM, CLIENT, DETAILS)
    stored = next(item for item in await watched.sandbox.records("account") if item["uuid"] == CLIENT)

    assert (stored["marital_status"], stored["employment_status"]) == ("civil-partnership", "self-employed")
    assert stored["target_retirement_age"] == 67
