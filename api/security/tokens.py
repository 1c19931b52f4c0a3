"""Verifies the tokens of one identity provider: the built-in issuer, or an external one found by OIDC discovery."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from api.problem_types import SYSTEM_UNAVAILABLE
from api.problems import Problem
from api.security.local_issuer import ALGORITHM, local_issuer, signing_key
from runtime.settings import Settings

_EXTERNAL_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "Ed25519"]
_KEYS_KEPT_SECONDS: Final = 600.0
_ROTATION_PAUSE_SECONDS: Final = 10.0
_LEEWAY_SECONDS: Final = 30

Claims = Mapping[str, Any]


class InvalidTokenError(Exception):
    """The token is forged, expired, or meant for someone else."""


class TokenVerifier(Protocol):
    """Tells a good token from a bad one."""

    async def claims(self, token: str) -> Claims:
        """Return what a good token says; raises InvalidTokenError."""


@dataclass(frozen=True, slots=True)
class NobodyVerifier:
    """Refuses every token, where no identity provider is set."""

    async def claims(self, token: str) -> Claims:  # noqa: ARG002 - the port's signature
        """Refuse."""
        raise InvalidTokenError


@dataclass(frozen=True, slots=True)
class LocalVerifier:
    """Verifies the built-in issuer's own tokens."""

    keys: KeySet
    issuer: str
    audience: str

    async def claims(self, token: str) -> Claims:
        """Return what a good token says; raises InvalidTokenError."""
        return _verified(token, self.keys, [ALGORITHM], self.issuer, self.audience)


class DiscoveredVerifier:
    """Verifies an external provider's tokens; its keys are fetched, kept for a while, and fetched anew for a new id.

    Args:
        issuer: The provider's issuer address.
        audience: Our own name at the provider.
        transport: Replaces the network.
    """

    def __init__(self, issuer: str, audience: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._issuer = issuer.rstrip("/")
        self._audience = audience
        self._transport = transport
        self._keys: KeySet | None = None
        self._fetched_at = 0.0

    async def claims(self, token: str) -> Claims:
        """Return what a good token says.

        Raises:
            InvalidTokenError: The token is not good.
            Problem: `system-unavailable`, when the provider's keys cannot be fetched.
        """
        age = time.monotonic() - self._fetched_at
        keys = self._keys
        kept_for = _KEYS_KEPT_SECONDS if keys is None or _knows(keys, token) else _ROTATION_PAUSE_SECONDS
        if keys is None or age > kept_for:
            keys = await self._fetch()
        return _verified(token, keys, _EXTERNAL_ALGORITHMS, self._issuer, self._audience)

    async def _fetch(self) -> KeySet:
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=5.0) as http:
                document = await provider_document(self._issuer, http)
                keys = KeySet.import_key_set((await http.get(document["jwks_uri"])).raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, JoseError) as error:
            raise provider_unavailable() from error
        self._keys, self._fetched_at = keys, time.monotonic()
        return keys


def token_verifier(settings: Settings) -> TokenVerifier:
    """Return the verifier of the identity provider that the settings name."""
    if settings.oidc_issuer is not None:
        return DiscoveredVerifier(settings.oidc_issuer, settings.oidc_audience)
    if settings.development_users:
        keys = KeySet([signing_key(settings)])
        return LocalVerifier(keys, local_issuer(settings), settings.oidc_audience)
    return NobodyVerifier()


def provider_unavailable() -> Problem:
    """Return the problem of a provider that does not answer, or not sensibly."""
    detail = "The identity provider does not answer at the moment, so nobody can be recognised."
    return Problem(SYSTEM_UNAVAILABLE, detail, headers={"Retry-After": "5"})


async def provider_document(issuer: str, http: httpx.AsyncClient) -> dict[str, Any]:
    """Return what a provider says of itself (OpenID Connect Discovery).

    Args:
        issuer: Its address, without a slash at the end.
        http: The network.

    Raises:
        httpx.HTTPError: It does not answer.
        ValueError: It is another issuer's document, or none.
        KeyError: It names no issuer.
    """
    found = (await http.get(f"{issuer}/.well-known/openid-configuration")).raise_for_status()
    document: dict[str, Any] = found.json()
    if document["issuer"].rstrip("/") != issuer:
        raise ValueError("the document is of another issuer")
    return document


def _knows(keys: KeySet, token: str) -> bool:
    try:
        return any(key.kid == _header_key_id(token) for key in keys.keys)
    except (ValueError, JoseError):
        return True


def _header_key_id(token: str) -> str | None:
    return extract_compact(token.encode()).headers().get("kid")


def _verified(token: str, keys: KeySet, algorithms: list[str], issuer: str, audience: str) -> Claims:
    try:
        decoded = jwt.decode(token, keys, algorithms=algorithms)
        registry = JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise InvalidTokenError from error
    return decoded.claims


def verify_refresh_token(settings: Settings, token: str, audience: str) -> str:
    """Return the user id of one of the built-in issuer's refresh tokens; raises InvalidTokenError."""
    keys = KeySet([signing_key(settings)])
    return str(_verified(token, keys, [ALGORITHM], local_issuer(settings), audience)["sub"])
