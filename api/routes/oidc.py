"""The built-in identity provider's endpoints, there only where development users are set."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request

from api.dependencies import NowDep, ServicesDep
from api.problem_types import CREDENTIALS_WRONG, INVALID_REQUEST, RATE_LIMITED, ProblemType
from api.problems import Problem, responses
from api.security.attempts import SignInLimits
from api.security.local_issuer import (
    ALGORITHM,
    SCOPE,
    development_user,
    issue_tokens,
    local_issuer,
    refresh_audience,
    signing_key,
)
from api.security.tokens import InvalidTokenError, verify_refresh_token
from models.schemas.oidc import TokenAnswer
from runtime.settings import DevelopmentUser, Settings


def build_router(limits: SignInLimits) -> APIRouter:
    """Return the routes around a count of failed attempts."""
    router = APIRouter(prefix="/oidc", tags=["sign in"])

    @router.get("/.well-known/openid-configuration")
    async def openid_configuration(services: ServicesDep) -> dict[str, Any]:
        """Describe the built-in issuer (OpenID Connect Discovery)."""
        issuer = local_issuer(services.settings)
        return {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks.json",
            "grant_types_supported": ["password", "refresh_token"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "scopes_supported": SCOPE.split(),
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    @router.get("/jwks.json")
    async def jwks(services: ServicesDep) -> dict[str, Any]:
        """Return the key that verifies the built-in issuer's tokens."""
        return {"keys": [signing_key(services.settings).as_dict(private=False)]}

    @router.post("/token", responses=responses(CREDENTIALS_WRONG, INVALID_REQUEST, RATE_LIMITED))
    async def token(
        request: Request,
        services: ServicesDep,
        now: NowDep,
        *,
        grant_type: Annotated[Literal["password", "refresh_token"], Form()],
        username: Annotated[str, Form(max_length=254)] = "",
        password: Annotated[str, Form(max_length=200)] = "",
        refresh_token: Annotated[str, Form(max_length=4000)] = "",
    ) -> TokenAnswer:
        """Sign a development user in, or renew their token."""
        limits.refuse_guessing(request)
        if grant_type == "password":
            user = development_user(services.settings, username, password)
        else:
            user = _renewing(services.settings, refresh_token)
        if user is None:
            limits.count_failure(request)
            raise _refused(CREDENTIALS_WRONG)
        return TokenAnswer.model_validate(issue_tokens(services.settings, user, now))

    return router


def _renewing(settings: Settings, refresh_token: str) -> DevelopmentUser | None:
    try:
        user_id = verify_refresh_token(settings, refresh_token, refresh_audience(settings))
    except InvalidTokenError:
        return None
    return next((user for user in settings.development_users if user.id == user_id), None)


def _refused(kind: ProblemType) -> Problem:
    # `error` is what OAuth libraries look for (RFC 6749, 5.2).
    return Problem(kind, extra={"error": "invalid_grant"})
