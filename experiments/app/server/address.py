"""The address the page is served at: bound at the start, so that one that is taken is reported at once."""

import errno
import socket
from typing import Any

WHY = {
    errno.EADDRINUSE: "something else is served there; allowed is a free port, 0 finds one",
    errno.EACCES: "this user may not serve there; allowed are ports from 1024 on",
    errno.EADDRNOTAVAIL: "no address of this machine; allowed is one of its own, such as localhost",
}
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class AddressError(ValueError):
    """An address that nothing can be served at; `problems` holds one line."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.problems = [f"command line: --host {host} --port {port}: {why}"]
        super().__init__(self.problems[0])


def hold(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for every address that `host` means, all at `port`; 0 is any free one.

    Raises
    ------
    AddressError
        If `host` is not an address of this machine, or the port is taken or forbidden.
    """
    held: list[socket.socket] = []
    try:
        for family, address in _meant(host, port):
            number = held[0].getsockname()[1] if held else port
            _add(held, family, (address[0], number, *address[2:]))
    except OSError as error:
        for taken in held:
            taken.close()
        raise AddressError(host, port, WHY.get(error.errno or 0, error.strerror or str(error))) from error
    if not held:
        raise AddressError(host, port, WHY[errno.EADDRNOTAVAIL])
    return held


def _meant(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise AddressError(host, port, f"no such host ({error}); allowed is an address of this machine") from error
    return [(family, address) for family, _, _, _, address in answers if family in (socket.AF_INET, socket.AF_INET6)]


def _add(held: list[socket.socket], family: int, address: tuple[Any, ...]) -> None:
    """Listen at `address` too; skip an address that this machine lacks."""
    listener = None
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        # Listening from now on keeps the port, and early visitors wait.
        listener.listen(128)
        held.append(listener)
    except OSError as error:
        if listener is not None:
            listener.close()
        if error.errno not in ABSENT:
            raise
