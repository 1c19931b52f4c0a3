"""The built-in identity provider for machines without one: it signs in the development users of the settings.

Its key is derived from the secret key, so that every process agrees on it and nothing needs storing.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OKPKey

from runtime.settings import DevelopmentUser, Settings

ALGORITHM: Final = "Ed25519"
ACCESS_TOKEN_VALID: Final = timedelta(hours=1)
REFRESH_TOKEN_VALID: Final = timedelta(days=7)
SCOPE: Final = "journeys:read journeys:write"


def local_issuer(settings: Settings) -> str:
    """Return the issuer's address."""
    return settings.public_url.rstrip("/") + "/oidc"


def refresh_audience(settings: Settings) -> str:
    """Return the audience of refresh tokens, so that none passes as an access token."""
    return local_issuer(settings) + "/token"


def signing_key(settings: Settings) -> OKPKey:
    """Derive the issuer's key pair."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onward local issuer")
    seed = derive.derive(settings.secret_key.get_secret_value().encode())
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": _text(seed), "x": _text(public)})
    return OKPKey.import_key({**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM})


def development_user(settings: Settings, email: str, password: str) -> DevelopmentUser | None:
    """Return the user with this address and password; as slow for an unknown address as for a known one."""
    found = None
    for user in settings.development_users:
        same = hmac.compare_digest(user.password.get_secret_value().encode(), password.encode())
        if hmac.compare_digest(user.email.casefold().encode(), email.strip().casefold().encode()) and same:
            found = user
    return found


def issue_tokens(settings: Settings, user: DevelopmentUser, now: datetime) -> dict[str, Any]:
    """Return the answer of the token endpoint (RFC 6749)."""
    return {
        "access_token": _sign(
            settings, user, now, audience=settings.oidc_audience, valid=ACCESS_TOKEN_VALID, claims=adviser_claims(user)
        ),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN_VALID.total_seconds()),
        "refresh_token": _sign(
            settings, user, now, audience=refresh_audience(settings), valid=REFRESH_TOKEN_VALID, claims={}
        ),
        "scope": user.scope,
    }


def adviser_claims(user: DevelopmentUser) -> dict[str, str]:
    """Return what the issuer says of a user."""
    return {
        "sub": user.id,
        "firm": user.firm,
        "email": user.email,
        "given_name": user.first_name,
        "name": user.display_name,
        "plannr_account": user.plannr_account,
        "scope": user.scope,
    }


def _sign(
    settings: Settings,
    user: DevelopmentUser,
    now: datetime,
    *,
    audience: str,
    valid: timedelta,
    claims: dict[str, str],
) -> str:
    key = signing_key(settings)
    standard = {
        "iss": local_issuer(settings),
        "aud": audience,
        "sub": user.id,
        "iat": int(now.timestamp()),
        "exp": int((now + valid).timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, {**standard, **claims}, key, algorithms=[ALGORITHM])


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
