"""What every platform gateway promises about pensions, joint accounts and Junior ISAs."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.errors import Conflict, Invalid, NotFound
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.people import KnownDetails
from tests.contract.platform_case import AMENDED, CHILD_KNOWN
from tests.contract.platform_parties import PENSION, Parties
from tests.contract.platform_rigs import ADVISER, PlatformRig
from tests.sample_client import KNOWN


@pytest.fixture
def parties(platform_rig: PlatformRig) -> Parties:
    """Return people on the platform under test."""
    return Parties(platform_rig)


@pytest.mark.rule("P10", "P32")
async def test_pension_details_are_kept(parties: Parties) -> None:
    """Marital status, employment status and retirement age read back as registered, and as changed."""
    known = KNOWN.model_copy(update=PENSION)
    registered = await parties.gateway.register_client("plannr-1", known, ADVISER)
    changed = known.model_copy(update={"retirement_age": 70})
    updated = await parties.gateway.update_client(registered.client, changed.complete())

    assert (registered.details, updated.details) == (known, changed)
    assert (await parties.gateway.read_client(registered.client)).details == changed


@pytest.mark.rule("P11")
async def test_details_that_are_not_given_stay(parties: Parties) -> None:
    """What a wrapper does not ask for is not sent, and so not erased."""
    known = KNOWN.model_copy(update=PENSION)
    client = (await parties.gateway.register_client("plannr-1", known, ADVISER)).client
    sparse = known.model_copy(update=dict.fromkeys((*PENSION, "mobile", "us_person", "national_insurance_number")))
    declared = sparse.model_copy(update={"no_national_insurance_number": True})
    updated = await parties.gateway.update_client(client, declared.complete())

    assert updated.details == known


@pytest.mark.rule("P32")
async def test_pension_needs_its_details(parties: Parties) -> None:
    """Without them no pension is opened, and the holder is named."""
    holder = await parties.adult("Eleanor")
    with pytest.raises(Invalid) as refused:
        await parties.gateway.open_account(parties.order(Wrapper.SIPP, [holder]))

    assert refused.value.fields == ["client_ids.0"]


@pytest.mark.rule("P15", "P32")
async def test_active_pension_has_a_statement(parties: Parties) -> None:
    """From activation on there is a statement of data and declarations, with the bytes it promises."""
    gateway = parties.gateway
    holder = await parties.adult("Eleanor", **PENSION)
    order = parties.order(Wrapper.SIPP, [holder])
    pending = await gateway.open_account(order)
    before = await gateway.account_documents(pending.account)
    activated = await parties.activated(order)
    [document] = await gateway.account_documents(activated.account)
    content = await gateway.account_document_content(activated.account, document.document_id, document.version)

    assert before == []
    assert (document.document_id, document.version, document.kind) == ("sipp-statement", 1, "statement")
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (document.sha256, document.bytes)
    assert document.media_type.startswith("text/html")
    assert datetime.now(UTC) - document.issued_at < timedelta(minutes=1)
    for told in (b"Eleanor", b"AB123456C", b"67", b"Balanced Growth"):
        assert told in content
    assert await gateway.account_documents(activated.account) == [document]


@pytest.mark.rule("P32", "P44")
async def test_correction_makes_the_next_version_of_the_statement(parties: Parties) -> None:
    """Corrected details and an amended account each make a version; what says the same makes none."""
    gateway = parties.gateway
    holder = await parties.adult("Eleanor", **PENSION)
    account = (await parties.activated(parties.order(Wrapper.SIPP, [holder]))).account
    first = await gateway.account_document_content(account, "sipp-statement", 1)
    details = (await gateway.read_client(holder)).details
    corrected = details.model_copy(update={"retirement_age": 70}).complete()
    for _ in range(2):
        await gateway.update_client(holder, corrected)
    [second] = await gateway.account_documents(account)
    for _ in range(2):
        await gateway.amend_account(account, AMENDED)
    [third] = await gateway.account_documents(account)

    assert (second.version, third.version) == (2, 3)
    assert await gateway.account_document_content(account, "sipp-statement", 1) == first
    assert b"70" in await gateway.account_document_content(account, "sipp-statement", 2)
    assert b"Cautious" in await gateway.account_document_content(account, "sipp-statement", 3)
    for document_id, version in (("sipp-statement", 4), ("sipp-statement", 0), ("sipp-terms", 1)):
        with pytest.raises(NotFound):
            await gateway.account_document_content(account, document_id, version)


@pytest.mark.rule("P32")
async def test_statement_is_served_for_its_own_account_only(parties: Parties) -> None:
    """It holds personal data: neither the library nor another account knows it."""
    gateway = parties.gateway
    holder, other = await parties.adult("Eleanor", **PENSION), await parties.adult("Grace")
    await parties.activated(parties.order(Wrapper.SIPP, [holder]))
    isa = await parties.activated(parties.order(Wrapper.ISA, [other], journey="journey-2"))

    assert await gateway.account_documents(isa.account) == []
    with pytest.raises(NotFound):
        await gateway.account_document_content(isa.account, "sipp-statement", 1)
    with pytest.raises(NotFound):
        await gateway.document_content("sipp-statement", 1)
    assert "sipp-statement" not in {item.document_id for item in await gateway.documents(Wrapper.SIPP)}


@pytest.mark.rule("P32")
async def test_pension_has_two_product_documents(parties: Parties) -> None:
    """Terms and key features have to be accepted, both."""
    product = [
        item for item in await parties.gateway.documents(Wrapper.SIPP) if item.kind is DocumentKind.PRODUCT_TERMS
    ]

    assert [item.document_id for item in product] == ["sipp-terms", "sipp-key-features"]


@pytest.mark.rule("P30")
@pytest.mark.parametrize("names", [("Ada", "Ben"), ("Ada", "Ben", "Cleo", "Dan")])
async def test_joint_account_is_active_once_all_have_accepted(parties: Parties, names: tuple[str, ...]) -> None:
    """Each holder has a client and signs; as long as the last has not accepted, the account waits for that one."""
    gateway = parties.gateway
    holders = [await parties.adult(name) for name in names]
    opened = await gateway.open_account(parties.order(Wrapper.GIA, holders))
    await parties.pass_checks(*holders)
    for holder in holders[:-1]:
        await parties.accept(holder, opened.account, Wrapper.GIA)
    with pytest.raises(Conflict) as waiting:
        await gateway.activate_account(opened.account)
    await parties.accept(holders[-1], opened.account, Wrapper.GIA)
    activated = await gateway.activate_account(opened.account)

    assert opened.signatories == holders
    assert {condition.partition(":")[0] for condition in waiting.value.unmet} == {f"clients.{holders[-1]}"}
    assert (activated.status, activated.signatories) == ("active", holders)
    assert [(await gateway.read_client(holder)).status for holder in holders] == ["active"] * len(holders)


@pytest.mark.rule("P31")
async def test_child_is_registered_with_little(parties: Parties) -> None:
    """A child needs a guardian and an age, but no e-mail address, phone or tax residence."""
    gateway = parties.gateway
    guardian = await parties.adult("Priya")
    child = await gateway.register_client("plannr-child", CHILD_KNOWN, ADVISER, guardian=guardian)
    submitted = await gateway.submit_client(child.client)
    renamed = CHILD_KNOWN.model_copy(update={"first_name": "Anja"})

    assert child.details == CHILD_KNOWN
    assert (child.status, submitted.status) == ("registered", "pending")
    assert (await gateway.update_client(child.client, renamed.complete())).details == renamed
    assert await gateway.find_client(external_reference="plannr-child") == await gateway.read_client(child.client)


@pytest.mark.rule("P31")
async def test_ages_and_guardians_are_checked(parties: Parties) -> None:
    """A child is under 18, whoever registers alone is 16 or over, and a guardian is a client who is no child."""
    gateway = parties.gateway
    guardian = await parties.adult("Priya")
    child = await parties.child(guardian)
    young = KnownDetails.model_validate(
        KNOWN.model_dump() | {"email": "y@example.com", "date_of_birth": date(2015, 3, 9)}
    )
    grown = CHILD_KNOWN.model_copy(update={"date_of_birth": date(1990, 3, 9)})
    for details, named, field in (
        (young, None, "date_of_birth"),
        (grown, guardian, "date_of_birth"),
        (CHILD_KNOWN, child, "guardian_id"),
        (CHILD_KNOWN, "cl_unknown", "guardian_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await gateway.register_client("plannr-new", details, ADVISER, guardian=named)
        assert refused.value.fields == [field]


@pytest.mark.rule("P31")
async def test_registered_contact_accepts_for_the_child(parties: Parties) -> None:
    """The contact alone signs; the child's client turns active with the contact's, and the account with both checks."""
    gateway = parties.gateway
    contact = await parties.adult("Priya")
    child = await parties.child(contact)
    order = parties.order(Wrapper.JISA, [child], contact=contact)
    opened = await gateway.open_account(order)
    with pytest.raises(Invalid) as unsigned:
        await parties.accept_product_terms(child, opened.account, Wrapper.JISA)
    with pytest.raises(Conflict) as waiting:
        await gateway.activate_account(opened.account)
    activated = await parties.activated(order)

    assert opened.signatories == [contact]
    assert unsigned.value.fields == ["client_id"]
    assert f"clients.{contact}: platform_terms_not_accepted" in waiting.value.unmet
    assert not any(child in condition and "terms" in condition for condition in waiting.value.unmet)
    assert activated.status == "active"
    assert [(await gateway.read_client(client)).status for client in (contact, child)] == ["active", "active"]


@pytest.mark.rule("P31", "P41")
async def test_child_is_checked_as_well(parties: Parties, platform_rig: PlatformRig) -> None:
    """The account waits for the child's identity check too."""
    gateway = parties.gateway
    contact = await parties.adult("Priya")
    child = await parties.child(contact)
    opened = await gateway.open_account(parties.order(Wrapper.JISA, [child], contact=contact))
    await parties.pass_checks(contact)
    await platform_rig.decide(child, "identity", CheckStatus.REFERRED)
    await parties.accept(contact, opened.account, Wrapper.JISA)
    with pytest.raises(Conflict) as waiting:
        await gateway.activate_account(opened.account)

    assert waiting.value.unmet == [f"clients.{child}: aml_not_cleared"]


@pytest.mark.rule("P30", "P31")
async def test_wrapper_decides_who_may_hold_it(parties: Parties) -> None:
    """Too many holders, a child on an adult's account, the reverse, a contact missing or too many: all refused."""
    first, second = await parties.adult("Ada"), await parties.adult("Ben")
    further = [await parties.adult(name) for name in ("Cleo", "Dan", "Eve")]
    child = await parties.child(first)
    wrong = [
        (parties.order(Wrapper.ISA, [first, second]), "client_ids"),
        (parties.order(Wrapper.GIA, [first, second, *further]), "client_ids"),
        (parties.order(Wrapper.GIA, [first, child]), "client_ids"),
        (parties.order(Wrapper.ISA, [child]), "client_ids"),
        (parties.order(Wrapper.JISA, [second], contact=first), "client_ids.0"),
        (parties.order(Wrapper.JISA, [child]), "registered_contact_id"),
        (parties.order(Wrapper.JISA, [child], contact=child), "registered_contact_id"),
        (parties.order(Wrapper.GIA, [first, second], contact=first), "registered_contact_id"),
    ]
    for order, field in wrong:
        with pytest.raises(Invalid) as refused:
            await parties.gateway.open_account(order)
        assert refused.value.fields == [field]
    assert await parties.gateway.find_account("journey-1") is None


@pytest.mark.rule("P15")
@pytest.mark.parametrize("wrapper", [Wrapper.ISA, Wrapper.JISA])
async def test_first_subscription_is_told_apart_from_active(
    parties: Parties, platform_rig: PlatformRig, wrapper: Wrapper
) -> None:
    """An active account has no money yet; the earliest day on which some arrived is its first subscription."""
    adult = await parties.adult("Priya")
    child = await parties.child(adult)
    is_junior = wrapper is Wrapper.JISA
    order = parties.order(wrapper, [child if is_junior else adult], contact=adult if is_junior else None)
    activated = await parties.activated(order)
    seen = []
    for day in (9, 23, 7):
        await platform_rig.receive_subscription(activated.account, date(2026, 12, day))
        seen.append((await parties.gateway.read_account(activated.account)).first_subscription_on)

    assert activated.first_subscription_on is None
    assert seen == [date(2026, 12, 9), date(2026, 12, 9), date(2026, 12, 7)]
