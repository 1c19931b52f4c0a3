"""The cookies of sessions: bound to this host, unreadable for scripts, and their secrets stored as hashes alone."""

import hashlib

from fastapi import Response

from runtime.settings import Settings


def cookie(settings: Settings, name: str) -> str:
    """Return a cookie's name: bound to this host over https; plain http is for a development machine alone."""
    return f"__Host-{name}" if _is_https(settings) else name


def set_cookie(response: Response, settings: Settings, name: str, value: str) -> None:
    """Give the browser a cookie that no script can read and no other website can send with a command."""
    response.set_cookie(
        cookie(settings, name), value, path="/", secure=_is_https(settings), httponly=True, samesite="lax"
    )


def clear_cookie(response: Response, settings: Settings, name: str) -> None:
    """Take a cookie away from the browser."""
    response.delete_cookie(cookie(settings, name), path="/", secure=_is_https(settings), httponly=True, samesite="lax")


def hash_of(secret: str) -> str:
    """Return the form of a random id that is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_https(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")
