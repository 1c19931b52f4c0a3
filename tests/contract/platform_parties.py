"""Several people on the platform under test, with the accounts they open together."""

from connectors.platform.port import AcceptedDocument, AccountOrder, PlatformAccount, TermsAcceptance
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.people import EmploymentStatus, MaritalStatus
from tests.contract.platform_case import CHILD_KNOWN
from tests.contract.platform_rigs import ACCEPTED_AT, ACCOUNT, ADVISER, CHECKS, PlatformRig
from tests.sample_client import KNOWN

PENSION = {
    "marital_status": MaritalStatus.CIVIL_PARTNERSHIP,
    "employment_status": EmploymentStatus.SELF_EMPLOYED,
    "retirement_age": 67,
}
UNDEBITED = ACCOUNT.model_copy(update={"direct_debit": None})


class Parties:
    """Registers and submits people, opens accounts for them, and lets them accept."""

    def __init__(self, rig: PlatformRig) -> None:
        self.gateway = rig.gateway
        self._rig = rig

    async def adult(self, name: str, **details: object) -> str:
        """Register and submit an adult with an e-mail address of their own."""
        known = KNOWN.model_copy(update={"first_name": name, "email": f"{name.lower()}@example.com", **details})
        client = (await self.gateway.register_client(f"plannr-{name}", known, ADVISER)).client
        await self.gateway.submit_client(client)
        return client

    async def child(self, guardian: str) -> str:
        """Register and submit a child."""
        registered = await self.gateway.register_client("plannr-child", CHILD_KNOWN, ADVISER, guardian=guardian)
        await self.gateway.submit_client(registered.client)
        return registered.client

    def order(
        self, wrapper: Wrapper, clients: list[str], *, journey: str = "journey-1", contact: str | None = None
    ) -> AccountOrder:
        """Return the order of an account without a Direct Debit."""
        return AccountOrder(
            journey_id=journey,
            clients=clients,
            wrapper=wrapper,
            adviser=ADVISER,
            details=UNDEBITED,
            registered_contact=contact,
        )

    async def pass_checks(self, *clients: str) -> None:
        """Let the identity checks pass that run."""
        for client in clients:
            checks = await self.gateway.read_checks(client)
            for name in CHECKS:
                if getattr(checks, name).status is CheckStatus.PENDING:
                    await self._rig.decide(client, name, CheckStatus.PASSED)

    async def accept(self, client: str, account: str, wrapper: Wrapper) -> None:
        """Let one person accept the platform's and the product's terms."""
        platform_terms = await self._acceptance(client, wrapper, DocumentKind.PLATFORM_TERMS)
        await self.gateway.accept_platform_terms(client, platform_terms)
        await self.accept_product_terms(client, account, wrapper)

    async def accept_product_terms(self, client: str, account: str, wrapper: Wrapper) -> None:
        """Let one person accept the product's terms."""
        product_terms = await self._acceptance(client, wrapper, DocumentKind.PRODUCT_TERMS)
        await self.gateway.accept_product_terms(account, client, product_terms)

    async def activated(self, order: AccountOrder) -> PlatformAccount:
        """Open an account and bring it to active."""
        opened = await self.gateway.open_account(order)
        await self.pass_checks(*order.clients, *opened.signatories)
        for signatory in opened.signatories:
            await self.accept(signatory, opened.account, order.wrapper)
        return await self.gateway.activate_account(opened.account)

    async def _acceptance(self, client: str, wrapper: Wrapper, kind: DocumentKind) -> TermsAcceptance:
        documents = [item for item in await self.gateway.documents(wrapper) if item.kind is kind]
        return TermsAcceptance(
            evidence_id=f"evidence-{client}-{kind.value}",
            accepted_at=ACCEPTED_AT,
            documents=[AcceptedDocument.model_validate(item.model_dump()) for item in documents],
        )
