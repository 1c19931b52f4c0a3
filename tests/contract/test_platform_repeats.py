"""No write of a platform gateway ever makes a second record, whatever happens to its answer."""

import asyncio

import pytest

from connectors.errors import ConnectorUnavailable, Invalid, NotAuthorised, NotFound
from domain.journey import CheckStatus, DocumentKind, Wrapper
from tests.contract.platform_case import Case
from tests.contract.platform_rigs import (
    ACCEPTED_AT,
    ADVISER,
    EVENTS,
    HOOK,
    OPERATIONS,
    REFERENCE,
    RETRY_AFTER,
    FaultKind,
)
from tests.sample_client import BANK, KNOWN

ONE_OF_EACH = {"clients": 1, "accounts": 1, "illustrations": 1, "mandates": 1, "webhook_subscriptions": 1}


async def assert_whole(case: Case) -> None:
    """Check that there is exactly one record of each kind and that the account is active."""
    written = await case.rig.written()
    del written["acts"]
    assert written == ONE_OF_EACH
    assert (await case.rig.gateway.read_account(case.account)).status == "active"


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", OPERATIONS)
async def test_write_done_twice_changes_nothing_the_second_time(case: Case, write: str) -> None:
    """The same write again returns the same record and changes nothing."""
    await case.before(write)
    await case.act(write)
    once, written = (case.client, case.account, case.mandate), await case.rig.written()
    await case.act(write)

    assert (case.client, case.account, case.mandate) == once
    assert await case.rig.written() == written
    await case.after(write)
    await assert_whole(case)


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", OPERATIONS)
async def test_answer_lost_after_the_write(case: Case, write: str) -> None:
    """A write whose answer is lost is unavailable; done again, it finds its record and the journey goes on."""
    await case.before(write)
    await case.rig.strike(write, "commit_then_timeout")
    with pytest.raises(ConnectorUnavailable):
        await case.act(write)
    written = await case.rig.written()
    await case.act(write)

    assert await case.rig.written() == written
    await case.after(write)
    await assert_whole(case)


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", OPERATIONS)
@pytest.mark.parametrize(("kind", "retry_after"), [("outage", None), ("rate_limit", RETRY_AFTER)])
async def test_write_that_is_not_let_in(case: Case, write: str, kind: FaultKind, retry_after: float | None) -> None:
    """An outage and a rate limit are unavailable, with the wait that was asked for; nothing is written."""
    await case.before(write)
    written = await case.rig.written()
    await case.rig.strike(write, kind)
    with pytest.raises(ConnectorUnavailable) as unavailable:
        await case.act(write)

    assert unavailable.value.retry_after == retry_after
    assert (unavailable.value.system, unavailable.value.operation) == ("platform", OPERATIONS[write])
    assert await case.rig.written() == written


async def test_wrong_credentials(case: Case) -> None:
    """Credentials that are refused are told apart from every other error."""
    await case.rig.strike("register_client", "unauthorised")
    with pytest.raises(NotAuthorised):
        await case.register_client()


@pytest.mark.parametrize(
    "call",
    ["read_client", "read_checks", "submit_client", "read_account", "activate_account"],
)
async def test_record_that_does_not_exist(case: Case, call: str) -> None:
    """Every call about an unknown record raises NotFound, whose text does not repeat the id."""
    with pytest.raises(NotFound) as missing:
        await getattr(case.rig.gateway, call)("xx_unknown")

    assert "xx_unknown" not in str(missing.value)


async def test_acts_on_records_that_do_not_exist(case: Case) -> None:
    """Writes to an unknown record raise NotFound."""
    gateway = case.rig.gateway
    acceptance = await case.acceptance(DocumentKind.PLATFORM_TERMS)
    for attempt in (
        gateway.update_client("xx_unknown", KNOWN.complete()),
        gateway.save_bank_details("xx_unknown", BANK),
        gateway.accept_platform_terms("xx_unknown", acceptance),
        gateway.accept_product_terms("xx_unknown", "xx_unknown", acceptance),
        gateway.accept_mandate("xx_unknown", ACCEPTED_AT, "evidence"),
    ):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.rule("P28")
async def test_acceptance_of_an_outdated_version_is_refused(case: Case) -> None:
    """Terms that changed since they were shown cannot be accepted; the documents concerned are named."""
    await case.before("accept_platform_terms")
    platform_terms = await case.acceptance(DocumentKind.PLATFORM_TERMS)
    product_terms = await case.acceptance(DocumentKind.PRODUCT_TERMS)
    await case.rig.publish("platform-terms-of-business")
    await case.rig.publish("isa-terms-and-key-features")

    with pytest.raises(Invalid) as platform_refused:
        await case.rig.gateway.accept_platform_terms(case.client, platform_terms)
    with pytest.raises(Invalid) as product_refused:
        await case.rig.gateway.accept_product_terms(case.account, case.client, product_terms)

    assert platform_refused.value.fields == ["documents.platform-terms-of-business"]
    assert product_refused.value.fields == ["documents.isa-terms-and-key-features"]


@pytest.mark.rule("P24")
async def test_acceptance_of_other_bytes_is_refused(case: Case) -> None:
    """An acceptance proves which bytes were shown: another hash, or a document left out, is refused."""
    await case.before("accept_platform_terms")
    whole = await case.acceptance(DocumentKind.PLATFORM_TERMS)
    first, second = whole.documents
    forged = whole.model_copy(update={"documents": [first.model_copy(update={"sha256": "0" * 64}), second]})
    partial = whole.model_copy(update={"documents": [first]})

    for acceptance, document in ((forged, first), (partial, second)):
        with pytest.raises(Invalid) as refused:
            await case.rig.gateway.accept_platform_terms(case.client, acceptance)
        assert refused.value.fields == [f"documents.{document.document_id}"]
    assert (await case.rig.gateway.read_client(case.client)).terms_accepted is None


@pytest.mark.rule("P15", "P28")
async def test_terms_accepted_before_a_publication_are_no_longer_current(case: Case) -> None:
    """An acceptance stays on record, but counts as current only while its version is in force."""
    await case.before("accept_product_terms")
    before = await case.rig.gateway.read_client(case.client)
    await case.rig.publish("key-facts-charges-privacy")
    after = await case.rig.gateway.read_client(case.client)

    assert before.terms_current
    assert not after.terms_current
    assert before.terms_accepted is not None
    assert before.terms_accepted == after.terms_accepted
    assert before.terms_accepted.accepted_at == ACCEPTED_AT


@pytest.mark.rule("P42")
async def test_acceptance_repeated_after_a_publication(case: Case) -> None:
    """An acceptance that is already on record is not refused when it is told again after the terms changed."""
    await case.before("accept_platform_terms")
    acceptance = await case.acceptance(DocumentKind.PLATFORM_TERMS)
    await case.rig.strike("accept_platform_terms", "commit_then_timeout")
    with pytest.raises(ConnectorUnavailable):
        await case.rig.gateway.accept_platform_terms(case.client, acceptance)
    await case.rig.publish("platform-terms-of-business")
    await case.rig.gateway.accept_platform_terms(case.client, acceptance)

    client = await case.rig.gateway.read_client(case.client)
    assert client.terms_accepted is not None
    assert client.terms_accepted.version == "1"


@pytest.mark.rule("P42")
async def test_same_client_registered_by_two_at_once(case: Case) -> None:
    """Two journeys that register the same person at once, with other content, end with one client."""
    renamed = KNOWN.model_copy(update={"title": "Ms"})
    results = await asyncio.gather(
        *(case.rig.gateway.register_client(REFERENCE, details, ADVISER) for details in (KNOWN, renamed, KNOWN)),
        return_exceptions=True,
    )
    after = await case.rig.gateway.register_client(REFERENCE, KNOWN, ADVISER)

    for result in results:
        assert isinstance(result, ConnectorUnavailable) or result == after
    assert (await case.rig.written())["clients"] == 1


@pytest.mark.rule("P41")
async def test_correction_starts_a_referred_check_anew(case: Case) -> None:
    """A corrected name starts an identity check that was referred anew."""
    await case.before("open_account")
    await case.rig.decide(case.client, "identity", CheckStatus.REFERRED)
    before = await case.rig.gateway.read_checks(case.client)
    await case.rig.gateway.update_client(case.client, KNOWN.model_copy(update={"first_name": "Elinor"}).complete())

    after = await case.rig.gateway.read_checks(case.client)
    assert before.identity.status is CheckStatus.REFERRED
    assert after.identity.updated_at != before.identity.updated_at


@pytest.mark.rule("P23")
async def test_guarantee_is_whole_and_versioned(case: Case) -> None:
    """The Direct Debit Guarantee has a version and its text."""
    guarantee = await case.rig.gateway.guarantee()

    assert guarantee.version
    assert guarantee.service_user_name
    assert "Guarantee is offered by all banks" in guarantee.text


@pytest.mark.rule("P53")
async def test_subscription_gives_the_same_secrets_until_its_events_change(case: Case) -> None:
    """The same subscription again gives the same secrets; one with more events is made anew, and stays the only one."""
    gateway = case.rig.gateway
    first = await gateway.ensure_webhook_subscription(HOOK, EVENTS)
    again = await gateway.ensure_webhook_subscription(HOOK, EVENTS)
    more = await gateway.ensure_webhook_subscription(HOOK, [*EVENTS, "document.published"])

    assert first == again
    assert len(first) == 1
    assert more
    assert (await case.rig.written())["webhook_subscriptions"] == 1


async def test_documents_of_a_wrapper_are_its_own(case: Case) -> None:
    """The documents of two wrappers have the platform terms in common and nothing else."""
    isa = {item.document_id for item in await case.rig.gateway.documents(Wrapper.ISA)}
    gia = {item.document_id for item in await case.rig.gateway.documents(Wrapper.GIA)}

    assert isa & gia == {"platform-terms-of-business", "key-facts-charges-privacy"}
