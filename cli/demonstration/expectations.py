"""How each unhappy journey must end in both systems and in the inbox, one row per case (docs/process.md, P2 to P47)."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.bank_holidays import bank_holidays
from domain.calendar import london_day
from domain.reminders import ReminderPolicy, due


@dataclass(frozen=True)
class InPlannr:
    """What Plannr must hold of the client."""

    application: str | None = None
    plan: str | None = None
    linked: bool = True
    application_reason: str | None = None
    plan_reason: str | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class OnPlatform:
    """What the platform must hold of the client."""

    client: str | None = "registered"
    account: str | None = None
    mandates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """One row: the last stage (None where no journey may begin), both systems, and every e-mail as `to: template`."""

    stage: str | None
    plannr: InPlannr
    platform: OnPlatform
    emails: tuple[str, ...] = field(default=())


_SET_UP, _INVITED = "holder: client_setup_started", "holder: account_created"
_ACTIVE, _ATTENTION = "adviser: adviser_plan_active", "adviser: adviser_needs_attention"
_OPEN = InPlannr(application="complete", plan="active")
_OPENED = OnPlatform(client="active", account="active")
_NOTHING = InPlannr(linked=False)
_UNKNOWN = OnPlatform(client=None)

EXPECTED = {
    "withdrawn-illustrated": Expected("withdrawn", InPlannr(), OnPlatform(), ("adviser: adviser_journey_withdrawn",)),
    "withdrawn-application-draft": Expected(
        "withdrawn",
        InPlannr(application="closed", application_reason="withdrawn"),
        OnPlatform(),
        (_SET_UP, "adviser: adviser_journey_withdrawn", "holder: journey_withdrawn"),
    ),
    "withdrawn-awaiting-client": Expected(
        "withdrawn",
        InPlannr("closed", "inactive", application_reason="withdrawn", plan_reason="not_proceeded_with"),
        OnPlatform(account="cancelled", mandates=("cancelled",)),
        (_SET_UP, _INVITED, "adviser: adviser_journey_withdrawn", "holder: journey_withdrawn"),
    ),
    # Who has accepted the platform terms is its client and stays one.
    "withdrawn-after-acceptance": Expected(
        "withdrawn",
        InPlannr("closed", "inactive", application_reason="withdrawn", plan_reason="not_proceeded_with"),
        OnPlatform(client="pending", account="cancelled"),
        (_SET_UP, _INVITED, _ATTENTION, "adviser: adviser_journey_withdrawn", "holder: journey_withdrawn"),
    ),
    "declined": Expected(
        "declined",
        InPlannr("closed", "inactive", application_reason="declined", plan_reason="declined"),
        OnPlatform(account="cancelled"),
        (_SET_UP, _INVITED, "adviser: adviser_journey_declined", "holder: journey_declined"),
    ),
    "declined-by-one-of-two": Expected(
        "declined",
        InPlannr("closed", "inactive", application_reason="declined", plan_reason="declined"),
        # Who has accepted the platform terms stays its client, whatever the other holder does.
        OnPlatform(client="active, registered", account="cancelled", mandates=("cancelled",)),
        (
            *(f"holder {number}: {told}" for number in (1, 2) for told in ("client_setup_started", "account_created")),
            "adviser: adviser_journey_declined",
            "holder 1: journey_ended",
            "holder 2: journey_declined",
        ),
    ),
    "expired": Expected(
        "expired",
        InPlannr("closed", "inactive", application_reason="expired", plan_reason="not_proceeded_with"),
        OnPlatform(account="cancelled"),
        (
            _SET_UP,
            _INVITED,
            *("holder: reminder",) * 4,
            "adviser: adviser_client_quiet",
            "adviser: adviser_journey_expired",
            "holder: journey_expired",
        ),
    ),
    "aml-referred-cleared": Expected("active", _OPEN, _OPENED, (_SET_UP, _INVITED, _ATTENTION, _ACTIVE)),
    "bav-mismatch-corrected": Expected("active", _OPEN, _OPENED, (_SET_UP, _INVITED, _ATTENTION, _ACTIVE)),
    "terms-superseded": Expected("active", _OPEN, _OPENED, (_SET_UP, _INVITED, "holder: terms_changed", _ACTIVE)),
    "amended-after-acceptance": Expected(
        "active", _OPEN, _OPENED, (_SET_UP, _INVITED, _ATTENTION, "holder: acceptance_void", _ACTIVE)
    ),
    "mandate-failed-replaced": Expected(
        "active",
        InPlannr("complete", "active", tasks=("Direct debit mandate failed",)),
        OnPlatform("active", "active", mandates=("failed", "active")),
        (
            _SET_UP,
            _INVITED,
            _ACTIVE,
            "holder: new_documentation",
            "holder: mandate_failed",
            "adviser: adviser_mandate_failed",
        ),
    ),
    "refused-tpsipp": Expected(None, _NOTHING, _UNKNOWN),
    "refused-tpofb": Expected(None, _NOTHING, _UNKNOWN),
    "refused-corporate": Expected(None, _NOTHING, _UNKNOWN),
    "refused-trust": Expected(None, _NOTHING, _UNKNOWN),
}


_REMINDER = "holder: reminder"
_LONGER_THAN_ANY_WAIT = timedelta(days=60)


def ladder(began: datetime) -> list[tuple[str, int]]:
    """Return what comes on which London day of a wait that began then and is never answered (P40)."""
    first = london_day(began)
    holidays = frozenset(bank_holidays(first, first + _LONGER_THAN_ANY_WAIT))
    return [(one.kind, (london_day(one.at) - first).days) for one in due(began, ReminderPolicy(), holidays)]


def expected_of(name: str, began: datetime) -> Expected:
    """Return the row of a case that begins now: around bank holidays two reminders may fall on one day, as one."""
    row = EXPECTED[name]
    others = tuple(email for email in row.emails if email != _REMINDER)
    if len(others) == len(row.emails):
        return row
    reminders = [kind for kind, _ in ladder(began) if kind == "reminder"]
    return replace(row, emails=(*others, *(_REMINDER for _ in reminders)))


def differences(expected: Expected, seen: dict[str, Any]) -> list[str]:
    """Return, in words, everything that is not as the row says; nothing when all is."""
    found = [] if seen["stage"] == expected.stage else [f"stage: {seen['stage']} instead of {expected.stage}"]
    for system, wanted in (("plannr", expected.plannr), ("platform", expected.platform)):
        for name, value in vars(wanted).items():
            there = tuple(seen[system][name]) if isinstance(value, tuple) else seen[system][name]
            if there != value:
                found.append(f"{system}: {name} is {there} instead of {value}")
    told = Counter(f"{email['to']}: {email['template']}" for email in seen["emails"])
    wanted_emails = Counter(expected.emails)
    found += [f"e-mail too much: {email}" for email in (told - wanted_emails).elements()]
    found += [f"e-mail missing: {email}" for email in (wanted_emails - told).elements()]
    return found
