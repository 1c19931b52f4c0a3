"""Every table of Onward's own database."""

from models.tables.adviser_session import AdviserSessionRow, SignInAttemptRow
from models.tables.audit import AuditRow
from models.tables.base import StoredRow
from models.tables.eligibility import EligibilityRow
from models.tables.email import EmailRow, EmailState
from models.tables.evidence import EvidenceKind, EvidenceRow
from models.tables.idempotency import IdempotencyRow, IdempotencyState
from models.tables.invitation import InvitationRow
from models.tables.journey import JourneyRow
from models.tables.journey_holder import JourneyHolderRow
from models.tables.journey_import import ImportedRow, ImportRowState, JourneyImportRow
from models.tables.outgoing import DeliveryState, EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow
from models.tables.passkey import PasskeyChallengeRow, PasskeyRow
from models.tables.person import PersonRow
from models.tables.portal_session import PortalSessionRow
from models.tables.syncing import (
    DiscrepancyRow,
    PollCursorRow,
    ReconciliationRow,
    SyncedAccountRow,
    SyncedClientRow,
    SyncEventRow,
)
from models.tables.webhook_delivery import WebhookDeliveryRow
from models.tables.webhook_secret import WebhookSecretRow

__all__ = [
    "AdviserSessionRow",
    "AuditRow",
    "DeliveryState",
    "DiscrepancyRow",
    "EligibilityRow",
    "EmailRow",
    "EmailState",
    "EventDeliveryRow",
    "EventSubscriptionRow",
    "EvidenceKind",
    "EvidenceRow",
    "IdempotencyRow",
    "IdempotencyState",
    "ImportRowState",
    "ImportedRow",
    "InvitationRow",
    "JourneyHolderRow",
    "JourneyImportRow",
    "JourneyRow",
    "OutgoingEventRow",
    "PasskeyChallengeRow",
    "PasskeyRow",
    "PersonRow",
    "PollCursorRow",
    "PortalSessionRow",
    "ReconciliationRow",
    "SignInAttemptRow",
    "StoredRow",
    "SyncEventRow",
    "SyncedAccountRow",
    "SyncedClientRow",
    "WebhookDeliveryRow",
    "WebhookSecretRow",
]
