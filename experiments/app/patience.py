"""Timeouts of connections: how long a request and its answer may take, and how many connections may be open.

A client that opens connections and sends nothing, or sends or reads a byte a second, would hold them for ever, and a
machine has only so many (slow-client attacks). Here a request must be complete within a fixed time, which further bytes
do not extend, and so must the reading of its answer; where too many connections wait, the oldest is closed. Websockets
are exempt: sessions have limits of their own (:mod:`experiments.app.server.room`).
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

TO_ASK = 10.0
"""Seconds from a connection, or the last answer on it, to the end of a request's headers."""
TO_ANSWER = 120.0
"""Seconds from a request to the end of its answer: enough for the largest file on a slow line."""
MOST_WAITING = 300
"""Most open connections that are no websocket; a browser opens six."""


class Patient(H11Protocol):
    """A connection with a deadline for its request and one for its answer."""

    since = 0.0
    _end: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """True while a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; where too many connections wait, close the oldest."""
        super().connection_made(transport)
        self._give_time()
        held = [one for one in self.connections if isinstance(one, Patient)]
        if len(held) > MOST_WAITING:
            min(held, key=lambda one: one.since).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on; the deadline of the answer starts only with a complete request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._give_time()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._give_time()

    def handle_websocket_upgrade(self, event: object) -> None:
        """Lift the deadlines: a websocket stays open."""
        self._take_time()
        super().handle_websocket_upgrade(event)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline of a closed connection."""
        self._take_time()
        super().connection_lost(exc)

    def _give_time(self) -> None:
        self._take_time()
        self.since = self.loop.time()
        self._end = self.loop.call_later(TO_ANSWER if self.busy else TO_ASK, self.transport.abort)

    def _take_time(self) -> None:
        if self._end is not None:
            self._end.cancel()
