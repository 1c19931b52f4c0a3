"""Hashing and checking of passwords, beside the event loop and equally slow whether or not there is a password."""

import asyncio
from functools import cached_property

from pwdlib import PasswordHash

from domain.passwords import normalised


class PasswordHasher:
    """Argon2id with pwdlib's recommended costs; one per application."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        return await asyncio.to_thread(self._hasher.hash, normalised(password))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Return whether the password fits, and a fresh hash when the stored one's costs are out of date.

        Args:
            password: what was typed.
            stored: the stored hash; None, for a login that does not exist, takes as long and never fits.
        """
        fits, fresh = await asyncio.to_thread(self._verify, normalised(password), stored)
        return fits and stored is not None, fresh if stored is not None else None

    def _verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        return self._hasher.verify_and_update(password, stored if stored is not None else self._nobodys_hash)
