"""Who may ask: tokens of the built-in issuer and of an external provider, narrowed to the firm."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from temporalio.client import Client

from api.problems import Problem
from api.security import tokens
from api.security.local_issuer import ALGORITHM, issue_tokens, local_issuer, signing_key
from api.security.tokens import DiscoveredVerifier, InvalidTokenError
from tests.api.office import (
    JOURNEYS,
    PASSWORD,
    PRIYA,
    PUBLIC_URL,
    STRANGER,
    Office,
    expect_problem,
    open_office,
    settings,
)

ISSUER = "https://login.example.com"


def token(**changes: object) -> str:
    """Return an access token of the built-in issuer, some of its claims changed or (None) left out."""
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": local_issuer(settings()),
        "aud": "onward",
        "sub": PRIYA.id,
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "firm": PRIYA.firm,
        "email": PRIYA.email,
        "given_name": "Priya",
        "name": "Priya Shah",
        "plannr_account": "employee-1",
        "scope": "journeys:read journeys:write",
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    key = signing_key(settings())
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


async def asked_with(office: Office, access_token: str | None) -> httpx.Response:
    """Ask for the journeys with this token."""
    headers = {"Authorization": f"Bearer {access_token}"} if access_token is not None else {"Authorization": ""}
    return await office.http.get(JOURNEYS, headers=headers)


async def test_development_user_signs_in(office: Office) -> None:
    """The token endpoint gives a development user a token that works, and a refresh token that renews it."""
    form = {"grant_type": "password", "username": PRIYA.email.upper(), "password": PASSWORD}
    first = await office.http.post("/oidc/token", data=form)
    renewal = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    second = await office.http.post("/oidc/token", data=renewal)

    assert (await asked_with(office, first.json()["access_token"])).status_code == 200
    assert (await asked_with(office, second.json()["access_token"])).status_code == 200
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password", "username": PRIYA.email, "password": "wrong"},
        {"grant_type": "password", "username": "nobody@example.com", "password": PASSWORD},
        {"grant_type": "password"},
        {"grant_type": "refresh_token", "refresh_token": "nonsense"},
    ],
)
async def test_wrong_credentials_get_no_token(office: Office, form: dict[str, str]) -> None:
    """Wrong credentials of any kind get one answer, which OAuth libraries understand."""
    body = expect_problem(await office.http.post("/oidc/token", data=form), "credentials-wrong", 401)

    assert body["error"] == "invalid_grant"


async def test_guessing_is_slowed_down(office: Office) -> None:
    """After ten wrong passwords in a minute an address has to wait."""
    form = {"grant_type": "password", "username": PRIYA.email, "password": "wrong"}
    for _ in range(10):
        await office.http.post("/oidc/token", data=form)
    answer = await office.http.post("/oidc/token", data=form)

    expect_problem(answer, "rate-limited", 429)
    assert int(answer.headers["Retry-After"]) > 0


async def test_issuer_describes_itself(office: Office) -> None:
    """Discovery leads to the public key alone."""
    configuration = await office.get("/oidc/.well-known/openid-configuration")
    (key,) = (await office.get("/oidc/jwks.json"))["keys"]

    assert configuration["issuer"] == f"{PUBLIC_URL}/oidc"
    assert "d" not in key
    assert KeySet.import_key_set({"keys": [key]}).keys[0].kid == signing_key(settings()).kid


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "nonsense",
        token(exp=int(datetime.now(UTC).timestamp()) - 3600),
        token(exp=None),
        token(aud="somebody-else"),
        token(iss="https://evil.example.com"),
        token(sub=None),
        token()[:-4] + "AAAA",
        issue_tokens(settings(), PRIYA, datetime.now(UTC))["refresh_token"],
        jwt.encode({"alg": "HS256"}, {"sub": PRIYA.id}, OctKey.import_key("k" * 32)),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJoYXJib3VyLXByaXlhIn0.",
    ],
)
async def test_bad_tokens_are_refused(office: Office, bad: str | None) -> None:
    """A token that is absent, forged, expired or meant for something else opens nothing."""
    answer = await asked_with(office, bad)

    expect_problem(answer, "sign-in-required", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_scope_to_read_does_not_let_write(office: Office) -> None:
    """A token with the reading scope alone reads, and starts nothing."""
    reader = token(scope="journeys:read")
    answer = await office.post(JOURNEYS, office.form(), Authorization=f"Bearer {reader}")

    assert (await asked_with(office, reader)).status_code == 200
    body = expect_problem(answer, "not-permitted", 403)
    assert "journeys:write" in body["detail"]
    assert office.writes == []


@pytest.mark.parametrize("changes", [{"scope": None}, {"firm": None}, {"firm": "unknown"}, {"plannr_account": None}])
async def test_tokens_that_say_too_little_are_refused(office: Office, changes: dict[str, None]) -> None:
    """A good token without scope, firm, or the adviser's Plannr account opens nothing."""
    expect_problem(await asked_with(office, token(**changes)), "not-permitted", 403)


async def test_every_route_of_the_api_asks_who_is_there(office: Office) -> None:
    """No route under /api/v1 answers without a token."""
    paths = office.app.openapi()["paths"]
    asked = [(method, path) for path in paths for method in paths[path] if path.startswith("/api/v1")]
    assert len(asked) >= 11
    for method, path in asked:
        answer = await office.http.request(
            method, path.replace("{journey_id}", "j"), json={}, headers={"Authorization": "", "Idempotency-Key": "k"}
        )
        expect_problem(answer, "sign-in-required", 401)


@pytest.mark.parametrize("part", ["", "/client-details", "/emails", "/documents", "/evidence", "/events"])
async def test_other_firms_do_not_exist(busy_office: Office, part: str) -> None:
    """An adviser of another firm gets 404 for everything that can be read of a journey."""
    journey = await busy_office.start()
    answer = await busy_office.http.get(f"{JOURNEYS}/{journey}{part}", headers=busy_office.as_user(STRANGER))

    expect_problem(answer, "journey-not-found", 404)
    assert (await busy_office.http.get(JOURNEYS, headers=busy_office.as_user(STRANGER))).json()["journeys"] == []


async def test_without_development_users_the_issuer_is_absent(
    adviser_temporal: Client, migrated_database: Path, tmp_path: Path
) -> None:
    """In production the built-in issuer answers nothing, and its tokens open nothing."""
    async with open_office(adviser_temporal, migrated_database, tmp_path, development_users=[]) as office:
        answer = await office.http.post("/oidc/token", data={"grant_type": "password"})

        expect_problem(answer, "not-found", 404)
        expect_problem(await asked_with(office, token()), "sign-in-required", 401)


class Provider:
    """An external identity provider behind a transport."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.issuer = ISSUER
        self.fetched = 0
        self.down = False

    def token(self, **changes: object) -> str:
        """Return a token of this provider."""
        claims = {"iss": ISSUER, "aud": "onward", "sub": "a", "exp": int(datetime.now(UTC).timestamp()) + 60}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, {**claims, **changes}, self.key)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer discovery and keys."""
        if self.down:
            return httpx.Response(503)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": f"{ISSUER}/keys"})
        self.fetched += 1
        return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})


@pytest.fixture
def provider() -> Provider:
    """Return an external provider."""
    return Provider()


@pytest.fixture
def verifier(provider: Provider) -> DiscoveredVerifier:
    """Return the verifier of that provider's tokens."""
    return DiscoveredVerifier(ISSUER, "onward", httpx.MockTransport(provider))


async def test_external_provider_is_found_by_discovery(provider: Provider, verifier: DiscoveredVerifier) -> None:
    """Tokens of an external provider verify with the keys that discovery leads to, fetched once."""
    assert (await verifier.claims(provider.token()))["sub"] == "a"
    assert (await verifier.claims(provider.token(sub="b")))["sub"] == "b"
    assert provider.fetched == 1


async def test_rotated_keys_are_fetched_again(
    provider: Provider, verifier: DiscoveredVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token with a key id not seen before makes the keys be fetched again, though not on every forged token."""
    await verifier.claims(provider.token())
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    with pytest.raises(InvalidTokenError):
        await verifier.claims(provider.token())
    assert provider.fetched == 1
    monkeypatch.setattr(tokens, "_ROTATION_PAUSE_SECONDS", -1.0)

    assert (await verifier.claims(provider.token()))["sub"] == "a"
    assert provider.fetched == 2


async def test_document_of_another_issuer_is_refused(provider: Provider, verifier: DiscoveredVerifier) -> None:
    """A discovery document that names another issuer is not trusted."""
    provider.issuer = "https://evil.example.com"
    with pytest.raises(Problem) as refused:
        await verifier.claims(provider.token())

    assert refused.value.problem_type.slug == "system-unavailable"


async def test_provider_that_is_down_is_nobodys_wrong_token(provider: Provider, verifier: DiscoveredVerifier) -> None:
    """While the provider is down the answer is 503, not that the token is wrong."""
    provider.down = True
    with pytest.raises(Problem) as refused:
        await verifier.claims(provider.token())

    assert refused.value.problem_type.status == 503
