"""How many sessions live at once, in all and for each visitor.

Solara makes a session for every number a browser names, with or without a cookie. Here a new one is admitted while
there is room; else the oldest session without a connected page is closed; else the visitor is asked to come back later.
"""

from collections import Counter

from anyio.to_thread import run_sync
from solara.server.kernel_context import PageStatus, VirtualKernelContext, contexts

MOST_EACH = 20
"""Most sessions of one cookie, a tab each. All visitors without a cookie count as one."""
MOST_SOCKETS = 4
"""Most connections of one session: a browser replaces a lost one before the server notices the loss."""


class Room:
    """The sessions of a server; used on its event loop alone."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sockets: Counter[str] = Counter()
        self.whose: dict[str, tuple[str, str]] = {}

    @property
    def held(self) -> int:
        """Sessions that live or are being made."""
        return len(self._living())

    @property
    def full(self) -> bool:
        """True where there is no room for a new visitor."""
        return self.held >= self.most and not left()

    async def admit(self, name: str, visitor: str, address: str = "") -> bool:
        """Tell whether a connection to session `name` is let in; it counts from then on."""
        known = name in self._living()
        if not known and self.held >= self.most:
            await self._make()
        crowded = not known and (self.held >= self.most or self.crowded(visitor, address))
        if crowded or self.sockets[name] >= MOST_SOCKETS:
            return False
        self.sockets[name] += 1
        self.whose.setdefault(name, (visitor, address))
        return True

    def crowded(self, visitor: str, address: str) -> bool:
        """Tell whether a cookie, or an address whatever its cookies, has its share of sessions."""
        living = self._living()
        self.whose = {name: who for name, who in self.whose.items() if name in living}
        cookies, addresses = (Counter(who[part] for who in self.whose.values()) for part in range(2))
        return cookies[visitor] >= MOST_EACH or (address != "" and addresses[address] >= max(self.most // 2, 1))

    def _living(self) -> set[str]:
        return contexts.keys() | {name for name, number in self.sockets.items() if number}

    def leave(self, name: str) -> None:
        """Note that a connection has ended."""
        self.sockets[name] -= 1
        if self.sockets[name] <= 0:
            del self.sockets[name]

    async def _make(self) -> None:
        found = left()
        if found:
            await run_sync(found[0].close)


def left() -> list[VirtualKernelContext]:
    """Return sessions no page is connected to, the oldest first."""
    held = list(contexts.values())
    return [one for one in held if one.page_status and PageStatus.CONNECTED not in tuple(one.page_status.values())]
