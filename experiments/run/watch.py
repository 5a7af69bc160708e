"""Watching over the workers of a pool: a death that the pool itself does not notice, or a worker somebody stopped.

A worker killed in the middle of a message leaves the pool waiting for the rest of it. So where one is dead and still
nothing comes back for a while, and where one is stopped, the others are ended too, which every pool notices.
"""

import multiprocessing
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from experiments.run.process import alive, cause, end, stopped

GRACE = 5.0  # s that a pool has to notice that a worker is dead
OFTEN = 2.0  # s between two looks


class Watch:
    """Who looks after the workers of one pool, made before its first worker is.

    Attributes
    ----------
    processes : the workers.
    broken : whether the pool is known to be.
    """

    def __init__(self) -> None:
        self._strangers = set(multiprocessing.active_children())
        self.processes: set[Any] = set()
        self.broken = False
        self._looked = self._well = time.monotonic()

    def note(self, future: Future[Any]) -> None:
        """Take notice of what was submitted, and of the workers begun for it."""
        self.processes |= set(multiprocessing.active_children()) - self._strangers
        future.add_done_callback(self._came_back)

    def look(self) -> None:
        """Look after the workers, if the last look was a while ago; end all where one is dead or stopped for long."""
        now = time.monotonic()
        if now - self._looked < OFTEN:
            return
        self._looked = now
        self.processes |= set(multiprocessing.active_children()) - self._strangers
        if alive(self.processes) == len(self.processes) and not stopped(self.processes):
            self._well = now
        elif now - self._well > GRACE:
            end(self.processes)

    def cause(self) -> str:
        """Say what is known of the end of the workers."""
        return cause(self.processes)

    def _came_back(self, future: Future[Any]) -> None:
        if not future.cancelled() and isinstance(future.exception(), BrokenProcessPool):
            self.broken = True
