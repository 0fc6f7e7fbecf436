"""The socket that the service listens on, bound before anything else starts."""

import errno
import os
import socket

from DataFoundry.errors import ConfigError

_LAST_PORT = 65_535
_REASONS = {
    errno.EADDRINUSE: "is in use by another program; stop that one, or choose another port with --port",
    errno.EACCES: "may only be used by the administrator; choose a port above 1023 with --port",
    errno.EADDRNOTAVAIL: "cannot be had, as the host is no address of this machine; choose another with --host",
}


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """One bound socket for each address that `host` means (`localhost` may mean two).

    Raises
    ------
    ConfigError
        If the name is unknown, or the address is in use or forbidden.
    """
    if not 0 <= port <= _LAST_PORT:
        raise ConfigError(f"--port must be a number from 0 to {_LAST_PORT}, not {port}.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ConfigError(f"--host {host} is no address of this machine; use for example 0.0.0.0.") from None
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    bound: list[socket.socket] = []
    for family, address in addresses:
        try:
            bound.append(_bind(family, address, alone=len(addresses) == 1))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL and len(addresses) > 1 and (bound or address != addresses[-1][1]):
                continue  # localhost without IPv6
            for each in bound:
                each.close()
            reason = _REASONS.get(error.errno or 0, f"cannot be used ({error.strerror}); choose another")
            raise ConfigError(f"Port {port} on {host} {reason}.") from None
    return bound


def _bind(family: int, address: object, alone: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not alone:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]
    except OSError:
        made.close()
        raise
    return made
