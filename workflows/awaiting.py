"""Waiting for the client: reminders and expiry (P40), checks (P41), amendments (P44), and what else may happen."""

from datetime import date, datetime
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import CheckStatus, DocumentKind, EndReason, Stage
    from domain.materiality import Voids
    from models.commands import Amend, SubmitClientDetails
    from models.facts import DocumentView
    from models.people import AccountDetails

from workflows import amendments, emails, quiet, views
from workflows.aftercare import JourneyAftercare
from workflows.commands import Pending
from workflows.conduct import Step
from workflows.parties import HolderState
from workflows.recording import acceptances_to_record, mandate_to_record
from workflows.state import Ending

_POLL = "Read the checks from the platform again"


class JourneyAwaiting(JourneyAftercare):
    """The stage in which the client acts."""

    async def _await_client(self) -> None:
        state = self._state
        while self._is_asked or self._has_post or not self._may_activate:
            await self._attend()
            if self._may_activate:
                continue
            timer = self._arm_timer()
            if self._published != self._shown():
                await self._publish()
            patience = timer[1] - workflow.now() if timer else None
            if not await self._wait(self._has_work, patience, timer[0] if timer else ""):
                await self._fell_due()
        state.poll_at = state.quiet_at = None

    @property
    def _may_activate(self) -> bool:
        return self._state.all_gates_met and not self._state.on_hold and not self._mandate_has_failed

    def _arm_timer(self) -> tuple[str, datetime] | None:
        """Set the one timer to what comes first: a reminder, the expiry, or reading the checks again."""
        state, now = self._state, workflow.now()
        if state.stage is not Stage.AWAITING_CLIENT:
            return None
        quiet.start_clocks(state, now)
        interval = views.poll_interval(state)
        if interval is None:
            state.poll_at = None
        elif state.poll_at is None or state.poll_at <= now:
            state.poll_at = now + interval
        due = quiet.next_due(state, now)
        state.quiet_at = (due.summary, due.due.at) if due else None
        timers = [(_POLL, state.poll_at)] if state.poll_at else []
        timers += [state.quiet_at] if state.quiet_at else []
        return min(timers, key=lambda timer: timer[1], default=None)

    async def _fell_due(self) -> None:
        state, now = self._state, workflow.now()
        if state.poll_at is not None and state.poll_at <= now:
            state.polls += 1
            await self._read_platform()
        quiet.start_clocks(state, now)
        while (item := quiet.take_due(state, now)) is not None:
            last_day = quiet.last_day(state, item.holder, now)
            if item.due.kind == "expiry":
                self._note("system", "expired: the client was quiet too long")
                state.end(Ending(EndReason.EXPIRED, "system", item.holder.person_id))
                return
            if item.due.kind == "adviser_notice":
                self._note("system", "adviser told that the client is quiet")
                await self._tell(emails.client_quiet(state, item.holder, last_day, now), today=True)
            else:
                await self._remind(item.holder, last_day)

    async def _remind(self, holder: HolderState, last_day: date) -> None:
        """P40: one reminder, unless the client acts before the mail server takes it."""
        since, state = holder.quiet_since(), self._state
        order = emails.reminder(state, holder, last_day, workflow.now())
        self._note("system", f"reminder {holder.reminders_sent}")
        await self._tell(order, today=True, until=lambda: holder.quiet_since() != since)
        quiet.pass_over(state, holder, workflow.now())

    @property
    def _is_asked(self) -> bool:
        return bool(self._details) or bool(self._amendments)

    def _has_work(self) -> bool:
        unsaved = any(holder.unsaved_bank_details for holder in self._state.holders.values())
        turned = self._state.stage is Stage.AWAITING_CLIENT and not quiet.clocks_are_right(self._state)
        asked = self._is_asked or self._retry_now
        return self._may_activate or asked or unsaved or turned or self._has_aftercare()

    async def _attend(self) -> None:
        """Do what the facts and commands ask for while the client is awaited."""
        state = self._state
        while self._details:
            await self._write_details(self._details.take())
        while self._amendments:
            await self._amend(self._amendments.take())
        await self._empty_outbox()
        await self._deal_with_mandate()
        for holder in state.holders.values():
            if (given := holder.unsaved_bank_details) is not None:
                if refused := await self._attempt(partial(self._systems.save_bank_details, holder, given)):
                    await self._reconsider(refused)
                    return
                if holder.unsaved_bank_details is given:
                    holder.unsaved_bank_details = None
            await self._tell_of_checks(holder)
        if self._retry_now:
            self._retry_now = False
            await self._read_platform()
        nothing_asked = not state.awaited_clients() and not self._may_activate
        if nothing_asked and (acceptances_to_record(state) or mandate_to_record(state)):
            await self._reconsider(await self._attempt(partial(self._systems.record_acceptances, activate=False)))

    async def _reconsider(self, refused: list[str]) -> None:
        """Wait for what may mend it, commands and news too, and read the platform before another attempt."""
        if refused:
            await self._await_retry(refused, until=lambda: self._is_asked or self._has_post)
            await self._read_platform()

    async def _read_platform(self) -> None:
        """P53: read what its events may have failed to tell: checks, and documents published anew (P28)."""
        documents: list[DocumentView] = []

        async def read() -> None:
            documents.extend(await self._systems.read_checks())

        await self._insist(read)
        for document in documents:
            self._supersede(document)

    async def _tell_of_checks(self, holder: HolderState) -> None:
        """P41: the adviser hears once of each check that was referred or failed."""
        facts = holder.facts
        for name, status, at, reason in (
            ("identity check", facts.identity_check, facts.identity_checked_at, facts.identity_reason),
            ("bank verification", facts.bank_verification, facts.bank_verified_at, facts.bank_reason),
        ):
            key = (f"{name} {status.value}", at)
            if not status.needs_attention or key in holder.told_checks:
                continue
            holder.told_checks.add(key)
            words = "was referred" if status is CheckStatus.REFERRED else "failed"
            sentence = f"The {name} {words}" + (f": {reason}" if reason else "")
            number = len(holder.told_checks)
            await self._tell(emails.needs_attention(self._state, f"{holder.person_id}:{number}", sentence))

    async def _write_details(self, pending: Pending[SubmitClientDetails]) -> None:
        """P11: the details form, written to both systems; after the client accepted it is an amendment (P44)."""
        state, first = self._state, not self._state.details_submitted
        effect = amendments.effect(state, Amend(actor=pending.command.actor, holders=pending.command.holders))
        before = state.take_over(pending.command.holders)
        in_plannr = self._systems.open_application if first else self._systems.update_people
        if not await self._carry_out(pending, in_plannr, self._systems.set_up_clients):
            state.take_back({} if first else before)
            return
        state.details_submitted, state.change_requests = True, []
        state.email_problems = []
        self._note("adviser", "client details submitted")
        if first:
            await self._tell(emails.client_setup_started(state))
        else:
            await self._void(effect)
        pending.done()

    async def _amend(self, pending: Pending[Amend]) -> None:
        """P44: change what was submitted, in both systems, and void what the change touches."""
        state, command = self._state, pending.command
        effect = amendments.effect(state, command)
        before = state.take_over(command.holders)
        proposed, account = state.stage is Stage.AWAITING_CLIENT, command.account or state.account
        steps: list[Step] = [self._systems.update_people, self._systems.set_up_clients] if command.holders else []
        if command.account is not None:
            steps.append(partial(self._systems.save_application, command.account, propose=proposed))
        if proposed and account is not None and (command.account is not None or self._mandate_lapses(effect)):
            steps.append(partial(self._amend_account, account, fresh_mandate=self._mandate_lapses(effect)))
        if not await self._carry_out(pending, *steps):
            # Nobody sees the half of it that one system took; repeating the amendment finds the same difference.
            state.take_back(before)
            return
        state.account = command.account or state.account
        state.settle(command.settles)
        if command.settles is None or any(form.details.email is not None for form in command.holders):
            state.email_problems = []
        self._note(command.actor.kind, "amended", ", ".join(effect.view.changed))
        await self._void(effect)
        await self._publish()
        pending.done()

    def _mandate_lapses(self, effect: amendments.Effect) -> bool:
        """Whether the platform has been told of an authorisation that is void now."""
        return self._state.mandate_recorded and Voids.MANDATE in effect.voided_for(self._state.payer.person_id)

    async def _amend_account(self, account: AccountDetails, *, fresh_mandate: bool = False) -> None:
        """Bring the open account to this form; a mandate is never changed but cancelled and set up anew."""
        state, replaced = self._state, None
        if fresh_mandate or account.direct_debit != state.mandate_for:
            replaced = state.records.platform_mandate
            state.mandate_number += replaced is not None
        mandate = await self._closing.amend_account(account, state.mandate_number, replaced_mandate=replaced)
        state.records = state.records.model_copy(update={"platform_mandate": mandate})
        state.mandate_for = account.direct_debit

    async def _void(self, effect: amendments.Effect) -> None:
        """Let acceptances lapse that were made of something else, and tell those who have to look again."""
        state, now = self._state, workflow.now()
        if state.stage is not Stage.AWAITING_CLIENT:
            return
        for holder in state.acting:
            voided = effect.voided_for(holder.person_id)
            touched = [kind for kind in DocumentKind if Voids(kind.value) in voided]
            lapsed = [kind for kind in touched if holder.facts.acceptances[kind]]
            for kind in touched:
                # One that was given before, and is not heard of yet, lapses too; one of an earlier journey stands.
                if kind in lapsed or not holder.facts.terms_settled(kind):
                    holder.facts.void(kind, now)
            lapsed_mandate = Voids.MANDATE in voided and holder is state.payer and state.mandate.route is not None
            if Voids.MANDATE in voided and holder is state.payer:
                state.forget_mandate(now)
            if lapsed or lapsed_mandate:
                holder.awaited_since, holder.quiet_done = None, set()
                holder.times_voided += 1
                reason = effect.reason_for(holder.person_id)
                await self._tell(emails.acceptance_void(holder, reason, holder.times_voided))
