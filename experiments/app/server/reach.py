"""Who may reach the server: the host names it answers to, and the pages that may connect to it.

A browser sends with every request the name it asked for (``Host``) and, with requests that change something and with
every websocket, the page it comes from (``Origin``). A foreign page can forge neither. So a foreign name that points
at this machine (DNS rebinding) is refused by its ``Host``, and a foreign page that opens a websocket by its ``Origin``.
A websocket without an origin comes from no browser and is refused as well, since only the page needs one.
"""

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::", "")
DEFAULT_PORTS = {"http": 80, "https": 443}


class Reach(NamedTuple):
    """What is answered: `hosts` as in ``Host``, pages of `origins`, and any numeric address where `everywhere`."""

    hosts: frozenset[str]
    origins: frozenset[str]
    port: int
    everywhere: bool = False


def reach(host: str, port: int, origins: Iterable[str] = ()) -> Reach:
    """Return who may reach a server on `host` and `port`; ValueError where one of `origins` is not an origin."""
    named = frozenset(origin_of(text) for text in origins)
    everywhere = host in EVERYWHERE
    own = {*LOOPBACK, *(() if everywhere else (bracketed(host.lower()),))}
    hosts = {f"{name}:{port}" for name in own} | {urlsplit(origin).netloc for origin in named}
    return Reach(frozenset(hosts | (own if port == DEFAULT_PORTS["http"] else set())), named, port, everywhere)


def bracketed(host: str) -> str:
    """Return a host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def origin_of(text: str) -> str:
    """Return an origin, ``https://name`` or ``http://name:port``, in canonical form; ValueError where it is not one."""
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query or "@" in text:
        raise ValueError(f"{text!r}: an origin such as https://name or http://name:8080 is needed")
    usual = parts.port in (None, DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{bracketed(parts.hostname)}{'' if usual else f':{parts.port}'}"


def host_allowed(who: Reach, host: str) -> bool:
    """Tell whether the server answers to this name; a numeric address cannot be rebound."""
    return host.lower() in who.hosts or (who.everywhere and numeric(host, who.port))


def numeric(host: str, port: int) -> bool:
    """Tell whether `host` is a numeric address with the server's port."""
    try:
        parts = urlsplit(f"//{host}")
        ipaddress.ip_address(parts.hostname or "")
        return (parts.port or DEFAULT_PORTS["http"]) == port
    except ValueError:
        return False


def origin_allowed(who: Reach, origin: str, scheme: str, host: str) -> bool:
    """Tell whether a page of `origin` may talk to the server: its own page, or one that was named.

    Parameters
    ----------
    who : names and pages that the server answers to.
    origin : value of the header ``Origin``.
    scheme : of the request, ``http`` or ``https``.
    host : value of the header ``Host``.
    """
    try:
        asking = origin_of(origin)
        return asking in who.origins or asking == origin_of(f"{scheme}://{host}")
    except ValueError:
        return False
