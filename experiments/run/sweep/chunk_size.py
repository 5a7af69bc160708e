"""How many runs a chunk holds: as many as are worth some four seconds, from what runs have taken so far.

The first chunks are single runs, for a process's first run says nothing of the next; then chunks grow eightfold at
most. Towards the end they shrink to a quarter, so that no worker waits long for the last one.
"""

from typing import Protocol

TARGET = 4.5  # s, within the 1 to 5 s that hide the cost of a message and bound what a dying worker loses
GROWTH = 8  # times, from one chunk to the next
MEMORY = 0.5  # weight of the latest chunk in the estimate
TURNS = 2  # chunks left to each worker towards the end
LEAST = 4  # part of a full chunk to which chunks shrink
MOST = 1_000  # runs


class Timed(Protocol):
    """What says what a run of it took."""

    @property
    def seconds(self) -> float | None:
        """Return it, s; None where it is not known."""


class ChunkSize:
    """The size of the next chunk."""

    def __init__(self) -> None:
        self.seconds: float | None = None  # a run takes, estimated
        self._last = 1

    def learn(self, product: Timed) -> None:
        """Take in what a run of the latest chunk took, where it is known."""
        seconds = product.seconds
        if seconds is not None:
            before = seconds if self.seconds is None else self.seconds
            self.seconds = MEMORY * seconds + (1 - MEMORY) * before

    def size(self, left: int, workers: int) -> int:
        """Return the number of runs of the next chunk, where `left` runs are left for `workers`."""
        if self.seconds is None:
            return 1
        wanted = int(TARGET / max(self.seconds, TARGET / MOST))
        share = left if workers == 1 else -(-left // (TURNS * workers))
        self._last = max(1, min(wanted, max(share, wanted // LEAST), GROWTH * self._last))
        return self._last
