"""One client's straight way through the platform's port, and the steps beside it."""

from connectors.platform.port import AcceptedDocument, AccountOrder, MandateOrder, TermsAcceptance
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.people import Address, Contribution, KnownDetails
from tests.contract.platform_rigs import (
    ACCEPTED_AT,
    ACCOUNT,
    ADVISER,
    CHECKS,
    DEBIT,
    EVENTS,
    HOOK,
    JOURNEY,
    OPERATIONS,
    REFERENCE,
    PlatformRig,
)
from tests.sample_client import BANK, ILLUSTRATION, KNOWN

CHILD_REFERENCE = "plannr-4712"
CHILD_KNOWN = KnownDetails.model_validate(
    {
        "title": "Miss",
        "first_name": "Anya",
        "last_name": "Marsh",
        "date_of_birth": "2015-03-09",
        "nationality": "GB",
        "address": Address(line_1="12 Harbour Street", town_city="Whitstable", postcode="CT5 1AQ"),
    }
)
AMENDED = ACCOUNT.model_copy(
    update={"investment_strategy": "Cautious", "contributions": [Contribution(amount_pence=1_000_00)]}
)


class Case:
    """One client's way through the port; every act can be repeated."""

    def __init__(self, rig: PlatformRig) -> None:
        self.rig = rig
        self.client = self.account = self.mandate = ""

    async def act(self, write: str) -> None:
        """Do one write."""
        await getattr(self, write)()

    async def before(self, write: str) -> None:
        """Do all that comes before a write; the checks pass in time for the activation."""
        for name in OPERATIONS:
            if name == "activate_account":
                await self.pass_checks()
            if name == write:
                return
            await self.act(name)

    async def after(self, write: str) -> None:
        """Do all that comes after a write."""
        for name in list(OPERATIONS)[list(OPERATIONS).index(write) + 1 :]:
            if name == "activate_account":
                await self.pass_checks()
            await self.act(name)

    async def register_client(self) -> None:
        """P10."""
        self.client = (await self.rig.gateway.register_client(REFERENCE, KNOWN, ADVISER)).client

    async def record_illustration(self) -> None:
        """P10."""
        await self.rig.gateway.record_illustration(JOURNEY, [self.client], Wrapper.ISA, ILLUSTRATION)

    async def update_client(self) -> None:
        """P11."""
        await self.rig.gateway.update_client(self.client, KNOWN.model_copy(update={"title": "Dr"}).complete())

    async def save_bank_details(self) -> None:
        """P11."""
        await self.rig.gateway.save_bank_details(self.client, BANK)

    async def submit_client(self) -> None:
        """P11."""
        await self.rig.gateway.submit_client(self.client)

    async def pass_checks(self) -> None:
        """Let both checks pass that have not yet."""
        checks = await self.rig.gateway.read_checks(self.client)
        for name in CHECKS:
            if getattr(checks, name).status is not CheckStatus.PASSED:
                await self.rig.decide(self.client, name, CheckStatus.PASSED)

    async def open_account(self) -> None:
        """P12."""
        self.account = (await self.rig.gateway.open_account(self.order())).account

    async def create_mandate(self) -> None:
        """P12."""
        order = MandateOrder(journey_id=JOURNEY, account=self.account, client=self.client, direct_debit=DEBIT)
        self.mandate = (await self.rig.gateway.create_mandate(order)).mandate

    async def accept_platform_terms(self) -> None:
        """P24."""
        acceptance = await self.acceptance(DocumentKind.PLATFORM_TERMS)
        await self.rig.gateway.accept_platform_terms(self.client, acceptance)

    async def accept_product_terms(self) -> None:
        """P25."""
        acceptance = await self.acceptance(DocumentKind.PRODUCT_TERMS)
        await self.rig.gateway.accept_product_terms(self.account, self.client, acceptance)

    async def accept_mandate(self) -> None:
        """P23."""
        await self.rig.gateway.accept_mandate(self.mandate, ACCEPTED_AT, "evidence-mandate")

    async def activate_account(self) -> None:
        """P15."""
        await self.rig.gateway.activate_account(self.account)

    async def ensure_webhook_subscription(self) -> None:
        """P53."""
        await self.rig.gateway.ensure_webhook_subscription(HOOK, EVENTS)

    def order(self) -> AccountOrder:
        """Return the order of the account."""
        return AccountOrder(
            journey_id=JOURNEY, clients=[self.client], wrapper=Wrapper.ISA, adviser=ADVISER, details=ACCOUNT
        )

    async def acceptance(self, kind: DocumentKind) -> TermsAcceptance:
        """Return an acceptance of all documents of a kind that are in force."""
        documents = [item for item in await self.rig.gateway.documents(Wrapper.ISA) if item.kind is kind]
        return TermsAcceptance(
            evidence_id=f"evidence-{kind.value}",
            accepted_at=ACCEPTED_AT,
            documents=[AcceptedDocument.model_validate(item.model_dump()) for item in documents],
        )


class FurtherCase(Case):
    """The steps beside the straight way, each with what has to come before it."""

    async def prepare(self, write: str) -> None:
        """Do all that comes before a step."""
        if write == "register_child":
            await self.register_client()
        elif write == "revert_client":
            await self.before("open_account")
        elif write == "replace_mandate":
            await self.before("accept_platform_terms")
            await self.cancel_mandate()
        else:
            await self.before("accept_mandate")

    async def register_child(self) -> None:
        """P31."""
        await self.rig.gateway.register_client(CHILD_REFERENCE, CHILD_KNOWN, ADVISER, guardian=self.client)

    async def revert_client(self) -> None:
        """P43."""
        await self.rig.gateway.revert_client(self.client)

    async def amend_account(self) -> None:
        """P44."""
        await self.rig.gateway.amend_account(self.account, AMENDED)

    async def accept_on_paper(self) -> None:
        """P23."""
        await self.rig.gateway.accept_mandate(self.mandate, ACCEPTED_AT, "evidence-paper", on_paper=True)

    async def cancel_mandate(self) -> None:
        """P47."""
        await self.rig.gateway.cancel_mandate(self.mandate)

    async def replace_mandate(self) -> None:
        """P47."""
        await self.rig.gateway.create_mandate(self.mandate_order(2))

    async def cancel_account(self) -> None:
        """P43."""
        await self.rig.gateway.cancel_account(self.account, "withdrawn")

    def mandate_order(self, number: int) -> MandateOrder:
        """Return the order of one of the journey's mandates."""
        return MandateOrder(
            journey_id=JOURNEY, account=self.account, client=self.client, direct_debit=DEBIT, number=number
        )
