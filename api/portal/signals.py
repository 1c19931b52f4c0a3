"""From a row of evidence to the signal that tells the journey of it; safe to send twice (P46)."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client

from models.facts import (
    BankDetailsSubmitted,
    ClientDetailsConfirmed,
    DirectDebitMandateAnswered,
    DocumentOpened,
    HelpRequested,
    JourneyDeclined,
    StatementCorrected,
    TermsAccepted,
)
from models.tables import EvidenceKind, EvidenceRow
from runtime.temporal import journey_handle
from storage.evidence import signal_fact
from workflows.onboarding import OnboardingJourney

_PATIENCE: Final = timedelta(seconds=3)


async def send_signal(temporal: Client, row: EvidenceRow) -> None:
    """Tell the journey of an act.

    Raises:
        RPCError: The engine can't be reached, or the journey is closed (`NOT_FOUND`).
    """
    journey = journey_handle(temporal, row.journey_id)
    fact = signal_fact(row)
    match row.kind:
        case EvidenceKind.DETAILS_CONFIRMED:
            confirmed = ClientDetailsConfirmed.model_validate(fact)
            await journey.signal(OnboardingJourney.client_details_confirmed, confirmed, rpc_timeout=_PATIENCE)
        case EvidenceKind.DOCUMENT_OPENED:
            opened = DocumentOpened.model_validate(fact)
            await journey.signal(OnboardingJourney.document_opened, opened, rpc_timeout=_PATIENCE)
        case EvidenceKind.PLATFORM_TERMS_ACCEPTED:
            accepted = TermsAccepted.model_validate(fact)
            await journey.signal(OnboardingJourney.platform_terms_accepted, accepted, rpc_timeout=_PATIENCE)
        case EvidenceKind.PRODUCT_TERMS_ACCEPTED:
            accepted = TermsAccepted.model_validate(fact)
            await journey.signal(OnboardingJourney.product_terms_accepted, accepted, rpc_timeout=_PATIENCE)
        case EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED:
            answered = DirectDebitMandateAnswered.model_validate(fact)
            await journey.signal(OnboardingJourney.direct_debit_mandate_accepted, answered, rpc_timeout=_PATIENCE)
        case EvidenceKind.BANK_DETAILS_SUBMITTED:
            given = BankDetailsSubmitted.model_validate(fact)
            await journey.signal(OnboardingJourney.bank_details_submitted, given, rpc_timeout=_PATIENCE)
        case EvidenceKind.JOURNEY_DECLINED:
            declined = JourneyDeclined.model_validate(fact)
            await journey.signal(OnboardingJourney.journey_declined, declined, rpc_timeout=_PATIENCE)
        case EvidenceKind.HELP_REQUESTED:
            asked = HelpRequested.model_validate(fact)
            await journey.signal(OnboardingJourney.help_requested, asked, rpc_timeout=_PATIENCE)
        case EvidenceKind.STATEMENT_CORRECTED:
            corrected = StatementCorrected.model_validate(fact)
            await journey.signal(OnboardingJourney.statement_corrected, corrected, rpc_timeout=_PATIENCE)
