"""Worker processes: how they are started and how they end.

They are forked from a server that is started afresh and has imported what all of them need (spawned where there is no
such server), because a fork of this process would copy the locks of its running threads. None looks into the current
folder for Backstop's packages, none hears Ctrl-C, which is this process's to handle, and none outlives the process it
works for, however that ended.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from experiments.run.import_path import safe_start

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

LOOK = 1.0  # s between two looks whether the server a worker was forked from still lives
STILL = 10.0  # s for which a stopped worker is waited for
KILLED = {-9: "killed from outside, as by a system that ran out of memory", -11: "crashed in native code"}


def context(preload: Sequence[str]) -> "BaseContext":
    """Return how workers are started; the server imports `preload`, what it cannot import is left to the workers."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(list(preload))
    return chosen


def serve(preload: Sequence[str]) -> None:
    """Let the server begin its imports, where there can be one and none lives; it ends with this process."""
    if context(preload).get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running  # noqa: PLC0415

        with starting():
            ensure_running()


@contextmanager
def starting() -> Iterator[None]:
    """Let processes that are started in it import safely and be deaf to Ctrl-C from their first instruction."""
    with safe_start():
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow() -> None:
    """Prepare this worker: deaf to Ctrl-C, and ending with the process it works for."""
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def end(processes: Iterable["BaseProcess"]) -> None:
    """End `processes` at once, also those that were stopped."""
    for process in processes:
        with suppress(ValueError, OSError):
            process.kill()


def cause(processes: Iterable["BaseProcess"]) -> str:
    """Say what is known of how those of `processes` ended that did not end well."""
    codes = [code for code in (process.exitcode for process in processes) if code not in (None, 0, -signal.SIGTERM)]
    if not codes:
        return ""
    return KILLED.get(codes[0]) or f"exit code {codes[0]}"


def stopped(processes: Iterable["BaseProcess"]) -> set["BaseProcess"]:
    """Return those of `processes` that someone stopped, and that do nothing until someone lets them go on."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415

    found = set()
    for process in processes:
        with suppress(psutil.Error):
            if process.pid and psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
                found.add(process)
    return found


def _end_with_parent() -> None:
    """End this process when the one it works for is gone, or the server it was forked from, which tells of its end."""
    parent = multiprocessing.parent_process()
    server = os.getppid()
    while parent is not None and not wait([parent.sentinel], LOOK) and os.getppid() == server:
        pass
    os._exit(1)
