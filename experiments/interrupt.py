"""Ctrl-C as a wish: the first one is remembered, the second one acts at once.

A run in hand is worth finishing, and a file half written is worth nothing; so the first Ctrl-C only sets a
flag that is read between runs.
"""

import signal
import sys
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self


def heed() -> None:
    """Let Ctrl-C and a request to end act, in the background too, where shells have them ignored.

    Both raise KeyboardInterrupt, so that workers are sent home and what is finished is kept, or nothing is left.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) in (signal.SIG_IGN, signal.SIG_DFL):
                signal.signal(number, signal.default_int_handler)


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
        with suppress(RuntimeError):  # it came while something was being told
            print("stopping; finished runs are kept; Ctrl-C again stops at once", file=sys.stderr)
