"""The guard: which requests reach the page's server, and which headers every answer has.

A request is refused in one line, before its body is read, where its host or origin is not ours, its address is too
long, or there is no room for a session. Messages of a websocket are checked before Solara reads them: text of a few
known kinds, at the rate of a page in use. A client that sends more is read more slowly; one that sends anything else is
disconnected.
"""

import ipaddress
import json
import logging
import re
import time
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from experiments.app.server.header import HEADERS, NOTHING
from experiments.app.server.reach import Reach, host_allowed, origin_allowed
from experiments.app.server.room import Room

LONGEST_ADDRESS = 20_000
"""Most characters of an address: the longest link and some more."""
LONGEST_HEAD = 32_768
"""Most characters of all headers of a request."""
KERNEL = re.compile(r"/jupyter/api/kernels/([\w-]{1,64})/channels")
KINDS = ("kernel_info_request", "comm_info_request", "comm_open", "comm_msg", "comm_close", "shutdown_request")
TARGETS = ("solara.control", "jupyter.widget.control")
"""What a browser may open; widgets are made by the page."""
RATE, BURST = 200.0, 600.0
"""Messages a second of one connection, and how many may come in a burst."""
MEASURE = 20_000
"""Characters that count as one more message: reading a large one delays all visitors."""
READING = ("GET", "HEAD")

logger = logging.getLogger(__name__)


class Refusal(NamedTuple):
    """An answer other than what was asked for."""

    status: int
    words: str


class Guard:
    """The application behind `who` may ask, with room for so many `sessions`."""

    def __init__(self, app: ASGIApp, who: Reach, sessions: int) -> None:
        self.app, self.who = app, who
        self.room = Room(sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or serve one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = refusal(scope, self.who)
        if found is None and scope["path"] == "/":
            found = self._lack(scope)
        if found is None:
            await self.app(scope, receive, dressed(send))
        else:
            await answer(found, dressed(send))

    def _lack(self, scope: Scope) -> Refusal | None:
        """Return why there is no room for one more page; refused here, as a page that is let in could only wait."""
        if self.room.full:
            return Refusal(503, f"{self.room.held} sessions are open, and there is room for no more: try again later")
        if self.room.crowded(visitor_of(scope), address_of(scope)):
            return Refusal(503, "you have as many pages open as one visitor may: close one, or try again later")
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, found = session_of(scope), refusal(scope, self.who)
        if found is not None or not name or not await self.room.admit(name, visitor_of(scope), address_of(scope)):
            await send({"type": "websocket.close", "code": 1008, "reason": found.words if found else "no room"})
            return
        try:
            await self.app(scope, Ear(receive), send)
        finally:
            self.room.leave(name)


class Ear:
    """The messages of a websocket at a limited rate; the connection is closed at one that no page sends."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left, self._at = BURST, time.monotonic()

    async def __call__(self) -> Message:
        """Return the next message."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        await self._pace(1.0 + len(message.get("text") or "") / MEASURE)
        found = objection(message)
        if found:
            logger.warning("a connection was cut off: %s", found)
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    async def _pace(self, worth: float) -> None:
        now = time.monotonic()
        self._left = min(BURST, self._left + RATE * (now - self._at)) - worth
        self._at = now
        if self._left < 0:
            await anyio.sleep(-self._left / RATE)


def objection(message: Message) -> str:
    """Return what is wrong with a message of the browser, empty where the page sends such messages."""
    try:
        message_content = json.loads(message.get("text") or "", parse_constant=not_a_number)
        kind, content = message_content["header"]["msg_type"], message_content["content"]
        if kind not in KINDS or not isinstance(message_content.get("channel"), str):
            return "an unknown kind of message"
        return "an unknown target" if kind == "comm_open" and content["target_name"] not in TARGETS else ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "no message that can be read"


def not_a_number(text: str) -> float:
    """Raise ValueError: JSON knows no NaN and no infinity."""
    raise ValueError(text)


def refusal(scope: Scope, who: Reach) -> Refusal | None:
    """Return the refusal of a request, None where it is let through."""
    headers = Headers(scope=scope)
    host, origins = headers.get("host") or "", headers.getlist("origin")
    scheme = str(scope["scheme"]).replace("ws", "http", 1)
    if not host_allowed(who, host):
        return Refusal(400, "this server does not answer to that name; name its page by --allow-origin")
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
        return Refusal(414, f"the address is longer than {LONGEST_ADDRESS} characters")
    if not scope["path"].isprintable():
        return Refusal(400, "the address holds characters that cannot be printed")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEAD:
        return Refusal(431, f"the headers are longer than {LONGEST_HEAD} characters")
    asked = scope["type"] == "websocket" or scope["method"] not in READING
    if (origins or asked) and not (len(origins) == 1 and origin_allowed(who, origins[0], scheme, host)):
        return Refusal(403, "a page of another origin may not do that; name it by --allow-origin")
    return None


def session_of(scope: Scope) -> str:
    """Return the session that a websocket names; empty where it names none."""
    match = KERNEL.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
    return match[1] if match and re.search(rb"(?:^|&)session_id=[\w-]{1,64}(?:&|$)", scope["query_string"]) else ""


def visitor_of(scope: Scope) -> str:
    """Return the cookie that all sessions of a visitor share; empty without one."""
    try:
        cookie = SimpleCookie(Headers(scope=scope).get("cookie", "")).get("solara-session-id")
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def address_of(scope: Scope) -> str:
    """Return the network address of a visitor; empty for this machine, as a proxy on it hides the visitor's own."""
    address = (scope.get("client") or ("",))[0]
    try:
        return "" if ipaddress.ip_address(address).is_loopback else str(address)
    except ValueError:
        return ""


def dressed(send: Send) -> Send:
    """Return `send` with the headers every answer has."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("content-security-policy", NOTHING)
            del headers["server"]
        await send(message)

    return sent


async def answer(found: Refusal, send: Send) -> None:
    """Answer with one line of text."""
    body = f"{found.words}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
