"""The adviser behind a request: a bearer token of the identity provider, narrowed to their own firm."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from api.dependencies import ServicesDep
from api.problem_types import NOT_PERMITTED, SIGN_IN_REQUIRED
from api.problems import Problem
from api.security.tokens import Claims, InvalidTokenError, TokenVerifier
from models.messages import Actor, Adviser
from runtime.settings import Firm, Settings

READ: Final = "journeys:read"
WRITE: Final = "journeys:write"
_CLAIMS: Final = ("sub", "firm", "email", "given_name", "name", "plannr_account")

_bearer = OAuth2PasswordBearer(
    tokenUrl="/oidc/token",
    refreshUrl="/oidc/token",
    scopes={READ: "see the firm's journeys", WRITE: "start journeys and give commands"},
    scheme_name="Adviser",
    description="A bearer token of the firm's identity provider, or of the built-in issuer on a development machine.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class SignedInAdviser:
    """An adviser of one of our firms."""

    firm: Firm
    adviser: Adviser
    scope: str

    @property
    def may_write(self) -> bool:
        """Whether they may start journeys and give commands, and do not only look."""
        return WRITE in self.scope.split()

    @property
    def id(self) -> str:
        """The adviser's id at the identity provider."""
        return self.adviser.id

    @property
    def caller(self) -> str:
        """Whose idempotency keys a command's key is one of."""
        return f"adviser/{self.firm.id}/{self.id}"

    @property
    def actor(self) -> Actor:
        """How commands and the audit name them."""
        return Actor(kind="adviser", id=self.id)


async def _signed_in(
    request: Request,
    services: ServicesDep,
    scopes: SecurityScopes,
    token: Annotated[str | None, Depends(_bearer)],
) -> SignedInAdviser:
    verifier: TokenVerifier = request.app.state.token_verifier
    if token is None:
        raise Problem(SIGN_IN_REQUIRED, headers={"WWW-Authenticate": "Bearer"})
    try:
        claims = await verifier.claims(token)
    except InvalidTokenError:
        detail = "The bearer token is wrong or has expired."
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(SIGN_IN_REQUIRED, detail, headers=headers) from None
    return adviser_of(services.settings, claims, scopes)


def adviser_of(settings: Settings, claims: Claims, scopes: SecurityScopes) -> SignedInAdviser:
    """Return the adviser whom a verified token speaks of.

    Raises:
        Problem: `not-permitted`, when the token lacks a scope or a claim, or is of a firm that is none of ours.
    """
    _require_scopes(claims, scopes)
    missing = [name for name in _CLAIMS if not claims.get(name)]
    if missing:
        raise Problem(NOT_PERMITTED, "The identity provider's token lacks these claims: " + ", ".join(missing) + ".")
    firm = settings.firm(str(claims["firm"]))
    if firm is None:
        raise Problem(NOT_PERMITTED, "Your firm does not work with this service.")
    return SignedInAdviser(firm, _adviser(claims), str(claims["scope"]))


def _require_scopes(claims: Claims, scopes: SecurityScopes) -> None:
    granted = str(claims.get("scope", "")).split()
    missing = [scope for scope in scopes.scopes if scope not in granted]
    if missing:
        headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes.scope_str}"'}
        raise Problem(NOT_PERMITTED, f"The token lacks the scope {' '.join(missing)}.", headers=headers)


def _adviser(claims: Claims) -> Adviser:
    def text(name: str) -> str:
        value: Any = claims[name]
        return str(value)

    return Adviser(
        id=text("sub"),
        plannr_account=text("plannr_account"),
        email=text("email"),
        first_name=text("given_name"),
        display_name=text("name"),
    )


AdviserDep = Annotated[SignedInAdviser, Security(_signed_in, scopes=[READ])]
WritingAdviserDep = Annotated[SignedInAdviser, Security(_signed_in, scopes=[READ, WRITE])]
