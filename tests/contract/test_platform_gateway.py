"""What every platform gateway promises, method by method; see `connectors/platform/port.py`."""

import hashlib

import pytest

from connectors.errors import Conflict, Invalid, NotFound
from connectors.platform.port import PlatformClient
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.people import KnownDetails
from tests.contract.platform_case import Case
from tests.contract.platform_rigs import ACCEPTED_AT, ADVISER, JOURNEY, REFERENCE
from tests.sample_client import BANK, ILLUSTRATION, KNOWN


async def read(case: Case) -> PlatformClient:
    """Read the case's client."""
    return await case.rig.gateway.read_client(case.client)


@pytest.mark.rule("P10")
async def test_registered_client_has_what_was_known(case: Case) -> None:
    """A registered client reads back with every detail, in canonical form, and nothing accepted."""
    registered = await case.rig.gateway.register_client(REFERENCE, KNOWN, ADVISER)

    assert registered.status == "registered"
    assert registered.external_reference == REFERENCE
    assert registered.details == KNOWN
    assert registered.terms_accepted is None
    assert not registered.terms_current
    assert not registered.bank_details_given
    assert await case.rig.gateway.read_client(registered.client) == registered


@pytest.mark.rule("P7", "P10")
async def test_client_with_gaps_is_registered_and_refused_at_submission(case: Case) -> None:
    """Gaps do not stop a registration; the submission names each of them."""
    names = ("first_name", "last_name", "date_of_birth", "email")
    sparse = KnownDetails.model_validate(KNOWN.model_dump(include=set(names)))
    client = await case.rig.gateway.register_client(REFERENCE, sparse, ADVISER)

    assert client.details == sparse
    with pytest.raises(Invalid) as refused:
        await case.rig.gateway.submit_client(client.client)
    assert set(refused.value.fields) == {"mobile", "nationality", "tax_residences", "us_person", "address"}
    assert (await case.rig.gateway.read_client(client.client)).status == "registered"


@pytest.mark.rule("P7")
async def test_client_without_a_name_is_refused(case: Case) -> None:
    """Without the least that identifies a person nothing is registered, and the fields are named."""
    with pytest.raises(Invalid) as refused:
        await case.rig.gateway.register_client(REFERENCE, KnownDetails(first_name="Eleanor"), ADVISER)

    assert {"last_name", "date_of_birth", "email"} <= set(refused.value.fields)
    assert (await case.rig.written())["clients"] == 0


@pytest.mark.rule("P34")
async def test_email_of_another_client_is_refused(case: Case) -> None:
    """An e-mail address in use is a conflict that tells whose it is, at registration and when details change."""
    await case.register_client()
    other = KNOWN.model_copy(update={"email": "ELEANOR.marsh@example.com"})
    with pytest.raises(Conflict) as at_registration:
        await case.rig.gateway.register_client("plannr-2", other, ADVISER)

    second = await case.rig.gateway.register_client(
        "plannr-2", KNOWN.model_copy(update={"email": "ellie@example.com"}), ADVISER
    )
    with pytest.raises(Conflict) as at_change:
        await case.rig.gateway.update_client(second.client, KNOWN.complete())

    for conflict in (at_registration.value, at_change.value):
        assert (conflict.code, conflict.existing_id) == ("email_in_use", case.client)
        assert "example.com" not in str(conflict)


@pytest.mark.rule("P5")
async def test_client_is_found_by_reference_or_email(case: Case) -> None:
    """The one client is found by our reference, and by an e-mail address in any case; nobody else is."""
    await case.register_client()
    gateway = case.rig.gateway

    by_reference = await gateway.find_client(external_reference=REFERENCE)
    by_email = await gateway.find_client(email="Eleanor.Marsh@EXAMPLE.com")
    by_either = await gateway.find_client(external_reference="unknown", email="eleanor.marsh@example.com")

    assert by_reference == by_email == by_either == await read(case)
    assert await gateway.find_client(external_reference="unknown", email="nobody@example.com") is None
    assert await gateway.find_client() is None


@pytest.mark.rule("P11")
async def test_details_are_written(case: Case) -> None:
    """Changed details read back, and those left alone stay."""
    await case.register_client()
    assert KNOWN.address is not None
    address = KNOWN.address.model_copy(update={"line_1": "1 Quay Street", "line_2": "Flat 2", "county": "Kent"})
    details = KNOWN.model_copy(update={"address": address, "mobile": "+447400654321"}).complete()

    updated = await case.rig.gateway.update_client(case.client, details)

    assert updated.details == KnownDetails.model_validate(details.model_dump())
    assert await read(case) == updated


@pytest.mark.rule("P11")
async def test_submission_makes_the_client_pending_and_starts_the_checks(case: Case) -> None:
    """A submitted client is pending; both checks run, and their outcomes are told with reason and time."""
    await case.register_client()
    await case.save_bank_details()
    gateway = case.rig.gateway
    before = await gateway.read_checks(case.client)

    submitted = await gateway.submit_client(case.client)

    assert before.identity.status is before.bank.status is CheckStatus.NOT_STARTED
    assert submitted.status == "pending"
    running = await gateway.read_checks(case.client)
    assert running.identity.status in {CheckStatus.PENDING, CheckStatus.PASSED}
    assert running.bank.status in {CheckStatus.PENDING, CheckStatus.PASSED}


@pytest.mark.rule("P41")
async def test_outcomes_of_the_checks(case: Case) -> None:
    """Referred, failed and passed checks read in our words, with the reason and the moment."""
    await case.register_client()
    await case.save_bank_details()
    await case.submit_client()
    await case.rig.decide(case.client, "identity", CheckStatus.REFERRED, "A person has to look.")
    await case.rig.decide(case.client, "bank", CheckStatus.FAILED, "Another holder.")

    checks = await case.rig.gateway.read_checks(case.client)

    assert (checks.identity.status, checks.identity.reason) == (CheckStatus.REFERRED, "A person has to look.")
    assert (checks.bank.status, checks.bank.reason) == (CheckStatus.FAILED, "Another holder.")
    assert checks.identity.updated_at is not None
    assert checks.identity.updated_at.tzinfo is not None


@pytest.mark.rule("P22")
async def test_bank_details_are_set_and_shown_by_their_ending(case: Case) -> None:
    """Bank details are known to be there, but only the last four digits come back; others replace them."""
    await case.register_client()
    await case.save_bank_details()
    first = await read(case)
    await case.rig.gateway.save_bank_details(case.client, BANK.model_copy(update={"account_number": "11110349"}))
    second = await read(case)

    assert (first.bank_details_given, first.bank_account_ending) == (True, "9911")
    assert second.bank_account_ending == "0349"


@pytest.mark.rule("P10")
async def test_illustration_of_an_unknown_client_is_refused(case: Case) -> None:
    """An illustration names clients that exist."""
    with pytest.raises((Invalid, NotFound)):
        await case.rig.gateway.record_illustration(JOURNEY, ["cl_unknown"], Wrapper.ISA, ILLUSTRATION)

    assert (await case.rig.written())["illustrations"] == 0


@pytest.mark.rule("P24", "P25")
async def test_documents_have_the_bytes_they_promise(case: Case) -> None:
    """A straight ISA has three documents in force, whose bytes have the hash and length that the list says."""
    gateway = case.rig.gateway
    documents = await gateway.documents(Wrapper.ISA)

    assert [item.kind for item in documents] == [
        DocumentKind.PLATFORM_TERMS,
        DocumentKind.PLATFORM_TERMS,
        DocumentKind.PRODUCT_TERMS,
    ]
    for document in documents:
        content = await gateway.document_content(document.document_id, document.version)
        assert hashlib.sha256(content).hexdigest() == document.sha256
        assert len(content) == document.bytes
        assert document.media_type.startswith("text/html")


@pytest.mark.rule("P28")
async def test_new_version_of_a_document_comes_into_force(case: Case) -> None:
    """A publication changes version and hash in the list, and the version before can still be read."""
    gateway = case.rig.gateway
    before = {item.document_id: item for item in await gateway.documents(Wrapper.GIA)}
    await case.rig.publish("gia-terms-and-key-features")
    after = {item.document_id: item for item in await gateway.documents(Wrapper.GIA)}

    old, new = before["gia-terms-and-key-features"], after["gia-terms-and-key-features"]
    assert (old.version, new.version) == (1, 2)
    assert old.sha256 != new.sha256
    old_content = await gateway.document_content(old.document_id, 1)
    assert hashlib.sha256(old_content).hexdigest() == old.sha256
    with pytest.raises(NotFound):
        await gateway.document_content(old.document_id, 3)


@pytest.mark.rule("P12")
async def test_account_of_a_registered_client_is_refused(case: Case) -> None:
    """No account is opened for a client who was not submitted."""
    await case.register_client()
    with pytest.raises(Conflict) as refused:
        await case.open_account()

    assert refused.value.code == "invalid_state"
    assert (await case.rig.written())["accounts"] == 0


@pytest.mark.rule("P12", "P23")
async def test_account_and_mandate_wait_for_the_client(case: Case) -> None:
    """An opened account is pending, its mandate awaits the client and has a Bacs reference."""
    await case.before("create_mandate")
    account = await case.rig.gateway.read_account(case.account)
    await case.create_mandate()
    mandate = await case.rig.gateway.accept_mandate(case.mandate, ACCEPTED_AT, "evidence-mandate")

    assert (account.account, account.status) == (case.account, "pending")
    assert mandate.mandate == case.mandate
    assert 6 <= len(mandate.reference) <= 18
    assert mandate.status == "pending_submission"


@pytest.mark.rule("P15")
async def test_account_turns_active_once_everything_is_met(case: Case) -> None:
    """The whole way makes the account and the client active."""
    await case.before("activate_account")
    activated = await case.rig.gateway.activate_account(case.account)

    assert (activated.account, activated.status) == (case.account, "active")
    assert await case.rig.gateway.read_account(case.account) == activated
    client = await read(case)
    assert client.status == "active"
    assert client.terms_current


@pytest.mark.rule("P15")
async def test_activation_tells_all_that_is_unmet(case: Case) -> None:
    """An activation too early is a conflict that lists every unmet condition, and changes nothing."""
    await case.before("accept_platform_terms")
    await case.rig.decide(case.client, "identity", CheckStatus.REFERRED)
    await case.rig.decide(case.client, "bank", CheckStatus.FAILED)
    with pytest.raises(Conflict) as refused:
        await case.activate_account()

    assert refused.value.code == "not_ready"
    assert sorted(refused.value.unmet) == sorted(
        [
            f"clients.{case.client}: aml_not_cleared",
            f"clients.{case.client}: bank_account_not_verified",
            f"clients.{case.client}: platform_terms_not_accepted",
            f"clients.{case.client}: product_terms_not_accepted",
            f"mandates.{case.mandate}: mandate_not_accepted",
        ]
    )
    assert (await case.rig.gateway.read_account(case.account)).status == "pending"
