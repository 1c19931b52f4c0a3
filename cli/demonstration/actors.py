"""The two people of a journey, each with nothing but their own access: a bearer token, and a browser-like session."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx

from cli.demonstration.surroundings import (
    PATIENCE,
    DemonstrationFailed,
    Surroundings,
    answered,
    checked,
    patiently,
)

PASSWORD = "lantern orchid pebble quilt"  # noqa: S105 - a password for clients that exist only on this machine


def eventually(look: Callable[[], Any], what: str, patience: timedelta = PATIENCE) -> Any:
    """Return the first truthy answer; ends the demonstration when there is none in time."""
    deadline = time.monotonic() + patience.total_seconds()
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise DemonstrationFailed(f"waited {patience.seconds} s in vain for {what}")
        time.sleep(0.1)
    return seen


class AdviserActor:
    """An adviser who works with `/api/v1`."""

    def __init__(self, http: httpx.Client) -> None:
        """Work through a session that carries the bearer token."""
        self.http = http

    def start(self, body: dict[str, object]) -> dict[str, Any]:
        """Start a journey."""
        return self._post("/api/v1/journeys", body, key=f"start-{body['external_reference']}-{body['wrapper']}")

    def journey(self, journey_id: str) -> dict[str, Any]:
        """Read the journey."""
        return patiently(lambda: self.http.get(f"/api/v1/journeys/{journey_id}"))

    def command(self, journey_id: str, command: str, body: dict[str, object], *, attempt: int = 1) -> dict[str, Any]:
        """Give a command, once per attempt."""
        return self._post(f"/api/v1/journeys/{journey_id}/{command}", body, key=f"{command}-{journey_id}-{attempt}")

    def preview(self, journey_id: str, amendment: dict[str, object]) -> dict[str, Any]:
        """Ask what an amendment would change and void; nothing is saved (P44)."""
        return self._post(f"/api/v1/journeys/{journey_id}/amendments?preview=true", amendment, key=f"p-{journey_id}")

    def refused_start(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for a journey that must be refused, and return the problem that says why."""
        key = {"Idempotency-Key": f"start-{body['external_reference']}-{body['wrapper']}"}
        answer = self.http.post("/api/v1/journeys", json=body, headers=key)
        if answer.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise DemonstrationFailed(f"asking for {body['wrapper']} was answered {answer.status_code}, not refused")
        problem: dict[str, Any] = answer.json()
        return problem

    def wait_for(
        self, journey_id: str, what: str, holds: Callable[[dict[str, Any]], bool], patience: timedelta = PATIENCE
    ) -> dict[str, Any]:
        """Read the journey until this holds."""

        def look() -> dict[str, Any] | None:
            seen = self.journey(journey_id)
            return seen if holds(seen) else None

        found: dict[str, Any] = eventually(look, what, patience)
        return found

    def _post(self, path: str, body: dict[str, object], *, key: str) -> dict[str, Any]:
        return patiently(lambda: self.http.post(path, json=body, headers={"Idempotency-Key": key}))


class ClientActor:
    """A client who got an e-mail and works with `/portal/api`."""

    def __init__(self, http: httpx.Client) -> None:
        """Work through a session that keeps cookies."""
        self.http = http

    def enter(self, link: str, email: str) -> None:
        """Follow the e-mail's link: the first time set a password, later sign in with it."""
        token = link.rsplit("/invitations/", 1)[-1] if "/invitations/" in link else None
        if token is None:
            self.sign_in(email)
            return
        checked(self.http.get(f"/portal/api/invitations/{token}"))
        checked(self.http.post("/portal/api/password", json={"token": token, "password": PASSWORD}))

    def sign_in(self, email: str) -> None:
        """Sign in with the password that was chosen before."""
        checked(self.http.post("/portal/api/sessions", json={"email": email, "password": PASSWORD}))

    def decline(self, journey_id: str) -> None:
        """Decline the account, for everybody (P27, P30)."""
        self._act(journey_id, "decline", {"confirm": True})

    def journey(self, journey_id: str) -> dict[str, Any]:
        """Read one's own journey."""
        return patiently(lambda: self.http.get(f"/portal/api/journeys/{journey_id}"))

    def do_everything(self, journey_id: str, narrate: Callable[[str], None]) -> list[str]:
        """Take the portal's next task until there is none, and return what was done in order (P26)."""
        done: list[str] = []
        while (task := self.journey(journey_id)["next_task"]) is not None:
            if task in done:
                raise DemonstrationFailed(f"the portal asks for {task} again after it was done")
            self.do(task, journey_id)
            narrate(task.replace("_", " "))
            done.append(task)
        return done

    def do(self, task: str, journey_id: str) -> None:
        """Do one of the portal's tasks."""
        getattr(self, f"_{task}")(journey_id)

    def _details(self, journey_id: str) -> None:
        self._act(journey_id, "details", {})

    def _direct_debit_mandate(self, journey_id: str) -> None:
        shown = patiently(lambda: self.http.get(f"/portal/api/journeys/{journey_id}/direct-debit-mandate"))
        guarantee: Any = shown["guarantee"]
        answer = {"sole_signatory": True, "guarantee_version": guarantee["version"]}
        self._act(journey_id, "direct-debit-mandate", answer)

    def _platform_terms(self, journey_id: str) -> None:
        self._accept(journey_id, "platform_terms")

    def _product_terms(self, journey_id: str) -> None:
        self._accept(journey_id, "product_terms")

    def open_documents(self, journey_id: str, kind: str) -> list[dict[str, object]]:
        """Open and read every document of the platform terms or the product terms; return id and version of each."""
        documents = [document for document in self.journey(journey_id)["documents"] if document["kind"] == kind]
        for document in documents:
            opened = self._act(
                journey_id, f"documents/{document['document_id']}/open", {"version": document["version"]}
            )
            self._read(str(opened["content_url"]))
        return [{"document_id": document["document_id"], "version": document["version"]} for document in documents]

    def accept(self, journey_id: str, kind: str, documents: list[dict[str, object]]) -> httpx.Response:
        """Tick the box, and the declaration where there is one; return the portal's answer."""
        terms = next(terms for terms in self.journey(journey_id)["terms"] if terms["kind"] == kind)
        body: dict[str, object] = {"documents": documents, "accepted": True}
        if terms["declaration_version"] is not None:
            body |= {"declaration_accepted": True, "declaration_version": terms["declaration_version"]}
        return self.http.post(f"/portal/api/journeys/{journey_id}/{kind.replace('_', '-')}", json=body)

    def _accept(self, journey_id: str, kind: str) -> None:
        documents = self.open_documents(journey_id, kind)
        patiently(lambda: self.accept(journey_id, kind, documents))

    def _read(self, content_url: str) -> None:
        answered(lambda: self.http.get(content_url)).raise_for_status()

    def _act(self, journey_id: str, act: str, body: dict[str, object]) -> dict[str, object]:
        return patiently(lambda: self.http.post(f"/portal/api/journeys/{journey_id}/{act}", json=body))


@contextmanager
def signed_in_adviser(around: Surroundings, email: str | None = None) -> Iterator[AdviserActor]:
    """Sign an adviser in with the built-in issuer: the one of the surroundings, or another with the same password."""
    with httpx.Client(base_url=around.urls["api"], timeout=30) as http:
        username = email or around.adviser_email
        form = {"grant_type": "password", "username": username, "password": around.adviser_password}
        token = checked(http.post("/oidc/token", data=form))["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield AdviserActor(http)


@contextmanager
def portal_visitor(around: Surroundings) -> Iterator[ClientActor]:
    """Open a fresh browser-like session with the portal."""
    with httpx.Client(base_url=around.urls["api"], timeout=30) as http:
        yield ClientActor(http)
