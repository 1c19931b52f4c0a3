"""One whole journey, from a new client in Plannr to an active account, as its adviser and its client live it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cli.demonstration.actors import AdviserActor, ClientActor, eventually, portal_visitor
from cli.demonstration.people import Cast, NewClient, new_cast
from cli.demonstration.readback import (
    history_events,
    newest_email,
    newest_email_number,
    read_plannr,
    read_platform,
    read_told,
)
from cli.demonstration.scripts import Script, application_form, person_details_form, start_form
from cli.demonstration.surroundings import Surroundings

Narrate = Callable[[str, str], None]


@dataclass
class Play:
    """One journey that is being played: its people, its steps, and what everybody says of it afterwards."""

    around: Surroundings
    adviser: AdviserActor
    script: Script
    narrate: Narrate
    cast: Cast = field(init=False)
    journey_id: str = ""

    def __post_init__(self) -> None:
        """Key the people into Plannr, and remember when it began."""
        self._began, self._first_email = time.monotonic(), newest_email_number(self.around)
        self._known: set[str] = set()
        self.cast = new_cast(self.around, self.script.roles, self.script.last_name)
        for person in self.cast.people:
            self.narrate("plannr", f"new client {person.name}, {person.label}")

    # --- the adviser's steps ---

    def illustrate(self) -> None:
        """P10."""
        self.journey_id = illustrate(self.adviser, self.script, self.cast)
        self.narrate("adviser", "illustration recorded; every party registered on the platform and linked")
        self.narrate("adviser", f"the journey: {self.around.urls['workbench']}/journeys/{self.journey_id}")

    def submit_details(self) -> None:
        """P11."""
        submit_details(self.adviser, self.script, self.cast, self.journey_id)
        self.narrate("adviser", "client details submitted; identity and bank checks started")

    def send_application(self) -> None:
        """P12."""
        send_application(self.adviser, self.script, self.journey_id)
        self.narrate("adviser", "application sent; account pending, plan proposed")

    def up_to_the_client(self) -> None:
        """Take the adviser's three steps."""
        self.illustrate()
        self.submit_details()
        self.send_application()

    def command(self, command: str, body: dict[str, object], *, attempt: int = 1) -> dict[str, Any]:
        """Give one of the adviser's other commands."""
        return self.adviser.command(self.journey_id, command, body, attempt=attempt)

    def person_id(self, person: NewClient) -> str:
        """Return what the journey calls this person."""
        return person_ids(self.adviser, self.journey_id)[person.plannr_account]

    def journey(self) -> dict[str, Any]:
        """Read the journey as its adviser."""
        return self.adviser.journey(self.journey_id)

    def until(self, what: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read the journey until this holds."""
        return self.adviser.wait_for(self.journey_id, what, holds)

    def until_stage(self, stage: str) -> None:
        """Wait until the journey is in this stage."""
        self.until(f"the stage {stage}", lambda seen: seen["stage"] == stage)
        self.narrate("system", f"journey {stage.replace('_', ' ')}")

    # --- the clients' steps ---

    def email(self, person: NewClient, template: str) -> dict[str, Any]:
        """Wait for an e-mail of this journey and return it."""
        found: dict[str, Any] = eventually(
            lambda: newest_email(self.around, person.email, template, self._first_email),
            f"the e-mail {template} to {person.label}",
        )
        return found

    def in_portal(self, person: NewClient, act: Callable[[ClientActor], None]) -> None:
        """Let a person act in a session of their own: the first time by the e-mail's link, later with the password."""
        with portal_visitor(self.around) as visitor:
            if person.email in self._known:
                visitor.sign_in(person.email)
                self.narrate("client", f"{person.label}: signed in again")
            else:
                visitor.enter(self.email(person, "account_created")["links"][0], person.email)
                self._known.add(person.email)
                self.narrate("client", f"{person.label}: followed the e-mail, chose a password")
            act(visitor)

    def finish(self, person: NewClient) -> None:
        """Let a person do everything that the portal asks for."""

        def act(visitor: ClientActor) -> None:
            visitor.do_everything(self.journey_id, lambda task: self.narrate("client", f"{person.label}: {task}"))
            done = f"{self.around.urls['portal']}/journeys/{self.journey_id}/confirmation"
            self.narrate("client", f"{person.label}, after signing in: {done}")

        self.in_portal(person, act)

    # --- what became of it ---

    def told(self) -> list[dict[str, str]]:
        """Return who was told what, in order."""
        return read_told(self.around, self.journey_id, self.cast, self._first_email)

    async def seen(self, *, emails: int) -> dict[str, Any]:
        """Return what both systems, the inbox and the engine say, once so many e-mails have come."""
        eventually(lambda: len(self.told()) >= emails, f"{emails} e-mails of this journey")
        workflow = f"journey-{self.journey_id}"
        stage, seconds = self.journey()["stage"], round(time.monotonic() - self._began, 2)
        return {
            "journey_id": self.journey_id,
            "workflow_id": workflow,
            "stage": stage,
            "plannr": read_plannr(self.around, self.journey_id, *[one.plannr_account for one in self.cast.people]),
            "platform": read_platform(self.around, self.journey_id, *[one.plannr_account for one in self.cast.people]),
            "emails": self.told(),
            "seconds": seconds,
            "history_events": await history_events(self.around, workflow),
        }


async def play(
    around: Surroundings, adviser: AdviserActor, name: str, script: Script, narrate: Narrate
) -> dict[str, Any]:
    """Play one journey to its active account and return what both systems, the inbox and the engine say of it."""
    journey = Play(around, adviser, script, narrate)
    journey.up_to_the_client()
    for person in journey.cast.acting:
        journey.finish(person)
    journey.until_stage("active")
    return {"wrapper": name, **await journey.seen(emails=len(script.emails))}


def is_as_the_rules_say(script: Script, seen: dict[str, Any]) -> bool:
    """Whether what was read back is what P10-P15 ask for."""
    emails = sorted((email["to_role"], email["template"]) for email in seen["emails"])
    each_once = len({tuple(email.values()) for email in seen["emails"]}) == len(seen["emails"])
    return (
        seen["stage"] == "active"
        and seen["plannr"] == {"application": "complete", "plan": "active", "linked": True}
        and seen["platform"] == {"client": "active", "account": "active"}
        and emails == sorted(script.emails)
        and each_once
    )


def person_ids(adviser: AdviserActor, journey_id: str) -> dict[str, str]:
    """Return what the journey calls each person, by their record in Plannr."""
    return {one["plannr_account"]: one["person_id"] for one in adviser.journey(journey_id)["holders"]}


def details_form(script: Script, cast: Cast, ids: dict[str, str]) -> dict[str, Any]:
    """Return the details form with what Plannr does not know (P7)."""
    return {"holders": [person_details_form(script, ids[one.plannr_account], one) for one in cast.people]}


def illustrate(adviser: AdviserActor, script: Script, cast: Cast) -> str:
    """Start a journey with an illustration and return its id once both systems have it (P10)."""
    journey_id = str(adviser.start(start_form(script, cast))["journey_id"])
    adviser.wait_for(
        journey_id, "the illustration", lambda seen: seen["waiting_on"] == "adviser" and not seen["needs_attention"]
    )
    return journey_id


def submit_details(adviser: AdviserActor, script: Script, cast: Cast, journey_id: str) -> None:
    """Save the details form and wait until both systems have it (P11)."""
    adviser.command(journey_id, "client-details", details_form(script, cast, person_ids(adviser, journey_id)))
    adviser.wait_for(
        journey_id,
        "the draft application",
        lambda seen: seen["details_submitted"] and seen["stage"] == "application_draft",
    )


def send_application(adviser: AdviserActor, script: Script, journey_id: str) -> None:
    """Send the account form to the platform and wait until the client is awaited (P12)."""
    adviser.command(journey_id, "application", application_form(script))
    adviser.wait_for(journey_id, "the pending account", lambda seen: seen["stage"] == "awaiting_client")
