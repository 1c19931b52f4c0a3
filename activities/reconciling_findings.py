"""Findings about whole records: links that lead nowhere or elsewhere, and records that are gone (P5, P54)."""

from dataclasses import dataclass, field
from typing import Final

from connectors.plannr.port import PlannrPerson
from connectors.platform.port import AccountRecord, ClientRecord
from domain.masking import EMPTY
from domain.ownership import Act, Owner, Subject
from models.tables import SyncedAccountRow, SyncedClientRow
from storage.discrepancies import Finding

LINK: Final = "link"
PLAN: Final = "plan"
RECORD: Final = "record"


@dataclass(slots=True)
class PageFound:
    """What one page is going to store, all in one transaction.

    Attributes:
        passed_over: Records that were not compared, whose open discrepancies stay as they are.
    """

    findings: list[Finding] = field(default_factory=list)
    clients: list[SyncedClientRow] = field(default_factory=list)
    accounts: list[SyncedAccountRow] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)


def unlinked(record: ClientRecord, firm: str) -> Finding:
    """A client of the platform that no record in Plannr belongs to yet; the sync matches or creates one."""
    return _client(record.client, None, firm, LINK, Act.TO_PLANNR, platform_value=EMPTY, plannr_value=EMPTY)


def person_gone(record: ClientRecord, account: str, firm: str) -> Finding:
    """A client of the platform whose record is no longer in Plannr: an adviser says what became of it."""
    return _client(record.client, account, firm, RECORD, Act.PERSON, platform_value=account, plannr_value=EMPTY)


def link_of(record: ClientRecord, person: PlannrPerson, firm: str) -> Finding | None:
    """What is wrong with the link of two records that belong together, if anything (P5)."""
    there, here = record.external_reference, person.platform_client
    if there == person.account and here == record.client and person.link_tagged:
        return None
    act = Act.TO_PLATFORM if there is None and here == record.client and person.link_tagged else Act.TO_PLANNR
    if there not in {None, person.account} or here not in {None, record.client}:
        act = Act.PERSON
    return _client(
        record.client, person.account, firm, LINK, act, platform_value=there or EMPTY, plannr_value=here or EMPTY
    )


def leads_nowhere(person: PlannrPerson, firm: str) -> Finding:
    """A record in Plannr with the mark of a link, but no client of the platform that it could belong to."""
    named = person.platform_client
    return _client(
        named or person.account,
        person.account,
        firm,
        LINK,
        Act.PERSON,
        platform_value=EMPTY,
        plannr_value=named or EMPTY,
    )


def leads_elsewhere(person: PlannrPerson, firm: str, other: str) -> Finding:
    """A record in Plannr that names a client of the platform who is linked with another record."""
    named = person.platform_client or EMPTY
    return _client(
        # The client itself is in order: what is wrong is this record.
        person.account,
        person.account,
        firm,
        LINK,
        Act.PERSON,
        platform_value=other,
        plannr_value=named,
    )


def plan_missing(record: AccountRecord, firm: str) -> Finding:
    """An account of the platform that has no plan in Plannr yet; the sync makes one."""
    return _account(record, None, firm, Act.TO_PLANNR)


def plan_gone(record: AccountRecord, plan: str, firm: str) -> Finding:
    """An account of the platform whose plan is no longer in Plannr: an adviser says what became of it."""
    return _account(record, plan, firm, Act.PERSON)


def _account(record: AccountRecord, plan: str | None, firm: str, act: Act) -> Finding:
    return Finding(
        subject=Subject.ACCOUNT,
        platform_id=record.account,
        plannr_id=plan,
        firm=firm,
        field=PLAN,
        owner=Owner.PERSON if act is Act.PERSON else Owner.PLATFORM,
        proposal=act,
        platform_value=record.account,
        plannr_value=EMPTY,
    )


def _client(
    platform_id: str, plannr_id: str | None, firm: str, name: str, act: Act, *, platform_value: str, plannr_value: str
) -> Finding:
    return Finding(
        subject=Subject.CLIENT,
        platform_id=platform_id,
        plannr_id=plannr_id,
        firm=firm,
        field=name,
        owner=Owner.PERSON if act is Act.PERSON else Owner.PLATFORM,
        proposal=act,
        platform_value=platform_value,
        plannr_value=plannr_value,
    )
