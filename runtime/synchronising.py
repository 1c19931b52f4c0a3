"""The activities of the sync and of reconciliation, bound to the services of a process."""

from activities.reconciling import ReconcilingActivities
from activities.registry import Activity
from activities.sync_values import sync_key
from activities.syncing import SyncActivities
from runtime.services import Services
from runtime.settings import Settings


def build_sync_activities(services: Services) -> list[Activity]:
    """Return what a worker of the journeys' queue needs to keep the two systems in step."""
    settings = services.settings
    key = sync_key(settings.secret_key.get_secret_value().encode())

    def firm_of_adviser(reference: str) -> tuple[str, str] | None:
        return _firm_of_adviser(settings, reference)

    syncs = SyncActivities(
        services.plannr, services.platform, services.database, key=key, firm_of_adviser=firm_of_adviser
    )
    reconciling = ReconcilingActivities(
        services.plannr,
        services.platform,
        services.database,
        syncs,
        key=key,
        firms=[firm.id for firm in settings.firms],
        firm_of_adviser=firm_of_adviser,
    )
    return [
        syncs.sync_client,
        syncs.sync_account,
        syncs.find_subjects,
        reconciling.step,
        reconciling.close,
        reconciling.abandon,
        reconciling.settle,
        reconciling.compare_again,
    ]


def _firm_of_adviser(settings: Settings, reference: str) -> tuple[str, str] | None:
    firm = settings.firm_of_adviser(reference)
    return None if firm is None else (firm.id, firm.platform_advisers[reference])
