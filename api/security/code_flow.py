"""Signing advisers in at the firm's own identity provider: authorization code with PKCE, state and nonce."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types
from pydantic import BaseModel, ConfigDict

from api.security.tokens import (
    Claims,
    DiscoveredVerifier,
    InvalidTokenError,
    TokenVerifier,
    provider_document,
    provider_unavailable,
)
from runtime.settings import Settings

CALLBACK: Final = "/workbench/sign-in/callback"
_PATIENCE_SECONDS: Final = 5.0
_DENIED: Final = "Your firm's sign-in service did not let you in. If you did not stop it yourself, ask whoever runs it."
_NOT_GOOD: Final = "Your firm's sign-in service sent an answer that does not prove who you are. Sign in again."
_OTHER_ATTEMPT: Final = (
    "This answer of your firm's sign-in service belongs to another attempt, perhaps one in another tab. Sign in again."
)


class SignInRefusedError(Exception):
    """The provider's answer lets nobody in; the message is a sentence for the adviser."""


class SignInAttempt(BaseModel):
    """What the provider's answer is checked against, and where the adviser goes on to afterwards."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    state: str
    nonce: str
    code_verifier: str
    back: str
    kept: list[tuple[str, str]]


class CodeFlow:
    """The way through one provider.

    Args:
        settings: With `oidc_issuer` and `oidc_client_id`.
        access_tokens: Verifies the provider's access tokens, as the API does.
        transport: Replaces the network.
    """

    def __init__(
        self, settings: Settings, access_tokens: TokenVerifier, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._issuer = str(settings.oidc_issuer).rstrip("/")
        self._client_id = str(settings.oidc_client_id)
        self._secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        self._scope = settings.oidc_scope
        self._redirect_uri = settings.public_url.rstrip("/") + CALLBACK
        self._access_tokens = access_tokens
        self._id_tokens = DiscoveredVerifier(self._issuer, self._client_id, transport)
        self._transport = transport

    async def begin(self, back: str, kept: list[tuple[str, str]]) -> tuple[str, SignInAttempt]:
        """Return where the adviser signs in, and what their return is checked against.

        Raises:
            Problem: `system-unavailable`, when the provider does not answer.
        """
        attempt = SignInAttempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(64),
            back=back,
            kept=kept,
        )
        document = await self._document()
        address = prepare_grant_uri(
            document["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=self._scope,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.code_verifier),
            code_challenge_method="S256",
        )
        return str(address), attempt

    async def finish(self, attempt: SignInAttempt, answer: Mapping[str, str]) -> Claims:
        """Return what the provider says of whoever came back.

        Args:
            attempt: What `begin` returned.
            answer: The query that they came back with.

        Raises:
            SignInRefusedError: The answer is an error, of another attempt, or not to be trusted.
            Problem: `system-unavailable`, when the provider does not answer.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise SignInRefusedError(_OTHER_ATTEMPT)
        if "error" in answer or not answer.get("code"):
            raise SignInRefusedError(_DENIED)
        tokens = await self._tokens(attempt, answer["code"])
        try:
            identity = await self._id_tokens.claims(str(tokens.get("id_token", "")))
            access = await self._access_tokens.claims(str(tokens.get("access_token", "")))
        except InvalidTokenError as error:
            raise SignInRefusedError(_NOT_GOOD) from error
        of_this_attempt = hmac.compare_digest(str(identity.get("nonce", "")).encode(), attempt.nonce.encode())
        if not of_this_attempt or identity["sub"] != access["sub"]:
            raise SignInRefusedError(_NOT_GOOD)
        # What someone may do is said by the access token alone.
        return {**identity, **access, "scope": access.get("scope", "")}

    async def _tokens(self, attempt: SignInAttempt, code: str) -> dict[str, Any]:
        document = await self._document()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": attempt.code_verifier,
        }
        ways = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth: httpx.Auth = httpx.Auth()
        if self._secret is not None and "client_secret_basic" in ways:
            # Both are spelt as in a form first (RFC 6749, 2.3.1).
            auth = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(self._secret))
        elif self._secret is not None:
            form["client_secret"] = self._secret
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_PATIENCE_SECONDS) as http:
                answer = await http.post(document["token_endpoint"], data=form, auth=auth)
            if answer.is_client_error:
                raise SignInRefusedError(_NOT_GOOD)
            found = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise provider_unavailable() from error
        if not isinstance(found, dict):
            raise SignInRefusedError(_NOT_GOOD)
        return found

    async def _document(self) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_PATIENCE_SECONDS) as http:
                document = await provider_document(self._issuer, http)
            _ = document["authorization_endpoint"], document["token_endpoint"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise provider_unavailable() from error
        return document


def code_flow(settings: Settings, access_tokens: TokenVerifier) -> CodeFlow | None:
    """Return the way through the provider that the settings name; None where they name none for the workbench."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    return CodeFlow(settings, access_tokens)
