"""Free ports on this machine."""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


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
