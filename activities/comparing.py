"""What the two systems hold of one client or one account, compared field by field by the table of `domain.ownership`.

Pure functions of what was read: the sync carries out what they say, the reconciliation lists it (P52, P54).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from activities.sync_fields import About, Compared, Known, Pair, compare_fields
from activities.sync_values import (
    OUT_OF_SCOPE,
    THIRD_PARTY,
    client_text,
    plan_status,
    plan_wrapper,
    shown_text,
)
from connectors.plannr.port import PlannrPerson, PlannrPlan
from connectors.platform.port import AccountRecord, ClientRecord
from domain.ownership import Act, Subject, account_rules, amended_fields, client_rules
from models.people import BankDetails
from models.syncing import LinkState, PlanState
from models.tables import SyncedAccountRow, SyncedClientRow

__all__ = ["LINK", "PLAN", "RECORD", "Compared", "account_row", "client_row", "compare_account", "compare_client"]

LINK: Final = "link"
PLAN: Final = "plan"
RECORD: Final = "record"

_ENDED: Final = frozenset({"closed", "cancelled"})


def compare_client(
    record: ClientRecord,
    person: PlannrPerson | None,
    bank: BankDetails | None,
    row: SyncedClientRow | None,
    *,
    key: bytes,
    firm: str | None,
    first_meeting: bool = False,
) -> Compared:
    """Compare a client of the platform with their record in Plannr (P5, P51, P52).

    Args:
        record: The client on the platform.
        person: The record in Plannr; None: there is none, or none is known yet.
        bank: The newest bank account in Plannr.
        row: What our own record says of the client.
        key: Of the fingerprints.
        firm: Whose client it is.
        first_meeting: Whether the two were matched just now.
    """
    about = About(Subject.CLIENT, record.client, person.account if person else _known_account(row), firm)
    if person is None:
        return _without_person(record, row, about)
    link = _link(record, person)
    if link is Act.PERSON:
        between = about.whole(LINK, link, record.external_reference, person.platform_client)
        return replace(between, bases=_bases(row), held=set(row.held) if row is not None else set())
    pairs = {
        rule.field: Pair(
            client_text(rule.field, record.details, record.bank_details),
            client_text(rule.field, person.known_details, bank),
            shown_text(rule.field, record.details, record.bank_details),
            shown_text(rule.field, person.known_details, bank),
        )
        for rule in client_rules()
    }
    # What was agreed on with another record says nothing of one that was matched just now.
    known = None if first_meeting else row
    held = set(known.held) if known is not None else set()
    compared = compare_fields(
        client_rules(), pairs, Known(_bases(known), held=held, first_meeting=first_meeting), about, key=key
    )
    if link is not Act.NOTHING:
        linking = about.whole(LINK, link, record.external_reference, person.platform_client)
        return replace(compared, acts=compared.acts | linking.acts, findings=[*linking.findings, *compared.findings])
    return compared


def compare_account(
    record: AccountRecord, plan: PlannrPlan | None, row: SyncedAccountRow | None, *, key: bytes, firm: str | None
) -> Compared:
    """Compare an account of the platform with its plan in Plannr (P3, P4, P50, P52).

    Args:
        record: The account on the platform.
        plan: The plan in Plannr; None: there is none, or none is known yet.
        row: What our own record says of the account.
        key: Of the fingerprints.
        firm: Whose account it is.
    """
    if record.wrapper in OUT_OF_SCOPE or plan_wrapper(record.wrapper) is None:
        return Compared()
    known_plan = row.plannr_plan if row is not None else None
    about = About(Subject.ACCOUNT, record.account, plan.plan if plan else known_plan, firm)
    if plan is None:
        return _without_plan(record, row, about)
    pairs = {
        "status": Pair.of_plain(plan_status(record.status), plan.status),
        "policy_number": Pair.of_plain(record.account, plan.policy_number),
    }
    rules = account_rules(third_party=record.wrapper in THIRD_PARTY)
    stopped = set(row.stopped) if row is not None else set()
    compared = compare_fields(rules, pairs, Known(_bases(row), stopped=stopped), about, key=key)
    return replace(compared, stopped=stopped | amended_fields(rules, compared.acts))


def client_row(
    record: ClientRecord,
    plannr_account: str | None,
    compared: Compared,
    *,
    firm: str | None,
    state: LinkState,
    read_at: datetime,
) -> SyncedClientRow:
    """Return what our own record says of a client after a comparison; `read_at` is when the reading began."""
    return SyncedClientRow(
        platform_client=record.client,
        firm=firm,
        plannr_account=plannr_account,
        state=state,
        platform_version=record.version,
        bases=compared.bases,
        held=sorted(compared.held),
        synced_at=read_at,
    )


def account_row(
    record: AccountRecord,
    plannr_plan: str | None,
    compared: Compared,
    *,
    firm: str | None,
    state: PlanState,
    read_at: datetime,
) -> SyncedAccountRow:
    """Return what our own record says of an account after a comparison; `read_at` is when the reading began."""
    return SyncedAccountRow(
        platform_account=record.account,
        firm=firm,
        plannr_plan=plannr_plan,
        wrapper=record.wrapper,
        state=state,
        platform_version=record.version,
        bases=compared.bases,
        stopped=sorted(compared.stopped),
        synced_at=read_at,
    )


def _link(record: ClientRecord, person: PlannrPerson) -> Act:
    names_other_client = person.platform_client not in {None, record.client}
    names_other_record = record.external_reference not in {None, person.account}
    if names_other_client or names_other_record:
        return Act.PERSON
    if person.platform_client is None or not person.link_tagged:
        return Act.TO_PLANNR
    return Act.TO_PLATFORM if record.external_reference is None else Act.NOTHING


def _without_person(record: ClientRecord, row: SyncedClientRow | None, about: About) -> Compared:
    if row is not None and row.plannr_account is not None:
        gone = about.whole(RECORD, Act.PERSON, record.client, None)
        return replace(gone, bases=dict(row.bases), held=set(row.held))
    undecided = row is not None and row.state is LinkState.AMBIGUOUS
    return about.whole(LINK, Act.PERSON if undecided else Act.TO_PLANNR, record.external_reference, None)


def _without_plan(record: AccountRecord, row: SyncedAccountRow | None, about: About) -> Compared:
    if row is not None and (row.plannr_plan is not None or row.state is PlanState.GONE):
        gone = about.whole(PLAN, Act.PERSON, record.account, None)
        return replace(gone, bases=dict(row.bases), stopped=set(row.stopped))
    waits = row is not None and row.state is PlanState.WAITING_FOR_CLIENT
    never_had_one = record.external_reference is not None and record.status in _ENDED
    if waits or never_had_one:
        return Compared(bases=_bases(row))
    missing = about.whole(PLAN, Act.TO_PLANNR, record.account, None)
    return replace(missing, bases=_bases(row))


def _bases(row: SyncedClientRow | SyncedAccountRow | None) -> dict[str, str]:
    return dict(row.bases) if row is not None else {}


def _known_account(row: SyncedClientRow | None) -> str | None:
    return row.plannr_account if row is not None else None
