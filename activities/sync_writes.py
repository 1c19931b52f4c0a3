"""Writing values to one of the two systems, and what becomes of those that it refuses."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final, TypeVar

from activities.sync_systems import SyncSystems
from activities.sync_values import client_text
from connectors.errors import Conflict, Invalid
from connectors.plannr.port import PlanChange, PlannrPerson, PlannrPlan
from connectors.platform.port import ClientRecord
from models.people import BankDetails, KnownDetails

BANK: Final = "bank_details"
CHANGED_MEANWHILE: Final = "precondition_failed"

AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class Written:
    """What a system took and what it refused, by the names of fields."""

    taken: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


def is_changed_meanwhile(error: Conflict) -> bool:
    """Whether the record was changed by somebody else since it was read, so that it must be read again."""
    return error.code == CHANGED_MEANWHILE


async def write_to_platform(
    systems: SyncSystems, record: ClientRecord, person: PlannrPerson, bank: BankDetails | None, fields: Collection[str]
) -> tuple[ClientRecord, Written]:
    """Write these fields of the Plannr record to the version of the client that was compared (P51).

    An e-mail address in use elsewhere (P34), a value that is refused and one that does not stay as it was written are
    left for a person; the others are written all the same.

    Raises:
        Conflict: `precondition_failed`, when the client was changed meanwhile.
    """
    written = Written()

    async def amend(names: Collection[str]) -> ClientRecord:
        return await systems.platform.amend_client(
            record.client, _only(person.known_details, names), version=record.version
        )

    details = await _write_what_is_taken(amend, [name for name in fields if name != BANK], written)
    latest = details or record
    if BANK in fields and bank is not None:

        async def amend_bank(_: Collection[str]) -> ClientRecord:
            return await systems.platform.amend_bank_details(record.client, bank, version=latest.version)

        latest = await _write_what_is_taken(amend_bank, [BANK], written) or latest
    for name in sorted(written.taken):
        wanted = client_text(name, person.known_details, bank)
        if client_text(name, latest.details, latest.bank_details) != wanted:
            written.taken.discard(name)
            written.refused.add(name)
    return latest, written


async def write_to_plannr(
    systems: SyncSystems, firm: str, person: PlannrPerson, record: ClientRecord, fields: Collection[str]
) -> Written:
    """Write these fields of the client to the record in Plannr, where they are empty; what is refused is left."""
    written = Written()

    async def amend(names: Collection[str]) -> None:
        await systems.plannr.amend_person(firm, person.account, _only(record.details, names))

    await _write_what_is_taken(amend, [name for name in fields if name != BANK], written)
    bank = record.bank_details
    if BANK in fields and bank is not None:

        async def save(_: Collection[str]) -> None:
            await systems.plannr.save_bank_account(firm, person.account, bank)

        await _write_what_is_taken(save, [BANK], written)
    return written


async def write_plan(
    systems: SyncSystems, firm: str, plan: PlannrPlan, change: PlanChange, fields: Collection[str]
) -> tuple[PlannrPlan, Written]:
    """Write these fields of the account to its plan; what is refused or does not stay is left for a person (P50)."""
    written = Written()

    async def amend(names: Collection[str]) -> PlannrPlan:
        return await systems.plannr.change_plan(
            firm, plan.plan, PlanChange.model_validate(change.model_dump(include=set(names)))
        )

    changed = await _write_what_is_taken(amend, list(fields), written) or plan
    for name in sorted(written.taken):
        if getattr(changed, name) != getattr(change, name):
            written.taken.discard(name)
            written.refused.add(name)
    return changed, written


async def _write_what_is_taken(
    write: Callable[[Collection[str]], Awaitable[AnswerT]], fields: list[str], written: Written
) -> AnswerT | None:
    """Write until what is left is taken; each refusal takes at least one field away."""
    left = set(fields)
    while left:
        try:
            answer = await write(left)
        except Conflict as refusal:
            if is_changed_meanwhile(refusal):
                raise
            refused = {"email"} & left if refusal.code == "email_in_use" else set()
        except Invalid as refusal:
            refused = {name.split(".")[0] for name in refusal.fields} & left
        else:
            written.taken |= left
            return answer
        refused = refused or set(left)
        written.refused |= refused
        left -= refused
    return None


def _only(details: KnownDetails, names: Collection[str]) -> KnownDetails:
    return KnownDetails().model_copy(update={name: getattr(details, name) for name in names})
