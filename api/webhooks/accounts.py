"""News of an account and its mandate: the first subscription opens an ISA, a mandate fails at the bank (P47)."""

from datetime import datetime
from typing import Final

from pydantic import JsonValue

from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard, occurred_at, resource_id, tell
from connectors.errors import NotFound
from connectors.platform.port import PlatformMandate
from domain.direct_debit import MandateEffect, MandateStatus, Source, UnknownReason, effect
from domain.journey import Stage, Wrapper
from models.facts import AccountStatusChanged, MandateFailed
from models.messages import Progress
from runtime.services import Services
from storage.journeys import JourneyRepository
from workflows.onboarding import OnboardingJourney

_OPENED_BY_MONEY: Final = frozenset({Wrapper.ISA, Wrapper.JISA})
_ENDED: Final = frozenset({"failed", "cancelled"})
_NEW_INSTRUCTION: Final[tuple[Source, ...]] = ("AUDDIS", "ADDACS", "ARUDD")
_STANDING_INSTRUCTION: Final[tuple[Source, ...]] = ("ADDACS", "ARUDD", "AUDDIS")
_WITHOUT_A_REASON: Final = MandateEffect(
    MandateStatus.CANCELLED,
    "Your Direct Debit is no longer in place. To go on paying in, please authorise a new Direct Debit in the portal.",
    "The Direct Debit ended and the platform names no reason that is known here. Ask the platform for it. The client "
    "is asked to authorise a new mandate in the portal.",
    needs_new_mandate=True,
    open_case=True,
)


async def tell_of_account(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Tell the account's journey of its first subscription; False while no journey is known to have the account."""
    account_id = resource_id(delivery)
    if account_id is None:
        return True
    journeys = await _with_record(services, "platform_account", account_id)
    waiting = [progress for progress in journeys if _waits_for_money(progress)]
    if waiting:
        try:
            account = await services.platform.read_account(account_id)
        except NotFound:
            return True
        if account.first_subscription_on is not None:
            news = AccountStatusChanged(
                platform_account=account_id,
                occurred_at=occurred_at(delivery, heard),
                first_subscription_on=account.first_subscription_on,
            )
            for progress in waiting:
                await tell(services, progress.journey_id, OnboardingJourney.account_status_changed, news)
    return bool(journeys)


def _waits_for_money(progress: Progress) -> bool:
    return progress.wrapper in _OPENED_BY_MONEY and progress.isa_opened_on is None


async def tell_of_mandate(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Tell the mandate's journey that it ended at the bank; False while no journey is known to have the mandate.

    The journey may have an active account by now. One whose account was cancelled lost its mandate with it, which is
    no failure.
    """
    mandate_id = resource_id(delivery)
    if mandate_id is None or delivery.body.get("status") not in _ENDED:
        return True
    journeys = await _with_record(services, "platform_mandate", mandate_id)
    for progress in journeys:
        if await _still_pays(services, progress):
            try:
                mandate = await services.platform.read_mandate(mandate_id)
            except NotFound:
                return True
            if mandate.status in _ENDED:
                news = _failure(delivery, mandate, heard)
                await tell(services, progress.journey_id, OnboardingJourney.mandate_failed, news)
    return bool(journeys)


async def _still_pays(services: Services, progress: Progress) -> bool:
    account_id = progress.records.platform_account
    if account_id is None or (progress.stage.is_final and progress.stage is not Stage.ACTIVE):
        return False
    try:
        account = await services.platform.read_account(account_id)
    except NotFound:
        return False
    return account.status not in {"cancelled", "closed"}


def _failure(delivery: Delivery, mandate: PlatformMandate, heard: Heard) -> MandateFailed:
    at = occurred_at(delivery, heard)
    meant = report(mandate.failure_code, delivery.body.get("previous_status", _before(mandate, at)))
    return MandateFailed(
        platform_mandate=mandate.mandate,
        # A mandate ends once, whether its event came, polling found it, or both.
        event_id=f"{mandate.mandate}-{mandate.status}",
        occurred_at=at,
        reason_code=mandate.failure_code or "",
        needs_new_mandate=meant.needs_new_mandate,
        stop_mail=meant.stop_mail,
        sentence_client=meant.sentence_client,
        sentence_adviser=meant.sentence_adviser,
    )


def _before(mandate: PlatformMandate, ended_at: datetime) -> str | None:
    """Return what a mandate was before it ended, where no event says so: it stood once it had collected."""
    first = mandate.first_collection_on
    return "active" if first is not None and first <= ended_at.date() else None


def report(code: str | None, previous_status: JsonValue) -> MandateEffect:
    """Return what the bank's reason means (P47).

    The platform names no Bacs service: a new instruction is refused by AUDDIS, a standing one ended by ADDACS. Where
    that service has no such code, the next one that has it is meant.
    """
    for source in _STANDING_INSTRUCTION if previous_status == "active" else _NEW_INSTRUCTION:
        try:
            return effect(source, code or "")
        except UnknownReason:
            continue
    return _WITHOUT_A_REASON


async def _with_record(services: Services, name: str, value: str) -> list[Progress]:
    async with services.database.reading() as session:
        rows = await JourneyRepository(session).with_record(name, value)
    return [Progress.model_validate(row.progress) for row in rows]
