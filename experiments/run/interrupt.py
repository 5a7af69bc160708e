"""Ctrl-C as a wish: the first one is remembered, the second one acts at once.

A file half written is worth nothing, so the first Ctrl-C only sets a flag that is read between runs; only a run in hand
in this process is broken off, which leaves nothing behind. What a system sends to end a process (SIGTERM, SIGHUP) is
the same wish. Ctrl-C acts in the background too, where a script has it ignored; what else is ignored, as SIGHUP by
`nohup`, stays so. A signal whose exception is lost, as in a callback of the garbage collector, comes again.
"""

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

CALLED_BACK = str(Path("/binding/executionengine.py"))  # of llvmlite, which calls the compiler's cache from native code
SOON = 0.02  # s after which a signal that came at a bad moment comes again


class Ended(KeyboardInterrupt):
    """The end of this process was asked for; `code` is the exit code that says so."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__()
        self.code = 128 + number


def ended(error: BaseException) -> int:
    """Return the exit code of what was ended by `error`: 130 after Ctrl-C."""
    return int(getattr(error, "code", 128 + signal.SIGINT))


def heed() -> None:
    """Let what a system sends to end this process end it as Ctrl-C does, so that nothing is left behind."""
    if _main():
        _lose_nothing()
        for number in SIGNALS:
            deaf = signal.getsignal(number)
            if deaf == signal.SIG_DFL or (deaf == signal.SIG_IGN and number == signal.SIGINT):
                signal.signal(number, _end)


class Interrupt:
    """Context in which Ctrl-C sets :attr:`requested`; outside the main thread it changes nothing."""

    active: "Interrupt | None" = None

    def __init__(self) -> None:
        self.requested = self.breakable = self.lost = False
        self.code = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if _main():
            ignored = {number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN}
            heard = [number for number in SIGNALS if number not in ignored or number == signal.SIGINT]
            self._before = {number: signal.signal(number, self._remember) for number in heard}
            _lose_nothing()
            Interrupt.active = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Interrupt.active = None
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether the user has asked to stop."""
        return self.requested

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if _postponed(number, frame):
            return
        first, again = not self.requested, self.requested and not self.lost
        self.requested, self.lost, self.code = True, False, 128 + number
        if first:
            with suppress(RuntimeError):  # it came while something was being told
                print("stopping; finished runs are kept; Ctrl-C again stops at once", file=sys.stderr)
        if again or self.breakable:
            raise Ended(number)


def breakable[**P, Result](action: Callable[P, Result], *arguments: P.args, **named: P.kwargs) -> Result | None:
    """Return what `action` returns, or None where the first Ctrl-C broke it off."""
    active = Interrupt.active
    if active is None or not _main():
        return action(*arguments, **named)
    try:
        active.breakable = True
        return action(*arguments, **named)
    except Ended:
        return None
    finally:
        active.breakable = False


def _end(number: int, frame: FrameType | None) -> None:
    if _postponed(number, frame):
        return
    signal.signal(number, signal.SIG_IGN)  # once is enough: nothing is to break into the clearing
    raise Ended(number)


def _postponed(number: int, frame: FrameType | None) -> bool:
    """Whether a signal came while native code calls back, where an exception would be lost; it then comes again."""
    while frame is not None and frame.f_code.co_filename.rpartition("llvmlite")[2] != CALLED_BACK:
        frame = frame.f_back
    if frame is not None:
        _send_again(number)
    return frame is not None


def _send_again(number: int) -> None:
    again = threading.Timer(SOON, _send, [number])
    again.daemon = True
    again.start()


def _send(number: int) -> None:
    """Send a signal to the main thread; what it waits for is broken off only if the signal is sent to it by name."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(number)


def _lose_nothing() -> None:
    if not isinstance(sys.unraisablehook, _NothingLost):
        sys.unraisablehook = _NothingLost(sys.unraisablehook)


class _NothingLost:
    """Hook for exceptions that Python can only report: the end that was asked for comes again, others go to `told`."""

    def __init__(self, told: Callable[["sys.UnraisableHookArgs"], object]) -> None:
        self.told = told

    def __call__(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """Take what was raised where nothing could catch it."""
        error = unraisable.exc_value
        if not isinstance(error, KeyboardInterrupt):
            self.told(unraisable)
            return
        number = ended(error) - 128
        if Interrupt.active is not None:
            Interrupt.active.lost = True
        elif signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, _end)
        _send_again(number)


def _main() -> bool:
    return threading.current_thread() is threading.main_thread()
