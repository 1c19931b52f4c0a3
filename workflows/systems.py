"""The journey's calls to the outside, one per system and stage, each named for the operator's page."""

from temporalio import workflow

from workflows.calls import call, post
from workflows.options import PROJECT

with workflow.unsafe.imports_passed_through():
    from activities.emails import EmailActivities
    from activities.illustrations import IllustrationActivities
    from activities.journeys import JourneyActivities
    from activities.plannr import PlannrActivities
    from activities.platform import PlatformActivities
    from domain.journey import Party
    from models.facts import DocumentView
    from models.messages import Progress
    from models.payloads import (
        CompleteApplication,
        EmailOrder,
        OpenAccount,
        OpenApplication,
        ReadClients,
        RecordAcceptances,
        RecordIllustration,
        SaveApplication,
        SaveBankDetails,
        SendEmails,
        SetUpClients,
        UpdatePeople,
    )
    from models.people import AccountDetails, BankDetails

from workflows.parties import HolderState
from workflows.recording import acceptances_to_record, mandate_to_record
from workflows.state import JourneyState


class Systems:
    """Plannr, the platform and the mail server as the journey uses them; results go straight into the state."""

    def __init__(self, state: JourneyState) -> None:
        """Work on the state of one journey."""
        self._state = state

    async def record_illustration(self) -> None:
        """P10, P5: clients registered and linked, illustration recorded in both systems."""
        state, illustration = self._state, self._state.start.illustration
        assert illustration is not None
        recorded = await call(
            self._state,
            Party.PLATFORM,
            IllustrationActivities.record,
            RecordIllustration(journey=state.ref, holders=state.to_register(), illustration=illustration),
            "Both systems: register and link client, record illustration",
        )
        for person, client in recorded.clients.items():
            state.holders[person].platform_client = client
        state.records = state.records.model_copy(
            update={
                "platform_illustration": recorded.platform_illustration,
                "plannr_illustration": recorded.plannr_illustration,
            },
        )

    async def open_application(self) -> None:
        """P11: client data updated and draft application opened in Plannr."""
        state = self._state
        saved = await call(
            self._state,
            Party.PLANNR,
            PlannrActivities.open_application,
            OpenApplication(
                journey=state.ref,
                holders=state.records_to_write(),
                plannr_illustration=state.records.plannr_illustration,
                account_details=self.prefilled_account(),
            ),
            "Plannr: update client, open draft application",
        )
        state.records = state.records.model_copy(update={"plannr_application": saved.plannr_application})

    async def update_people(self) -> None:
        """P41, P44: client data updated in Plannr; the application stays as it is."""
        await call(
            self._state,
            Party.PLANNR,
            PlannrActivities.update_people,
            UpdatePeople(journey=self._state.ref, holders=self._state.records_to_write()),
            "Plannr: update client",
        )

    async def set_up_clients(self) -> None:
        """P11: client data updated on the platform, checks started."""
        state = self._state
        set_up = await call(
            self._state,
            Party.PLATFORM,
            PlatformActivities.set_up_clients,
            SetUpClients(journey=state.ref, holders=state.records_to_write()),
            "Platform: update client, start checks",
        )
        for client in set_up.clients:
            state.holders[client.person_id].take_over(client)

    async def save_application(self, account: AccountDetails, *, propose: bool) -> None:
        """P12, P13: application saved in Plannr; proposing turns it pending and makes the plan."""
        state = self._state
        saved = await call(
            self._state,
            Party.PLANNR,
            PlannrActivities.save_application,
            SaveApplication(journey=state.ref, holders=state.refs(), account_details=account, propose=propose),
            "Plannr: application pending, plan proposed" if propose else "Plannr: save draft application",
        )
        state.records = state.records.model_copy(
            update={"plannr_application": saved.plannr_application, "plannr_plan": saved.plannr_plan},
        )

    async def open_account(self, account: AccountDetails) -> None:
        """P12: account and mandate opened on the platform; the documents in force are known from here on."""
        state = self._state
        opened = await call(
            self._state,
            Party.PLATFORM,
            PlatformActivities.open_account,
            OpenAccount(
                journey=state.ref,
                holders=state.refs(),
                account_details=account,
                mandate_number=state.mandate_number,
            ),
            "Platform: open account" + (" and mandate" if account.direct_debit else ""),
        )
        for client in opened.clients:
            state.holders[client.person_id].take_over(client)
        state.put_in_force(opened.documents)
        state.mandate_for = account.direct_debit
        state.records = state.records.model_copy(
            update={"platform_account": opened.platform_account, "platform_mandate": opened.platform_mandate},
        )

    async def read_checks(self) -> list[DocumentView]:
        """P53: read checks and documents again, in case their event was lost; returns the documents in force."""
        state = self._state
        read = await call(
            self._state,
            Party.PLATFORM,
            PlatformActivities.read_clients,
            ReadClients(journey=state.ref, holders=state.refs(), documents=bool(state.documents)),
            "Platform: read checks again",
        )
        for client in read.clients:
            state.holders[client.person_id].take_over(client)
        return read.documents

    async def save_bank_details(self, holder: HolderState, bank_details: BankDetails) -> None:
        """P22: bank details given in the portal reach the platform."""
        state = self._state
        client = await call(
            self._state,
            Party.PLATFORM,
            PlatformActivities.save_bank_details,
            SaveBankDetails(journey=state.ref, holder=holder.ref, bank_details=bank_details),
            "Platform: bank details from the client",
        )
        holder.take_over(client)

    async def record_acceptances(self, *, activate: bool, with_mandate: bool = True) -> None:
        """P15: tell the platform what was accepted, and activate the account once every gate is met."""
        state = self._state
        acceptances, mandate = acceptances_to_record(state), mandate_to_record(state) if with_mandate else None
        assert state.records.platform_account is not None
        recorded = await call(
            self._state,
            Party.PLATFORM,
            PlatformActivities.record_acceptances,
            RecordAcceptances(
                journey=state.ref,
                platform_account=state.records.platform_account,
                acceptances=acceptances,
                mandate=mandate,
                activate=activate,
            ),
            "Platform: record acceptances, activate account" if activate else "Platform: record acceptances",
        )
        for given in acceptances:
            state.holders[given.person_id].facts.recorded[given.kind] = given.evidence_id
        if mandate is not None and mandate.evidence_id in recorded.evidence_ids:
            state.mandate_is_recorded(mandate.platform_mandate)

    async def complete_application(self) -> None:
        """P15: plan active and application complete in Plannr."""
        state = self._state
        assert state.account is not None
        assert state.records.platform_account is not None
        await call(
            self._state,
            Party.PLANNR,
            PlannrActivities.complete_application,
            CompleteApplication(
                journey=state.ref,
                holders=state.refs(),
                account_details=state.account,
                platform_account=state.records.platform_account,
            ),
            "Plannr: plan active, application complete",
        )

    async def send(self, orders: list[EmailOrder], *, today: bool = False) -> list[EmailOrder]:
        """Send e-mails, each exactly once; return those whose address was refused, which never blocks a journey."""
        if not orders:
            return []
        sent = await post(
            EmailActivities.send,
            SendEmails(
                journey=self._state.ref,
                orders=orders,
                invitation_valid_seconds=int(self._state.start.timings.invitation_valid.total_seconds()),
            ),
            "E-mail: " + ", ".join(order.template for order in orders),
            split=self._state.start.split_queues,
            today=today,
        )
        refused = {(email.event, email.recipient_role) for email in sent.emails if email.state == "refused"}
        return [order for order in orders if (order.event, order.recipient_role) in refused]

    async def project(self, progress: Progress) -> None:
        """Bring the projection for lists and the portal up to date."""
        await workflow.execute_local_activity_method(JourneyActivities.project, progress, **PROJECT)

    def prefilled_account(self) -> AccountDetails | None:
        """Return the account form as the illustration fills it in (P7); None without an illustration."""
        illustration = self._state.start.illustration
        if illustration is None:
            return None
        return AccountDetails(
            name=illustration.name,
            investment_strategy=illustration.investment_strategy,
            contributions=illustration.contributions,
            charges=illustration.charges,
        )
