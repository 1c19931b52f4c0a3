"""Free ports on this machine."""

import secrets
import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_FIRST: Final = 20_000
_COUNT: Final = 12_000


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on, all different.

    They lie below those that systems give to outgoing connections, so that none is taken before its server listens.
    """
    found: list[int] = []
    while len(found) < count:
        port = _FIRST + secrets.randbelow(_COUNT)
        if port not in found and is_free(port):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do, else a port whose last connections are still winding down looks taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def port_near(preferred: int, taken: set[int]) -> int:
    """Return the preferred port if it is free and not taken, else one that is; 0 prefers none."""
    if preferred and preferred not in taken and is_free(preferred):
        return preferred
    return next(port for port in free_ports(len(taken) + 1) if port not in taken)
