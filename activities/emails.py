"""The journey's e-mails: each exactly once per event and recipient, even when the activity is retried.

The ledger row is written before sending and settled after. The one ambiguous case is SMTP's own: when we or the line
break between the message and its settled `250`, nobody knows whether it was taken; it is then sent again with the same
Message-ID, by which a mailbox can tell the copies.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from temporalio import activity

from activities.failures import failures
from connectors.mail.identity import EmailTemplate, message_id
from connectors.mail.port import MailGateway, MailRefused, OutgoingEmail
from connectors.mail.rendering import Brand, EmailContext, Rendered, kept_facts, render
from domain.invitations import invitation_token, token_hash
from domain.wrappers import wrapper_words
from models.payloads import EmailOrder, EmailSent, EmailsSent, JourneyRef, SendEmails
from models.tables import EmailState
from storage.database import Database
from storage.emails import EmailRepository, NewEmail
from storage.invitations import InvitationRepository
from storage.people import PersonRepository


@dataclass(frozen=True)
class EmailPolicy:
    """How e-mails are addressed: the portal's origin, the secret that derives invitations, sender domain and brand."""

    public_url: str
    secret: bytes
    domain: str
    brand: Brand


class EmailActivities:
    """Sends the journey's e-mails and issues the invitations they carry."""

    def __init__(self, mail: MailGateway, database: Database, policy: EmailPolicy) -> None:
        """Send through this gateway, with the ledger and the invitations in this database."""
        self._mail = mail
        self._database = database
        self._policy = policy

    @activity.defn(name="emails.send")
    async def send(self, request: SendEmails) -> EmailsSent:
        """Send each order unless the ledger says it went out already; a refused address is a result, not a failure."""
        valid_for = timedelta(seconds=request.invitation_valid_seconds)
        with failures():
            return EmailsSent(emails=[await self._send(request.journey, order, valid_for) for order in request.orders])

    async def _send(self, journey: JourneyRef, order: EmailOrder, valid_for: timedelta) -> EmailSent:
        template = EmailTemplate(order.template)
        recipient = f"{order.person_id or order.recipient_role}:{order.event}"
        identifier = message_id(journey.workflow_id, template, recipient, 1, self._policy.domain)
        rendered, state = await self._reserve(journey, order, identifier, valid_for)
        if state is EmailState.QUEUED:
            state = await self._hand_over(order, template, identifier, rendered)
        return EmailSent(
            event=order.event,
            recipient_role=order.recipient_role,
            state="refused" if state is EmailState.REFUSED else "sent",
        )

    async def _reserve(
        self, journey: JourneyRef, order: EmailOrder, identifier: str, valid_for: timedelta
    ) -> tuple[Rendered, EmailState]:
        now = datetime.now(UTC)
        async with self._database.transaction() as session:
            url, first_visit = f"{self._policy.public_url}/journeys/{journey.journey_id}", False
            if order.person_id is not None and order.plannr_account is not None:
                person = await PersonRepository(session).ensure(
                    order.person_id, journey.firm, order.plannr_account, order.address, order.first_name
                )
                url, first_visit = f"{self._policy.public_url}/portal", person.password_hash is None
            if order.invitation is not None and order.person_id is not None and first_visit:
                token = invitation_token(self._policy.secret, order.person_id, journey.journey_id, order.invitation)
                await InvitationRepository(session).issue(
                    order.person_id, journey.journey_id, order.invitation, token_hash(token), now, now + valid_for
                )
                url = f"{self._policy.public_url}/portal/invitations/{quote(token)}"
            context = self._context(journey, order, url, first_visit=first_visit)
            rendered = render(EmailTemplate(order.template), context, self._policy.brand)
            row = await EmailRepository(session).reserve(
                NewEmail(
                    message_id=identifier,
                    journey_id=journey.journey_id,
                    event=order.event,
                    template=order.template,
                    recipient_role=order.recipient_role,
                    person_id=order.person_id or "",
                    subject=rendered.subject,
                    created_at=now,
                    facts=kept_facts(context),
                )
            )
        return rendered, EmailState(row.state)

    @staticmethod
    def _context(journey: JourneyRef, order: EmailOrder, url: str, *, first_visit: bool) -> EmailContext:
        return EmailContext(
            recipient_first_name=order.first_name,
            wrappers=tuple(wrapper_words(wrapper) for wrapper in order.wrappers or [journey.wrapper]),
            adviser_name=journey.adviser.display_name,
            firm_name=journey.firm_name,
            url=url,
            first_visit=first_visit,
            pension_statement=order.pension,
            direct_debit_confirmation=order.mandate,
            reminder_number=order.reminder_number,
            left_to_do=tuple(order.left_to_do),
            expires_on=order.expires_on,
            days_left=order.days_left,
            document_title=order.document_title or None,
            reason=order.reason or None,
            client_told=order.client_told,
        )

    async def _hand_over(
        self, order: EmailOrder, template: EmailTemplate, identifier: str, rendered: Rendered
    ) -> EmailState:
        message = OutgoingEmail(
            message_id=identifier,
            template=template,
            to_address=order.address,
            to_name=order.first_name,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )
        try:
            receipt = await self._mail.send(message)
        except MailRefused as refusal:
            async with self._database.transaction() as session:
                await EmailRepository(session).mark_refused(identifier, str(refusal), datetime.now(UTC))
            return EmailState.REFUSED
        async with self._database.transaction() as session:
            await EmailRepository(session).mark_sent(identifier, receipt.reply, datetime.now(UTC))
        return EmailState.SENT
