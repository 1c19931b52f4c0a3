"""One whole journey, from a new client in Plannr to an active account, as its adviser and its client live it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.demonstration.actors import AdviserActor, eventually, portal_visitor
from cli.demonstration.people import NewClient, new_client
from cli.demonstration.readback import (
    history_events,
    newest_email,
    newest_email_number,
    read_emails,
    read_plannr,
    read_platform,
)
from cli.demonstration.surroundings import Surroundings


@dataclass(frozen=True)
class Script:
    """What sets one demonstrated journey apart, and how it must end."""

    wrapper: str
    name: str
    direct_debit: bool

    @property
    def emails(self) -> list[tuple[str, str]]:
        """Who must have been told what, each exactly once (P11, P12, P15)."""
        expected = [
            ("client", "client_setup_started"),
            ("client", "account_created"),
            ("adviser", "adviser_plan_active"),
        ]
        return expected + ([("client", "new_documentation")] if self.direct_debit else [])


SCRIPTS = {
    "isa": Script("isa", "Stocks and shares ISA", direct_debit=False),
    "gia": Script("gia", "General investment account", direct_debit=True),
}

BANK_DETAILS = {"sort_code": "20-00-00", "account_number": "55779911"}
CONTRIBUTIONS = [{"amount_pence": 5_000_00, "frequency": "once"}, {"amount_pence": 250_00, "frequency": "monthly"}]
CHARGES = {"initial_basis_points": 100, "ongoing_basis_points": 50}

Narrate = Callable[[str, str], None]


async def play(around: Surroundings, adviser: AdviserActor, script: Script, narrate: Narrate) -> dict[str, Any]:
    """Play one journey and return what both systems, the inbox and the engine say of it."""
    began, first_email = time.monotonic(), newest_email_number(around)
    client = new_client(around)
    narrate("plannr", f"new client {client.name}")
    journey_id = _illustrate(adviser, script, client, narrate)
    _apply(adviser, script, client, journey_id, narrate)
    _accept(around, client, journey_id, first_email, narrate)
    ended = adviser.wait_for(journey_id, "the account to turn active", lambda seen: seen["stage"] == "active")
    narrate("system", "account active, plan active, application complete")
    seconds = time.monotonic() - began

    def told() -> list[dict[str, str]] | None:
        emails = read_emails(around, journey_id, client.email, first_email)
        return emails if len(emails) >= len(script.emails) else None

    emails = eventually(told, "the last e-mail")
    return {
        "wrapper": script.wrapper,
        "journey_id": journey_id,
        "workflow_id": f"journey-{journey_id}",
        "stage": ended["stage"],
        "plannr": read_plannr(around, journey_id, client.plannr_account),
        "platform": read_platform(around, journey_id, client.plannr_account),
        "emails": emails,
        "seconds": round(seconds, 2),
        "history_events": await history_events(around, f"journey-{journey_id}"),
    }


def is_as_the_rules_say(script: Script, seen: dict[str, Any]) -> bool:
    """Whether what was read back is what P10-P15 ask for."""
    emails = sorted((email["to_role"], email["template"]) for email in seen["emails"])
    return (
        seen["stage"] == "active"
        and seen["plannr"] == {"application": "complete", "plan": "active", "linked": True}
        and seen["platform"] == {"client": "active", "account": "active"}
        and emails == sorted(script.emails)
    )


def _illustrate(adviser: AdviserActor, script: Script, client: NewClient, narrate: Narrate) -> str:
    started = adviser.start(
        {
            "external_reference": f"DEMO-{client.plannr_account[:8]}",
            "wrapper": script.wrapper,
            "holders": [{"plannr_account": client.plannr_account}],
            "illustration": {
                "name": f"{script.name} illustration",
                "investment_strategy": "Balanced Growth",
                "contributions": CONTRIBUTIONS,
                "charges": CHARGES,
            },
        }
    )
    journey_id = str(started["journey_id"])
    adviser.wait_for(
        journey_id, "the illustration", lambda seen: seen["waiting_on"] == "adviser" and not seen["needs_attention"]
    )
    narrate("adviser", "illustration recorded; client registered on the platform and linked")
    return journey_id


def _apply(adviser: AdviserActor, script: Script, client: NewClient, journey_id: str, narrate: Narrate) -> None:
    person = adviser.journey(journey_id)["holders"][0]["person_id"]
    adviser.command(
        journey_id,
        "client-details",
        {
            "holders": [
                {
                    "person_id": person,
                    "details": {"tax_residences": [{"country": "GB"}], "us_person": False},
                    "bank_details": {"account_holder": client.name, **BANK_DETAILS},
                }
            ]
        },
    )
    adviser.wait_for(journey_id, "the draft application", lambda seen: seen["stage"] == "application_draft")
    narrate("adviser", "client details submitted; identity and bank checks started")
    account: dict[str, object] = {
        "name": script.name,
        "investment_strategy": "Balanced Growth",
        "contributions": CONTRIBUTIONS,
        "charges": CHARGES,
    }
    if script.direct_debit:
        account["direct_debit"] = {"amount_pence": 250_00, "frequency": "monthly", "collection_day": 7}
    adviser.command(journey_id, "application", {"account": account, "send_to_platform": True})
    adviser.wait_for(journey_id, "the pending account", lambda seen: seen["stage"] == "awaiting_client")
    narrate("adviser", "application sent; account pending, plan proposed")


def _accept(around: Surroundings, client: NewClient, journey_id: str, first_email: int, narrate: Narrate) -> None:
    invitation = eventually(
        lambda: newest_email(around, client.email, "account_created", first_email), "the invitation by e-mail"
    )
    with portal_visitor(around) as visitor:
        visitor.enter(invitation["links"][0], client.email)
        narrate("client", "followed the e-mail, chose a password")
        visitor.do_everything(journey_id, lambda task: narrate("client", task))
