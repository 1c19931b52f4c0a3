"""A running Onward seen from outside: its people, its two systems, its inbox, and the switches for faults."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from api.problem_types import PROBLEM_TYPES
from cli.demonstration.actors import AdviserActor, ClientActor, eventually, portal_visitor
from cli.demonstration.journey import details_form, illustrate, person_ids, send_application, submit_details
from cli.demonstration.people import Cast, NewClient, new_client
from cli.demonstration.readback import newest_email, newest_email_number, read_emails, read_plannr, read_platform
from cli.demonstration.scripts import SCRIPTS, Script, application_form, start_form
from cli.demonstration.surroundings import PATIENCE, Surroundings, checked
from cli.stack import Stack

ISA, GIA = SCRIPTS["isa"], SCRIPTS["gia"]
PLANNR, PLATFORM, INBOX = "plannr", "platform", "inbox"
_UNSETTLED = {"pending", "pending_submission"}
# Made by the API at its start and looked after by itself, whatever any journey does.
_NO_RECORDS = {"webhook_subscription"}


@dataclass
class World:
    """Onward with both systems, as its people meet it."""

    stack: Stack
    around: Surroundings = field(repr=False)
    adviser: AdviserActor

    def sandbox(self, system: str) -> httpx.Client:
        """Return a session with the controls of one of the sandboxes."""
        return httpx.Client(base_url=self.around.urls[system].removesuffix("/dev/inbox"), timeout=20)

    def control(self, system: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Use a control of a sandbox and return what it says."""
        with self.sandbox(system) as session:
            answer = session.request(method, f"/_sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    @contextmanager
    def fault(self, system: str, kind: str, **order: object) -> Iterator[None]:
        """Switch a fault on, and all faults of the system off in the end."""
        self.control(system, "POST", "faults", {"kind": kind, **order})
        try:
            yield
        finally:
            self.control(system, "DELETE", "faults")

    def struck(self, system: str) -> int:
        """Return how often the faults of a system have struck."""
        faults = self.control(system, "GET", "faults")
        listed: list[dict[str, Any]] = faults["faults"] if isinstance(faults, dict) else faults
        return sum(
            sum(fault["struck"].values()) if isinstance(fault["struck"], dict) else fault["struck"] for fault in listed
        )

    def records(self) -> dict[str, Any]:
        """Return every record of both systems, once the platform has finished what it does by itself."""
        found: dict[str, Any] = eventually(self._settled_platform, "the platform's checks and deliveries")
        plannr = self.control(PLANNR, "GET", "state?full=1")["records"]
        return {**found, **{kind: rows for kind, rows in plannr.items() if kind not in _NO_RECORDS}}

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Check that both systems hold the very same records afterwards."""
        before = self.records()
        yield
        after = self.records()
        changed = [kind for kind in before.keys() | after.keys() if before.get(kind) != after.get(kind)]
        assert changed == [], f"changed: {changed}"

    def _settled_platform(self) -> dict[str, Any] | None:
        state = self.control(PLATFORM, "GET", "state?full=1")
        checks = [check["status"] for client in state["clients"] for check in client["verifications"].values()]
        mandates = [mandate["status"] for mandate in state["mandates"]]
        if _UNSETTLED.intersection(checks + mandates):
            return None
        return {kind: state[kind] for kind in ("clients", "accounts", "illustrations", "mandates", "documents")}

    def email_number(self) -> int:
        """Return the number of the newest e-mail."""
        return newest_email_number(self.around)

    def case(self, script: Script = ISA) -> "Case":
        """Return a new client and the journey they are about to make."""
        return Case(self, script, new_client(self.around))

    def waiting(self, script: Script = ISA) -> "Case":
        """Return a journey that waits for its client, every check passed."""
        case = self.case(script)
        case.illustrate()
        case.submit_details()
        case.send_application()
        case.until(
            "the checks", lambda seen: all(gate["met"] for gate in seen["gates"] if gate["awaited_from"] == "platform")
        )
        return case


@dataclass
class Case:
    """One client's journey."""

    world: World
    script: Script
    client: NewClient
    journey_id: str = ""

    @property
    def path(self) -> str:
        """The journey's address for advisers."""
        return f"/api/v1/journeys/{self.journey_id}"

    @property
    def cast(self) -> Cast:
        """The client as the only party."""
        return Cast((self.client,))

    @property
    def portal_path(self) -> str:
        """The journey's address for its client."""
        return f"/portal/api/journeys/{self.journey_id}"

    @property
    def person(self) -> str:
        """The client's id on the journey."""
        return str(self.journey()["holders"][0]["person_id"])

    def illustrate(self) -> None:
        """P10."""
        self.journey_id = illustrate(self.world.adviser, self.script, self.cast)

    def submit_details(self) -> None:
        """P11."""
        submit_details(self.world.adviser, self.script, self.cast, self.journey_id)

    def send_application(self) -> None:
        """P12."""
        send_application(self.world.adviser, self.script, self.journey_id)

    def start(self, *, key: str = "bare", illustrated: bool = True, **changes: object) -> httpx.Response:
        """Ask for the journey under a key of its own and return the bare answer."""
        form = start_form(self.script, self.cast, illustrated=illustrated) | changes
        headers = {"Idempotency-Key": f"{key}-{self.client.plannr_account}-{form['wrapper']}-{illustrated}"}
        return self.world.adviser.http.post("/api/v1/journeys", json=form, headers=headers)

    def command(self, command: str, body: object, **headers: str) -> httpx.Response:
        """Give a command under a key of its own and return the bare answer."""
        key = {"Idempotency-Key": f"{command}-{self.journey_id}-bare"}
        return self.world.adviser.http.post(f"{self.path}/{command}", json=body, headers=key | headers)

    def details(self, **details: object) -> dict[str, Any]:
        """Return the details form with these details in place of the usual ones, or of the bank details."""
        form = details_form(self.script, self.cast, person_ids(self.world.adviser, self.journey_id))
        holder = form["holders"][0]
        for name, value in details.items():
            holder["bank_details" if name in holder["bank_details"] else "details"][name] = value
        return form

    def application(self, *, send_to_platform: bool = True) -> dict[str, Any]:
        """Return the account form."""
        return application_form(self.script, send_to_platform=send_to_platform)

    def journey(self) -> dict[str, Any]:
        """Read the journey as its adviser."""
        return self.world.adviser.journey(self.journey_id)

    def until(
        self, what: str, holds: Callable[[dict[str, Any]], bool], patience: timedelta = PATIENCE
    ) -> dict[str, Any]:
        """Read the journey until this holds."""
        return self.world.adviser.wait_for(self.journey_id, what, holds, patience)

    def link(self, template: str = "account_created", since: int = 0) -> str:
        """Return the link of the client's newest e-mail of this kind."""
        email = eventually(
            lambda: newest_email(self.world.around, self.client.email, template, since), f"the e-mail {template}"
        )
        return str(email["links"][0])

    @contextmanager
    def portal(self) -> Iterator[ClientActor]:
        """Follow the newest e-mail into the portal."""
        with portal_visitor(self.world.around) as visitor:
            visitor.enter(self.link(), self.client.email)
            yield visitor

    def finish(self) -> dict[str, Any]:
        """Do everything the client is asked for and wait for the open account."""
        with self.portal() as visitor:
            visitor.do_everything(self.journey_id, lambda _: None)
        return self.until_active()

    def until_active(self) -> dict[str, Any]:
        """Wait for the open account."""
        return self.until("the open account", lambda seen: seen["stage"] == "active")

    def evidence(self) -> list[dict[str, Any]]:
        """Return what the client did, as it was recorded."""
        kept: list[dict[str, Any]] = self.world.adviser.http.get(f"{self.path}/evidence").json()["evidence"]
        return kept

    def emails(self) -> list[tuple[str, str]]:
        """Return who was told what, in order, as the inbox has it."""
        told = read_emails(self.world.around, self.journey_id, self.client.email, 0)
        return [(email["to_role"], email["template"]) for email in told]

    def message_ids(self) -> list[str]:
        """Return the Message-ID of each e-mail the client got, in order."""
        with self.world.around.inbox() as inbox:
            messages = inbox.get("/dev/inbox/messages", params={"to": self.client.email}).json()
        return [message["message_id"] for message in reversed(messages)]

    def in_plannr(self) -> dict[str, object]:
        """Return application, plan and link as Plannr has them."""
        return read_plannr(self.world.around, self.journey_id, self.client.plannr_account)

    def in_platform(self) -> dict[str, object]:
        """Return client and account as the platform has them."""
        return read_platform(self.world.around, self.journey_id, self.client.plannr_account)

    def mandates(self) -> list[str]:
        """Return the status of each mandate of this journey's account."""
        account = self.journey()["records"]["platform_account"]
        with self.world.around.platform() as platform:
            found: Any = checked(platform.get("/mandates", params={"account_id": account}))["data"]
        return [mandate["status"] for mandate in found]

    def illustrations(self) -> tuple[int, int]:
        """Return how many illustrations Plannr and the platform have of this client."""
        with self.world.around.plannr() as plannr:
            there: Any = checked(plannr.get(f"/api/v1/client/{self.client.plannr_account}/illustrations"))["data"]
        client = self.journey()["holders"][0]["platform_client"]
        with self.world.around.platform() as platform:
            here: Any = checked(platform.get("/illustrations", params={"client_id": client}))["data"]
        return len(there), len(here)

    def assert_complete(self) -> None:
        """Check that both systems and the inbox have exactly what P10 to P15 ask for, once each."""
        eventually(lambda: len(self.emails()) >= len(self.script.emails), "the last e-mail")
        assert sorted(self.emails()) == sorted(self.script.emails)
        assert self.in_plannr() == {"application": "complete", "plan": "active", "linked": True}
        assert self.in_platform() == {"client": "active", "account": "active"}
        assert self.illustrations() == (1, 1)
        if self.script.direct_debit:
            eventually(lambda: self.mandates() == ["active"], "the active mandate")
        else:
            assert self.mandates() == []


def checks_passed(seen: dict[str, Any]) -> bool:
    """Tell whether a journey waits for no check of the platform."""
    return all(gate["met"] for gate in seen["gates"] if gate["awaited_from"] == "platform")


def expect_problem(answer: httpx.Response, slug: str) -> dict[str, Any]:
    """Check that an answer is this problem: type with a page of its own, title, status, what to do; return it."""
    body: dict[str, Any] = answer.json()
    kind = PROBLEM_TYPES[slug]
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert body["type"].endswith(f"/problems/{slug}"), answer.text
    assert (answer.status_code, body["status"]) == (kind.status, kind.status)
    assert (body["title"], body["what_to_do"]) == (kind.title, kind.what_to_do)
    page = httpx.get(body["type"], headers={"Accept": "text/html"})
    assert page.status_code == httpx.codes.OK
    assert "What to do" in page.text
    return body
