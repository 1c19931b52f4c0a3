"""Every workflow of the product, for a worker of the journeys' queue."""

from typing import Final

from workflows.deciding import SettleDiscrepancy
from workflows.delivering import EventDelivery
from workflows.imports import JourneyImport
from workflows.nightly import NightlyReconciliation
from workflows.onboarding import OnboardingJourney
from workflows.reconciliation import Reconciliation
from workflows.syncing import PlannrSync, PlatformSync
from workflows.together import TogetherMail

WORKFLOWS: Final[tuple[type, ...]] = (
    OnboardingJourney,
    TogetherMail,
    JourneyImport,
    PlatformSync,
    PlannrSync,
    Reconciliation,
    NightlyReconciliation,
    SettleDiscrepancy,
    EventDelivery,
)
