"""What a page of a reconciliation is going to store, and findings about links that lead nowhere or elsewhere (P54)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.comparing import LINK
from activities.sync_fields import sending_key
from connectors.plannr.port import PlannrPerson
from domain.masking import mask
from domain.ownership import Act, FieldRule, Owner, Subject, account_rules, client_rules, intended_key
from models.tables import SyncedAccountRow, SyncedClientRow
from storage.discrepancies import Finding

_RULES: tuple[FieldRule, ...] = (*client_rules(), *account_rules(third_party=True))
_BEING_WRITTEN = frozenset(
    key(name) for name in {LINK, *(r.field for r in _RULES)} for key in (sending_key, intended_key)
)


@dataclass(slots=True)
class PageFound:
    """What one page is going to store, all in one transaction.

    Attributes:
        passed_over: Records that were not compared, whose open discrepancies stay as they are.
        left_to_sync: Records that only a whole sync can judge, or has to note.
    """

    findings: list[Finding] = field(default_factory=list)
    clients: list[SyncedClientRow] = field(default_factory=list)
    accounts: list[SyncedAccountRow] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)
    left_to_sync: list[str] = field(default_factory=list)


def is_being_written(bases: Mapping[str, str]) -> bool:
    """Whether a sync is writing, or was cut off while it wrote: then only a sync may change what is remembered."""
    return not _BEING_WRITTEN.isdisjoint(bases)


def leads_nowhere(person: PlannrPerson, firm: str) -> Finding:
    """A record in Plannr with the mark of a link, but no client of the platform that it could belong to."""
    return _of_record(person, firm, None)


def leads_elsewhere(person: PlannrPerson, firm: str, other: str) -> Finding:
    """A record in Plannr that names a client of the platform who is linked with another record."""
    return _of_record(person, firm, other)


def _of_record(person: PlannrPerson, firm: str, platform_value: str | None) -> Finding:
    return Finding(
        subject=Subject.CLIENT,
        # The client it names may be in order, or not be there: what is wrong is this record.
        platform_id=person.account,
        plannr_id=person.account,
        firm=firm,
        field=LINK,
        owner=Owner.PERSON,
        proposal=Act.PERSON,
        platform_value=mask(LINK, platform_value),
        plannr_value=mask(LINK, person.platform_client),
    )
