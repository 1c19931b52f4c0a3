"""Which addresses events may be sent to: https, and public; never the network that Onward itself runs in.

A name is looked up for every delivery and the connection is made to the very address that was checked, so that a name
that points elsewhere a moment later changes nothing (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from connectors.errors import ConnectorUnavailable
from connectors.firms.port import OPERATION, SYSTEM, AddressRefused

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, the preferred one first; raises OSError when there are none."""

_PORTS: Final = {"http": 80, "https": 443}
# Not all versions of the standard library know these as what they are: IPv4 addresses in other clothes, which may be
# any, and ranges for networks' own use.
_INNER: Final = tuple(
    ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "fec0::/10", "192.0.0.0/24")
)


async def look_up(host: str, port: int) -> list[str]:
    """Ask the machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet's; False for anything that is no address at all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return _is_public(address.ipv4_mapped)
    if any(address in network for network in _INNER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def refuse_form(url: str, *, private: bool) -> SplitResult:
    """Return the parts of an address whose form is right.

    Args:
        url: What a firm chose.
        private: Whether plain http is allowed, as on one machine.

    Raises:
        AddressRefused: Not https, without a host, or with a name, password or fragment in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("the address cannot be read") from None
    if parts.scheme not in _PORTS or (parts.scheme == "http" and not private):
        raise _refused("the address must begin with https://")
    if not parts.hostname or port == 0:
        raise _refused("the address has no host")
    if "@" in parts.netloc:
        raise _refused("the address must hold no name or password; the signature shows who sends")
    if parts.fragment:
        raise _refused("the address must have no part after a #")
    return parts


async def checked_address(url: str, *, private: bool, resolve: Resolve = look_up) -> str:
    """Return the IP address to connect to for an address that events may be sent to.

    Args:
        url: What a firm chose.
        private: Whether addresses that are not public are allowed, as on one machine.
        resolve: Looks the host up.

    Raises:
        AddressRefused: Its form is wrong, or one of its host's addresses is not public.
        ConnectorUnavailable: The host is not known at the moment.
    """
    parts = refuse_form(url, private=private)
    host = parts.hostname or ""
    try:
        addresses = await resolve(host, parts.port or _PORTS[parts.scheme])
    except (OSError, UnicodeError):
        raise ConnectorUnavailable(SYSTEM, OPERATION, "the host's name is not known") from None
    if not addresses:
        raise ConnectorUnavailable(SYSTEM, OPERATION, "the host's name is not known")
    if not private and not all(is_public(address) for address in addresses):
        raise _refused("the host is not on the public internet")
    return addresses[0]


def _refused(reason: str) -> AddressRefused:
    return AddressRefused(SYSTEM, OPERATION, reason)
