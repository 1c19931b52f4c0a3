"""Clients: registration, submission, checks, terms and the states they lead to."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.platform.sandbox.config import SandboxConfig
from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import BANK_ACCOUNT, Platform, person, refusal, running


@pytest.mark.rule("P10")
async def test_new_client_is_registered_and_nothing_is_checked(platform: Platform) -> None:
    """Registration keeps what was sent, and starts nothing."""
    body = person()
    client = await platform.client()

    body["address"] |= {"line2": None, "county": None}
    assert {name: client[name] for name in body} == body
    assert client["status"] == "registered"
    assert client["verifications"]["aml"]["status"] == client["verifications"]["bav"]["status"] == "not_started"
    assert (client["terms_accepted"], client["bank_account"], client["version"]) == (None, None, 1)
    assert await platform.get(f"/clients/{client['id']}") == client


@pytest.mark.rule("P34")
async def test_second_client_with_reference_or_address_meets_the_first(platform: Platform) -> None:
    """A duplicate is refused with the id of the client that is there, reference before e-mail, in any case."""
    first = await platform.client("ref-1", email="ada@example.com")

    by_reference = await platform.post("/clients", person("ref-1", email="ADA@example.com"))
    by_email = await platform.post("/clients", person("ref-2", email="Ada@Example.com"))

    assert refusal(by_reference)[:2] == (409, "duplicate_external_reference")
    assert refusal(by_email)[:2] == (409, "email_in_use")
    assert by_reference.json()["error"]["existing_id"] == by_email.json()["error"]["existing_id"] == first["id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": None}, {"email": "required"}),
        ({"client_type": "minor"}, {"guardian_id": "required"}),
        ({"guardian_id": "cl_1"}, {"guardian_id": "not_allowed"}),
        ({"date_of_birth": "2020-01-01"}, {"date_of_birth": "out_of_range"}),
        ({"date_of_birth": "2090-01-01"}, {"date_of_birth": "out_of_range"}),
        ({"client_type": "minor", "guardian_id": "cl_1"}, {"date_of_birth": "out_of_range"}),
        (
            {"client_type": "minor", "guardian_id": "cl_1", "date_of_birth": "2015-01-01"},
            {"guardian_id": "unknown"},
        ),
        ({"last_name": ""}, {"last_name": "invalid"}),
        ({"last_name": "x" * 101}, {"last_name": "too_long"}),
        ({"retirement_age": 49}, {"retirement_age": "out_of_range"}),
        ({"marital_status": "engaged"}, {"marital_status": "invalid"}),
        ({"national_insurance_number": "GB123456A"}, {"national_insurance_number": "invalid"}),
        ({"nationalities": ["Britain"]}, {"nationalities.0": "invalid"}),
        (
            {"address": {"country": "GB", "line1": "1 Mill Lane", "town_city": "Leeds"}},
            {"address.postcode": "required"},
        ),
    ],
)
async def test_unfit_person_is_refused(platform: Platform, changes: dict[str, Any], fields: dict[str, str]) -> None:
    """Each field has its form; the refusal names the field."""
    answer = await platform.post("/clients", person(**changes))

    assert refusal(answer) == (422, "validation_failed", fields)
    assert await platform.get("/clients") == []


async def test_address_abroad_needs_no_postcode(platform: Platform) -> None:
    """The rule for postcodes is for addresses in the United Kingdom."""
    address = {"country": "FR", "line1": "1 rue de la Paix", "town_city": "Paris"}

    assert (await platform.client(address=address))["address"]["postcode"] is None


@pytest.mark.rule("P11")
async def test_submission_starts_the_checks_and_is_done_once(config: SandboxConfig) -> None:
    """Submitted, the client is pending; submitted again, nothing changes."""
    async with running(replace(config, verification_delay_seconds=3600)) as platform:
        client = await platform.client()
        await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT)
        submitted = await platform.act(f"/clients/{client['id']}/submission")
        again = await platform.act(f"/clients/{client['id']}/submission")

    assert submitted["status"] == "pending"
    assert (submitted["verifications"]["aml"]["status"], submitted["verifications"]["bav"]["status"]) == (
        "pending",
        "pending",
    )
    assert again == submitted


async def test_submission_asks_for_what_is_missing(platform: Platform) -> None:
    """A client registered with little is submitted only once the rest is there."""
    needed = ("mobile", "nationalities", "tax_residences", "us_person", "address")
    body = {name: value for name, value in person().items() if name not in needed}
    client = await platform.create("/clients", body)

    refused = await platform.post(f"/clients/{client['id']}/submission")
    await platform.http.patch(f"/clients/{client['id']}", json={name: person()[name] for name in needed})

    assert refusal(refused) == (422, "validation_failed", dict.fromkeys(needed, "required"))
    assert (await platform.act(f"/clients/{client['id']}/submission"))["status"] == "pending"


@pytest.mark.rule("P31")
async def test_submission_asks_less_of_a_minor(platform: Platform) -> None:
    """A child needs nationality and address, and neither phone nor tax details."""
    guardian = await platform.client("guardian")
    left_out = (
        "email",
        "mobile",
        "national_insurance_number",
        "nationalities",
        "tax_residences",
        "us_person",
        "address",
    )
    body = {name: value for name, value in person("child").items() if name not in left_out}
    child = await platform.create(
        "/clients", body | {"client_type": "minor", "date_of_birth": "2015-06-01", "guardian_id": guardian["id"]}
    )
    refused = await platform.post(f"/clients/{child['id']}/submission")
    needed = {name: person()[name] for name in ("nationalities", "address")}
    await platform.http.patch(f"/clients/{child['id']}", json=needed)

    assert refusal(refused) == (422, "validation_failed", dict.fromkeys(needed, "required"))
    assert (await platform.act(f"/clients/{child['id']}/submission"))["status"] == "pending"


@pytest.mark.parametrize(
    ("last_name", "outcome"), [("Ashdown", "cleared"), ("Referred", "referred"), ("SANCTION", "failed")]
)
async def test_last_name_decides_the_identity_check(
    platform: Platform, eventually: Eventually, last_name: str, outcome: str
) -> None:
    """The documented test surnames lead to the documented outcomes, with a reason where it is a bad one."""
    client = await platform.submitted(last_name=last_name)

    async def decided() -> bool:
        return await platform.aml(client["id"]) == outcome

    await eventually(decided)
    reason = (await platform.get(f"/clients/{client['id']}/verifications"))["aml"]["reason"]
    assert (reason is None) == (outcome == "cleared")


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "verified"),
        ({"account_number": "22220202"}, "mismatch"),
        ({"account_number": "33330206"}, "unverifiable"),
        ({"account_holder": "Mismatch Ashdown"}, "mismatch"),
        ({"account_holder": "unverifiable"}, "unverifiable"),
    ],
)
async def test_account_decides_the_bank_verification(
    platform: Platform, eventually: Eventually, changes: dict[str, str], outcome: str
) -> None:
    """The documented test accounts lead to the documented outcomes."""
    client = await platform.submitted()
    await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT | changes)

    async def decided() -> bool:
        return await platform.bav(client["id"]) == outcome

    await eventually(decided)


@pytest.mark.rule("P41")
async def test_other_bank_details_are_verified_anew(platform: Platform, eventually: Eventually) -> None:
    """Other details restart the verification, the same ones leave everything as it is."""
    client = await platform.submitted()
    path = f"/clients/{client['id']}/bank-account"
    await platform.http.put(path, json=BANK_ACCOUNT | {"account_number": "22220202"})

    async def mismatched() -> bool:
        return await platform.bav(client["id"]) == "mismatch"

    async def verified() -> bool:
        return await platform.bav(client["id"]) == "verified"

    await eventually(mismatched)
    restarted = platform.data(await platform.http.put(path, json=BANK_ACCOUNT))
    await eventually(verified)
    before = await platform.get(f"/clients/{client['id']}")
    same = platform.data(await platform.http.put(path, json=BANK_ACCOUNT))

    assert restarted["verifications"]["bav"]["status"] == "pending"
    assert same == before


@pytest.mark.rule("P41")
async def test_corrected_name_is_checked_anew(platform: Platform, eventually: Eventually) -> None:
    """A referred identity check starts again when the name is corrected, and only then."""
    client = await platform.submitted(last_name="Referred")
    path = f"/clients/{client['id']}"

    async def referred() -> bool:
        return await platform.aml(client["id"]) == "referred"

    async def cleared() -> bool:
        return await platform.aml(client["id"]) == "cleared"

    await eventually(referred)
    other = platform.data(await platform.http.patch(path, json={"mobile": "+447400123457"}))
    corrected = platform.data(await platform.http.patch(path, json={"last_name": "Reffered"}))

    assert other["verifications"]["aml"]["status"] == "referred"
    assert corrected["verifications"]["aml"]["status"] == "pending"
    await eventually(cleared)


async def test_check_survives_a_restart(config: SandboxConfig, eventually: Eventually) -> None:
    """A check that was under way when the server stopped comes to its outcome after the next start."""
    async with running(replace(config, verification_delay_seconds=0.2)) as platform:
        client = await platform.submitted()
        assert await platform.aml(client["id"]) == "pending"

    async with running(config) as platform:

        async def cleared() -> bool:
            return await platform.aml(client["id"]) == "cleared"

        await eventually(cleared)


@pytest.mark.rule("P43")
async def test_reversion_takes_a_client_back_who_accepted_nothing(platform: Platform) -> None:
    """Without accepted terms a pending client goes back to registered, with them not; going back twice is no error."""
    client = await platform.submitted()
    path = f"/clients/{client['id']}"
    reverted = await platform.act(f"{path}/reversion")
    again = await platform.act(f"{path}/reversion")
    await platform.act(f"{path}/submission")
    await platform.act(f"{path}/terms-acceptances", await platform.platform_terms())
    refused = await platform.post(f"{path}/reversion")

    assert (reverted["status"], reverted["verifications"]["aml"]["status"]) == ("registered", "not_started")
    assert again == reverted
    assert refusal(refused)[:2] == (409, "invalid_state")


@pytest.mark.rule("P15")
async def test_client_is_active_when_terms_and_checks_are_done(platform: Platform, eventually: Eventually) -> None:
    """Terms alone or checks alone do not do; with a bank account it has to be verified as well."""
    client = await platform.submitted(last_name="Referred")
    path = f"/clients/{client['id']}"
    await platform.http.put(f"{path}/bank-account", json=BANK_ACCOUNT | {"account_number": "22220202"})

    async def mismatched() -> bool:
        return await platform.bav(client["id"]) == "mismatch"

    await eventually(mismatched)
    steps = [
        await platform.act(f"{path}/terms-acceptances", await platform.platform_terms()),
        await platform.control(f"clients/{client['id']}/aml", {"status": "cleared"}),
        await platform.control(f"clients/{client['id']}/bav", {"status": "verified"}),
    ]

    assert [step["status"] for step in steps] == ["pending", "pending", "active"]


async def test_patch_changes_what_is_given_and_refuses_the_rest(platform: Platform) -> None:
    """A change keeps other fields, clears with null, and cannot take what another client has."""
    await platform.client("taken")
    client = await platform.client("ref-1")
    path = f"/clients/{client['id']}"

    changed = platform.data(await platform.http.patch(path, json={"title": None, "first_name": "Adele"}))
    unchanged = platform.data(await platform.http.patch(path, json={"first_name": "Adele"}))

    assert changed | {"version": 1, "updated_at": ""} == client | {
        "title": None,
        "first_name": "Adele",
        "updated_at": "",
    }
    assert unchanged == changed
    for body, expected in (
        ({"client_type": "minor"}, (422, "validation_failed", {"client_type": "not_allowed"})),
        ({"email": None}, (422, "validation_failed", {"email": "required"})),
        ({"status": "active"}, (422, "validation_failed", {"status": "extra_forbidden"})),
        ({"email": "TAKEN@example.com"}, (409, "email_in_use", {})),
        ({"external_reference": "taken"}, (409, "duplicate_external_reference", {})),
    ):
        assert refusal(await platform.http.patch(path, json=body)) == expected


async def test_clients_are_found_by_their_keys(platform: Platform) -> None:
    """Every filter finds the one client; the search takes them in the body, so that no address holds them."""
    await platform.client("ref-1", national_insurance_number="AB123456C")
    wanted = await platform.client("ref-2", national_insurance_number="AB123456D", email="Other@Example.com")
    await platform.act(f"/clients/{wanted['id']}/submission")

    for query in (
        "external_reference=ref-2",
        "email=other@EXAMPLE.com",
        "national_insurance_number=AB123456D",
        "status=pending",
        f"updated_since={wanted['updated_at']}",
    ):
        name, _, value = query.partition("=")
        by_query = await platform.get(f"/clients?{query}")
        by_search = await platform.act("/clients/search", {name: value})
        assert [item["id"] for item in by_query] == [item["id"] for item in by_search] == [wanted["id"]], query
    assert await platform.act("/clients/search", {"email": "nobody@example.com"}) == []


@pytest.mark.rule("P31")
async def test_minor_turns_active_with_the_guardian(platform: Platform, eventually: Eventually) -> None:
    """A minor accepts nothing and becomes active once cleared and the guardian is active."""
    guardian = await platform.submitted("guardian")
    child = await platform.submitted(
        "child",
        client_type="minor",
        guardian_id=guardian["id"],
        email=None,
        mobile=None,
        date_of_birth="2015-06-01",
        national_insurance_number=None,
    )

    async def cleared() -> bool:
        return [await platform.aml(guardian["id"]), await platform.aml(child["id"])] == ["cleared", "cleared"]

    await eventually(cleared)
    terms = await platform.platform_terms()
    refused = await platform.post(f"/clients/{child['id']}/terms-acceptances", terms)
    before = await platform.get(f"/clients/{child['id']}")
    await platform.act(f"/clients/{guardian['id']}/terms-acceptances", terms)
    after = await platform.get(f"/clients/{child['id']}")

    assert refusal(refused)[:2] == (409, "invalid_state")
    assert (before["status"], after["status"]) == ("pending", "active")
