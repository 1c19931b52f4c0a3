"""The platform's access token: OAuth 2 client credentials (RFC 6749, section 4.4)."""

import asyncio
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import Invalid, NotAuthorised
from connectors.http import OutsideSystem

_TOKEN_CALL = "POST /oauth/token"  # noqa: S105 - an operation, no secret
_EARLIEST_RENEWAL_SECONDS = 60.0
_EARLIEST_RENEWAL_SHARE = 0.1


class _IssuedToken(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    access_token: str = Field(min_length=1)
    expires_in: float = Field(gt=0)


class ClientCredentials:
    """Fetches an access token once for all who wait for it, and again shortly before it expires."""

    def __init__(
        self,
        system: OutsideSystem,
        *,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            system: Where the token comes from.
            client_id: Our id there.
            client_secret: Our secret.
            clock: Seconds that only grow.
        """
        self._system = system
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def token(self, *, refused: str = "") -> str:
        """Return a token that is not about to expire.

        Args:
            refused: A token that was answered with 401; another one is fetched unless somebody did so meanwhile.

        Raises:
            NotAuthorised: Our id or secret is wrong.
            ConnectorError: As of `OutsideSystem.send`.
        """
        async with self._lock:
            if self._token in ("", refused) or self._clock() >= self._renew_at:
                await self._fetch()
            return self._token

    async def _fetch(self) -> None:
        asked_at = self._clock()
        try:
            answer = await self._system.send(_TOKEN_CALL, form=self._form)
        except Invalid:
            # RFC 6749 lets a server answer 400 where the credentials are wrong.
            reason = "our client id or secret was refused"
            raise NotAuthorised(self._system.system, _TOKEN_CALL, reason) from None
        issued = self._system.parse(_TOKEN_CALL, _IssuedToken, answer)
        margin = min(_EARLIEST_RENEWAL_SECONDS, issued.expires_in * _EARLIEST_RENEWAL_SHARE)
        self._token, self._renew_at = issued.access_token, asked_at + issued.expires_in - margin
