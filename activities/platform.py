"""What a journey writes to the platform, one activity per stage; each write is idempotent, so a retry repeats all."""

from temporalio import activity

from activities.failures import failures
from connectors.platform.port import (
    AcceptedDocument,
    AccountOrder,
    Check,
    MandateOrder,
    PlatformGateway,
    TermsAcceptance,
)
from domain.journey import DocumentKind, PartyRole, Wrapper
from models.facts import CheckState, DocumentView
from models.payloads import (
    AcceptancesRecorded,
    AccountOpened,
    ClientsRead,
    ClientsSetUp,
    ClientState,
    GivenAcceptance,
    HolderRef,
    OpenAccount,
    ReadClients,
    RecordAcceptances,
    SaveBankDetails,
    SetUpClients,
)


class PlatformActivities:
    """The journey's writes to the investment platform."""

    def __init__(self, platform: PlatformGateway) -> None:
        """Write through this gateway."""
        self._platform = platform

    @activity.defn(name="platform.set_up_clients")
    async def set_up_clients(self, request: SetUpClients) -> ClientsSetUp:
        """P11: write each holder's details and bank details and submit them, which starts the checks."""
        with failures():
            for record in request.holders:
                client = record.holder.platform_client
                await self._platform.update_client(client, record.details)
                if record.bank_details is not None:
                    await self._platform.save_bank_details(client, record.bank_details)
                await self._platform.submit_client(client)
            return ClientsSetUp(clients=await self._states([record.holder for record in request.holders]))

    @activity.defn(name="platform.open_account")
    async def open_account(self, request: OpenAccount) -> AccountOpened:
        """P12: open the account as pending, set up the mandate if one was selected, fix the documents in force."""
        journey, details = request.journey, request.account_details
        owners = [holder.platform_client for holder in request.holders if holder.role.owns]
        contact = next((holder for holder in request.holders if holder.role is PartyRole.REGISTERED_CONTACT), None)
        payer = next(holder for holder in request.holders if holder.role.acts)
        with failures():
            for holder in request.holders:
                # Another journey of the same person may have been withdrawn meanwhile and taken its client back (P43).
                await self._platform.submit_client(holder.platform_client)
            account = await self._platform.open_account(
                AccountOrder(
                    journey_id=journey.journey_id,
                    clients=owners,
                    registered_contact=contact.platform_client if contact else None,
                    wrapper=journey.wrapper,
                    adviser=journey.adviser.id,
                    details=details,
                )
            )
            mandate = None
            if details.direct_debit is not None:
                mandate = await self._platform.create_mandate(
                    MandateOrder(
                        journey_id=journey.journey_id,
                        account=account.account,
                        client=payer.platform_client,
                        direct_debit=details.direct_debit,
                        number=request.mandate_number,
                    )
                )
            return AccountOpened(
                platform_account=account.account,
                platform_mandate=mandate.mandate if mandate else None,
                documents=await self._documents(journey.wrapper),
                clients=await self._states(request.holders),
            )

    @activity.defn(name="platform.read_clients")
    async def read_clients(self, request: ReadClients) -> ClientsRead:
        """Read the holders' clients and their checks, and the documents in force if asked."""
        with failures():
            return ClientsRead(
                clients=await self._states(request.holders),
                documents=await self._documents(request.journey.wrapper) if request.documents else [],
            )

    @activity.defn(name="platform.save_bank_details")
    async def save_bank_details(self, request: SaveBankDetails) -> ClientState:
        """P22: hand on the bank details that the client gave, which starts their verification."""
        with failures():
            await self._platform.save_bank_details(request.holder.platform_client, request.bank_details)
            return await self._state(request.holder)

    @activity.defn(name="platform.record_acceptances")
    async def record_acceptances(self, request: RecordAcceptances) -> AcceptancesRecorded:
        """P15: record what was accepted, then, if asked, turn the account active."""
        with failures():
            for given in request.acceptances:
                await self._record(request.platform_account, given)
            if request.mandate is not None:
                await self._platform.accept_mandate(
                    request.mandate.platform_mandate,
                    request.mandate.accepted_at,
                    request.mandate.evidence_id,
                    on_paper=request.mandate.on_paper,
                )
            active = False
            if request.activate:
                active = (await self._platform.activate_account(request.platform_account)).status == "active"
        recorded = [given.evidence_id for given in request.acceptances]
        return AcceptancesRecorded(
            evidence_ids=[*recorded, request.mandate.evidence_id] if request.mandate else recorded,
            active=active,
        )

    async def _record(self, account: str, given: GivenAcceptance) -> None:
        acceptance = TermsAcceptance(
            evidence_id=given.evidence_id,
            accepted_at=given.accepted_at,
            documents=[AcceptedDocument.model_validate(document.model_dump()) for document in given.documents],
        )
        if given.kind is DocumentKind.PLATFORM_TERMS:
            await self._platform.accept_platform_terms(given.platform_client, acceptance)
        else:
            await self._platform.accept_product_terms(account, given.platform_client, acceptance)

    async def _documents(self, wrapper: Wrapper) -> list[DocumentView]:
        documents = await self._platform.documents(wrapper)
        return [DocumentView.model_validate(document.model_dump()) for document in documents]

    async def _states(self, holders: list[HolderRef]) -> list[ClientState]:
        return [await self._state(holder) for holder in holders]

    async def _state(self, holder: HolderRef) -> ClientState:
        client = await self._platform.read_client(holder.platform_client)
        checks = await self._platform.read_checks(holder.platform_client)
        return ClientState(
            person_id=holder.person_id,
            active=client.status == "active",
            platform_terms_current=client.terms_current,
            bank_details_given=client.bank_details_given,
            identity=_check_state(checks.identity),
            bank=_check_state(checks.bank),
        )


def _check_state(check: Check) -> CheckState:
    return CheckState.model_validate(check.model_dump())
