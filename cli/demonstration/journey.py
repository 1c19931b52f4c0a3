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
    journey_id = illustrate(adviser, script, client)
    narrate("adviser", "illustration recorded; client registered on the platform and linked")
    submit_details(adviser, client, journey_id)
    narrate("adviser", "client details submitted; identity and bank checks started")
    send_application(adviser, script, journey_id)
    narrate("adviser", "application sent; account pending, plan proposed")
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


def start_form(script: Script, client: NewClient, *, reference: str = "", illustrated: bool = True) -> dict[str, Any]:
    """Return what an adviser sends to start a journey."""
    form: dict[str, Any] = {
        "external_reference": reference or f"DEMO-{client.plannr_account[:8]}",
        "wrapper": script.wrapper,
        "holders": [{"plannr_account": client.plannr_account}],
    }
    if illustrated:
        form["illustration"] = {
            "name": f"{script.name} illustration",
            "investment_strategy": "Balanced Growth",
            "contributions": CONTRIBUTIONS,
            "charges": CHARGES,
        }
    return form


def details_form(person: str, client: NewClient) -> dict[str, Any]:
    """Return the details form with what Plannr does not know (P7)."""
    holder = {
        "person_id": person,
        "details": {"tax_residences": [{"country": "GB"}], "us_person": False},
        "bank_details": {"account_holder": client.name, **BANK_DETAILS},
    }
    return {"holders": [holder]}


def application_form(script: Script, *, send_to_platform: bool = True) -> dict[str, Any]:
    """Return the account form."""
    account: dict[str, Any] = {
        "name": script.name,
        "investment_strategy": "Balanced Growth",
        "contributions": CONTRIBUTIONS,
        "charges": CHARGES,
    }
    if script.direct_debit:
        account["direct_debit"] = {"amount_pence": 250_00, "frequency": "monthly", "collection_day": 7}
    return {"account": account, "send_to_platform": send_to_platform}


def illustrate(adviser: AdviserActor, script: Script, client: NewClient) -> str:
    """Start a journey with an illustration and return its id once both systems have it (P10)."""
    journey_id = str(adviser.start(start_form(script, client))["journey_id"])
    adviser.wait_for(
        journey_id, "the illustration", lambda seen: seen["waiting_on"] == "adviser" and not seen["needs_attention"]
    )
    return journey_id


def submit_details(adviser: AdviserActor, client: NewClient, journey_id: str) -> None:
    """Save the details form and wait until both systems have it (P11)."""
    person = adviser.journey(journey_id)["holders"][0]["person_id"]
    adviser.command(journey_id, "client-details", details_form(person, client))
    adviser.wait_for(
        journey_id,
        "the draft application",
        lambda seen: seen["details_submitted"] and seen["stage"] == "application_draft",
    )


def send_application(adviser: AdviserActor, script: Script, journey_id: str) -> None:
    """Send the account form to the platform and wait until the client is awaited (P12)."""
    adviser.command(journey_id, "application", application_form(script))
    adviser.wait_for(journey_id, "the pending account", lambda seen: seen["stage"] == "awaiting_client")


def _accept(around: Surroundings, client: NewClient, journey_id: str, first_email: int, narrate: Narrate) -> None:
    invitation = eventually(
        lambda: newest_email(around, client.email, "account_created", first_email), "the invitation by e-mail"
    )
    with portal_visitor(around) as visitor:
        visitor.enter(invitation["links"][0], client.email)
        narrate("client", "followed the e-mail, chose a password")
        visitor.do_everything(journey_id, lambda task: narrate("client", task))
