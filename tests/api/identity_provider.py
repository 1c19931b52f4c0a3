"""A firm's identity provider: a real OpenID Connect server with signed tokens, PKCE, and answers that can go wrong."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.api.office import PRIYA
from tests.connectors.platform.running_platform import serving

CLIENT_ID, SECRET, AUDIENCE = "onward-workbench", "the provider's client secret: %&", "onward"


@dataclass
class IdentityProvider:
    """Signs Priya in at once, as it would someone who has a session there.

    Attributes:
        identity: Claims of the id token that differ from what they should be; None leaves one out.
        access: The same of the access token.
        denied: The adviser presses *cancel*.
        down: Nothing answers but the pages that are open.
    """

    issuer: str = ""
    identity: dict[str, object] = field(default_factory=dict)
    access: dict[str, object] = field(default_factory=dict)
    denied: bool = False
    down: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    requests: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, audience: str, changes: dict[str, object], **claims: object) -> str:
        """Return a signed token."""
        usual = {
            "iss": self.issuer,
            "aud": audience,
            "sub": PRIYA.id,
            "exp": int(datetime.now(UTC).timestamp()) + 60,
        }
        said = {name: value for name, value in {**usual, **claims, **changes}.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, self.key)

    def tokens(self, asked: dict[str, str]) -> dict[str, Any]:
        """Return the answer of the token endpoint."""
        identity = {"nonce": asked["nonce"], "email": PRIYA.email, "given_name": "Priya", "name": "Priya Shah"}
        access = {"firm": PRIYA.firm, "plannr_account": PRIYA.plannr_account, "scope": asked["scope"]}
        return {
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.token(CLIENT_ID, self.identity, **identity),
            "access_token": self.token(AUDIENCE, self.access, **access),
        }


def provider_app(provider: IdentityProvider) -> FastAPI:
    """Return the provider's server."""
    app = FastAPI(openapi_url=None)

    @app.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        if provider.down:
            raise HTTPException(503)
        return {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys",
        }

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    async def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        provider.requests.append(asked)
        if provider.denied:
            answer = {"error": "access_denied", "state": asked["state"]}
        else:
            answer = {"code": secrets.token_urlsafe(16), "state": asked["state"]}
            provider.codes[answer["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    @app.post("/token", response_model=None)
    async def token(
        request: Request,
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        grant_type: Annotated[str, Form()],
    ) -> dict[str, Any] | JSONResponse:
        asked = provider.codes.pop(code, None)
        expected = urlencode({CLIENT_ID: SECRET}).replace("=", ":", 1)
        known = request.headers.get("authorization") == "Basic " + base64.b64encode(expected.encode()).decode()
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or not known
            or grant_type != "authorization_code"
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != redirect_uri
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return provider.tokens(asked)

    return app


@asynccontextmanager
async def running_provider() -> AsyncIterator[IdentityProvider]:
    """Yield a provider that is served on a port of its own."""
    provider = IdentityProvider()
    async with serving(provider_app(provider)) as address:
        provider.issuer = address
        yield provider
