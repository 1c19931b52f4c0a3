"""Access tokens that need no table: a signed time of expiry, so that they outlive a restart."""

import hmac
import secrets
from datetime import datetime, timedelta


def _signature(secret: str, text: str) -> str:
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def issue_token(client_secret: str, now: datetime, seconds: int) -> str:
    """Return a token that is good until `seconds` after `now`."""
    text = f"{int((now + timedelta(seconds=seconds)).timestamp())}.{secrets.token_hex(8)}"
    return f"{text}.{_signature(client_secret, text)}"


def is_live_token(client_secret: str, token: str, now: datetime) -> bool:
    """Tell whether this server issued the token and it has not expired."""
    text, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(client_secret, text).encode()):
        return False
    return int(text.partition(".")[0]) > now.timestamp()
