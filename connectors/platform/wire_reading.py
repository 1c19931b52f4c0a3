"""How the platform's answers read in our words. Pure."""

from pydantic import ValidationError

from connectors.platform.port import (
    AccountDocument,
    Check,
    Checks,
    Guarantee,
    PlatformAccount,
    PlatformClient,
    PlatformDocument,
    PlatformMandate,
    TermsAcceptedOnPlatform,
)
from connectors.platform.wire import (
    WireAccount,
    WireAccountDocument,
    WireAddress,
    WireClient,
    WireDocument,
    WireGuarantee,
    WireMandate,
    WireVerifications,
)
from domain.journey import CheckStatus
from models.people import KnownDetails

_READ_AS_THEY_STAND = {
    "title",
    "first_name",
    "last_name",
    "date_of_birth",
    "email",
    "mobile",
    "national_insurance_number",
    "us_person",
    "marital_status",
    "employment_status",
    "retirement_age",
}
_AML = {
    "not_started": CheckStatus.NOT_STARTED,
    "pending": CheckStatus.PENDING,
    "cleared": CheckStatus.PASSED,
    "referred": CheckStatus.REFERRED,
    "failed": CheckStatus.FAILED,
}
_BAV = {
    "not_started": CheckStatus.NOT_STARTED,
    "pending": CheckStatus.PENDING,
    "verified": CheckStatus.PASSED,
    "mismatch": CheckStatus.FAILED,
    "unverifiable": CheckStatus.FAILED,
}


def known_details(client: WireClient) -> KnownDetails:
    """Return what is known of a client; a value that does not parse is a gap, never an error (P7)."""
    values = {
        **client.model_dump(include=_READ_AS_THEY_STAND),
        "nationality": client.nationalities[0] if client.nationalities else None,
        "tax_residences": [item.model_dump() for item in client.tax_residences] or None,
        "address": None if client.address is None else _address(client.address),
    }
    try:
        return KnownDetails.model_validate(values)
    except ValidationError as error:
        unread = {item["loc"][0] for item in error.errors(include_input=False, include_url=False)}
    return KnownDetails.model_validate({name: value for name, value in values.items() if name not in unread})


def _address(address: WireAddress) -> dict[str, str | None]:
    return {
        "line_1": address.line1,
        "line_2": address.line2 or "",
        "town_city": address.town_city,
        "county": address.county or "",
        "postcode": address.postcode,
        "country": address.country,
    }


def platform_client(client: WireClient, terms_in_force: str | None) -> PlatformClient:
    """Return a client; `terms_in_force` is the platform terms' version, or None where no acceptance needs it."""
    accepted, bank = client.terms_accepted, client.bank_account
    return PlatformClient(
        client=client.id,
        external_reference=client.external_reference or "",
        status=client.status,
        details=known_details(client),
        terms_accepted=None if accepted is None else TermsAcceptedOnPlatform.model_validate(accepted.model_dump()),
        terms_current=accepted is not None and accepted.version == terms_in_force,
        bank_details_given=bank is not None,
        bank_account_ending=None if bank is None else bank.account_number[-4:],
    )


def checks(verifications: WireVerifications) -> Checks:
    """Return both checks in our words."""
    aml, bav = verifications.aml, verifications.bav
    return Checks(
        identity=Check(status=_AML[aml.status], reason=aml.reason or "", updated_at=aml.checked_at),
        bank=Check(status=_BAV[bav.status], reason=bav.reason or "", updated_at=bav.checked_at),
    )


def platform_account(account: WireAccount) -> PlatformAccount:
    """Return an account."""
    return PlatformAccount(
        account=account.id,
        status=account.status,
        signatories=account.signatory_ids,
        first_subscription_on=account.first_subscription_on,
    )


def account_document(document: WireAccountDocument) -> AccountDocument:
    """Return a document of one account."""
    return AccountDocument(document_id=document.id, **document.model_dump(exclude={"id"}))


def platform_mandate(mandate: WireMandate) -> PlatformMandate:
    """Return a mandate."""
    return PlatformMandate(
        mandate=mandate.id,
        reference=mandate.reference,
        status=mandate.status,
        failure_code=None if mandate.failure is None else mandate.failure.reason_code,
        first_collection_on=None if mandate.payment is None else mandate.payment.first_collection_on,
    )


def platform_document(document: WireDocument) -> PlatformDocument:
    """Return a document."""
    return PlatformDocument(document_id=document.id, **document.model_dump(exclude={"id"}))


def guarantee(wired: WireGuarantee) -> Guarantee:
    """Return the Guarantee, one sentence a line, as its hash on the platform has it."""
    return Guarantee(
        version=wired.version,
        text="\n".join(element.text for element in wired.elements),
        service_user_name=wired.service_user_name,
    )
