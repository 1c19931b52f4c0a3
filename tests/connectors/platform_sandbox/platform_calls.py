"""Calls on a platform sandbox, as a test writes them."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import SandboxConfig

CREDENTIAL = {"client_id": "onward", "client_secret": "correct horse"}
BANK_ACCOUNT = {"account_holder": "Ada Ashdown", "sort_code": "200000", "account_number": "55779911"}
MOMENT = "2026-11-23T10:00:00Z"
Json = dict[str, Any]


def person(reference: str = "ref-1", **changes: Any) -> Json:
    """Return the body of a complete individual, with an e-mail address of their own."""
    return {
        "external_reference": reference,
        "client_type": "individual",
        "title": "Ms",
        "first_name": "Ada",
        "last_name": "Ashdown",
        "date_of_birth": "1980-05-17",
        "email": f"{reference}@example.com",
        "mobile": "+447400123456",
        "national_insurance_number": "AB123456C",
        "nationalities": ["GB"],
        "tax_residences": [{"country": "GB", "tax_number": None}],
        "us_person": False,
        "address": {"country": "GB", "line1": "1 Mill Lane", "town_city": "Leeds", "postcode": "LS1 4AP"},
        "adviser_reference": "ADV-1",
        **changes,
    }


def account(reference: str, client_ids: list[str], wrapper: str = "isa", **changes: Any) -> Json:
    """Return the body of an account."""
    return {
        "external_reference": reference,
        "client_ids": client_ids,
        "wrapper": wrapper,
        "name": "Savings",
        "investment_strategy": {"name": "Balanced"},
        "contributions": [{"type": "regular", "amount_pence": 25_000, "frequency": "monthly"}],
        "charges": {"ongoing_basis_points": 50},
        "adviser_reference": "ADV-1",
        **changes,
    }


class Platform:
    """An authenticated caller.

    Args:
        http: A client whose base address is the sandbox.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def log_in(self) -> "Platform":
        """Get an access token and send it from now on."""
        answer = await self.http.post("/oauth/token", data={"grant_type": "client_credentials", **CREDENTIAL})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    async def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> httpx.Response:
        """Post a body, with an idempotency key if given."""
        return await self.http.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    async def get(self, path: str) -> Any:
        """Return the `data` of a path that answers 200."""
        return self.data(await self.http.get(path))

    async def create(self, path: str, body: Json) -> Any:
        """Return the `data` of a record that is created."""
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        return self.data(answer)

    async def act(self, path: str, body: Json | None = None) -> Any:
        """Return the `data` of an act that succeeds."""
        return self.data(await self.post(path, body))

    @staticmethod
    def data(answer: httpx.Response) -> Any:
        """Return the `data` of a successful answer, having looked at the envelope."""
        assert answer.is_success, answer.text
        body = answer.json()
        assert set(body) == {"data", "meta", "error"}
        assert body["error"] is None
        return body["data"]

    async def client(self, reference: str = "ref-1", **changes: Any) -> Any:
        """Register a person."""
        return await self.create("/clients", person(reference, **changes))

    async def submitted(self, reference: str = "ref-1", **changes: Any) -> Any:
        """Register and submit a person."""
        registered = await self.client(reference, **changes)
        return await self.act(f"/clients/{registered['id']}/submission")

    async def documents(self, query: str) -> list[Json]:
        """Return documents in force, as an acceptance names them."""
        found = await self.get(f"/documents?{query}")
        return [{"document_id": item["id"], "version": item["version"], "sha256": item["sha256"]} for item in found]

    async def platform_terms(self, evidence: str = "evidence-1", **changes: Any) -> Json:
        """Return the body of an acceptance of the platform terms in force."""
        meta = (await self.http.get("/documents?kind=platform_terms")).json()["meta"]
        return {
            "terms_version": meta["terms_version"],
            "documents": await self.documents("kind=platform_terms"),
            "accepted_at": MOMENT,
            "evidence_reference": evidence,
            **changes,
        }

    async def product_terms(self, client_id: str, wrapper: str, evidence: str = "evidence-2", **changes: Any) -> Json:
        """Return the body of an acceptance of a wrapper's product terms in force."""
        return {
            "client_id": client_id,
            "documents": await self.documents(f"kind=product_terms&wrapper={wrapper}"),
            "declaration_accepted": True,
            "accepted_at": MOMENT,
            "evidence_reference": evidence,
            **changes,
        }

    async def accept_everything(self, opened: Json) -> None:
        """Let every signatory of an account accept the platform and the product terms."""
        for signatory in opened["signatory_ids"]:
            await self.act(f"/clients/{signatory}/terms-acceptances", await self.platform_terms())
            terms = await self.product_terms(signatory, opened["wrapper"])
            await self.act(f"/accounts/{opened['id']}/product-terms-acceptances", terms)

    async def aml(self, client_id: str) -> str:
        """Return where a client's identity check stands."""
        return str((await self.get(f"/clients/{client_id}/verifications"))["aml"]["status"])

    async def bav(self, client_id: str) -> str:
        """Return where the verification of a client's bank account stands."""
        return str((await self.get(f"/clients/{client_id}/verifications"))["bav"]["status"])

    async def control(self, path: str, body: Json | None = None) -> Any:
        """Use one of the sandbox's controls."""
        answer = await self.http.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fault(self, kind: str, **order: Any) -> None:
        """Switch a fault on."""
        await self.control("faults", {"kind": kind, **order})

    async def log(self) -> list[Json]:
        """Return the delivery log, newest first."""
        found: list[Json] = (await self.http.get("/_sandbox/webhooks")).json()
        return found


@asynccontextmanager
async def running(config: SandboxConfig) -> AsyncIterator[Platform]:
    """Run a sandbox in process and give a caller that is logged in."""
    app = create_app(config)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://platform") as http,
    ):
        yield await Platform(http).log_in()


def refusal(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """Return a refusal's status, type and the types by field."""
    error = answer.json()["error"]
    assert answer.json()["data"] is None
    return answer.status_code, error["type"], {item["field"]: item["type"] for item in error["field_errors"]}


@dataclass
class Receiver(httpx.AsyncBaseTransport):
    """Receives webhooks in the place of the network; `answers` are the next statuses, then 202."""

    received: list[httpx.Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and answer."""
        await request.aread()
        self.received.append(request)
        return httpx.Response(self.answers.pop(0) if self.answers else 202)

    def events(self, event_type: str | None = None) -> list[Json]:
        """Return the bodies received, of one type if asked."""
        bodies: list[Json] = [json.loads(request.content) for request in self.received]
        return [body for body in bodies if event_type in (None, body["event_type"])]


def signatures(request: httpx.Request) -> tuple[int, list[str]]:
    """Return the time and the signatures of a webhook."""
    parts = [part.split("=", 1) for part in request.headers["Webhook-Signature"].split(",")]
    assert parts[0][0] == "t"
    assert {name for name, _ in parts[1:]} == {"v1"}
    return int(parts[0][1]), [value for _, value in parts[1:]]


def expected_signature(request: httpx.Request, secret: str) -> str:
    """Compute a webhook's signature from the contract's words."""
    t = request.headers["Webhook-Signature"].partition(",")[0].removeprefix("t=")
    return hmac.new(base64.b64decode(secret), t.encode() + b"." + request.content, "sha256").hexdigest()
