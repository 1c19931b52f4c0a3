"""Posts events over HTTP to addresses that firms chose, and reaches nothing else with them."""

from collections.abc import Mapping
from datetime import timedelta

import httpx

from connectors.errors import ConnectorUnavailable
from connectors.firms.addresses import Resolve, checked_address, look_up
from connectors.firms.port import OPERATION, SYSTEM, Posted
from connectors.http import retry_after_seconds


class HttpFirmGateway:
    """Connects to the checked IP address under the host's own name; `aclose` it after use.

    No redirect is followed, no proxy of the environment is used, no cookie is kept and no answer's body is read: what
    an address answers cannot lead anywhere else. No connection is kept either, since one that was made for one host
    must not carry the events of another host at the same IP address.
    """

    def __init__(
        self,
        *,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        private: bool = False,
        resolve: Resolve = look_up,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            connect_timeout: For making a connection.
            read_timeout: For sending, and for the head of the answer.
            private: Whether plain http and private addresses are allowed; for one machine only.
            resolve: Looks hosts up.
            transport: Carries requests instead of the network.
        """
        self._private, self._resolve = private, resolve
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(read_timeout.total_seconds(), connect=connect_timeout.total_seconds()),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a signed event once; see `FirmGateway`."""
        address = await checked_address(url, private=self._private, resolve=self._resolve)
        target = httpx.URL(url)
        request = self._http.build_request(
            "POST",
            target.copy_with(host=address),
            content=body,
            headers={
                **headers,
                "Host": target.netloc.decode("ascii"),
                "Content-Type": "application/json",
                "User-Agent": "Onward-Events/1",
            },
            extensions={"sni_hostname": target.raw_host.decode("ascii")},
        )
        try:
            answer = await self._http.send(request, stream=True)
        except httpx.TimeoutException:
            raise ConnectorUnavailable(SYSTEM, OPERATION, "did not answer in time") from None
        except httpx.RequestError as error:
            reason = f"could not be reached ({type(error).__name__})"
            raise ConnectorUnavailable(SYSTEM, OPERATION, reason) from None
        await answer.aclose()
        self._http.cookies.clear()
        return Posted(answer.status_code, retry_after_seconds(answer))
