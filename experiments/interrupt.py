"""Ctrl-C as a wish: the first one is remembered, the second one acts at once.

A run in hand is worth finishing, and a file half written is worth nothing; so the first Ctrl-C only sets a
flag that is read between runs.
"""

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self


def end_on_sigterm() -> None:
    """Let SIGTERM unwind as Ctrl-C at once, so that what is half written is cleared and workers are let go."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: nothing is to break into the clearing
    raise KeyboardInterrupt


class Interrupt:
    """Context in which Ctrl-C sets :attr:`requested`; outside the main thread it changes nothing."""

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def __call__(self) -> bool:
        """Whether the user has asked to stop."""
        return self.requested

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print("stopping; finished runs are kept; Ctrl-C again stops at once", file=sys.stderr)
