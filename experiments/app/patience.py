"""Patience: how long a connection may take to ask and to be answered, and how many there may be.

Anyone who opens connections and says nothing, a letter a second, or takes its answer as slowly keeps others out where
the server waits for ever: a machine has so many connections and no more. Here every one has its time, a letter more or
less does not renew it, and where there are too many the one that waits longest goes first: a visitor who asks at once
is answered. A websocket has left this waiting room; sessions have bounds of their own.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

TO_ASK = 10.0
"""Seconds from a connection, or the last answer on it, to the whole of a question's head."""
TO_ANSWER = 120.0
"""Seconds from a question to the end of its answer: the largest file on a slow line."""
MOST_WAITING = 300
"""Connections that are no websocket; a browser opens six."""


class Patient(H11Protocol):
    """A connection with a time to ask and a time to be answered."""

    since = 0.0
    _end: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """True while a question is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a question; too many waiting, the oldest goes."""
        super().connection_made(transport)
        self._give_time()
        held = [one for one in self.connections if isinstance(one, Patient)]
        if len(held) > MOST_WAITING:
            min(held, key=lambda one: one.since).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on; only a question, not a part of one, gives time for its answer."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._give_time()

    def on_response_complete(self) -> None:
        """Wait for the next question."""
        super().on_response_complete()
        self._give_time()

    def handle_websocket_upgrade(self, event: object) -> None:
        """Leave the waiting room."""
        self._take_time()
        super().handle_websocket_upgrade(event)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._take_time()
        super().connection_lost(exc)

    def _give_time(self) -> None:
        self._take_time()
        self.since = self.loop.time()
        self._end = self.loop.call_later(TO_ANSWER if self.busy else TO_ASK, self.transport.abort)

    def _take_time(self) -> None:
        if self._end is not None:
            self._end.cancel()
