"""How far a sweep has come, on standard error: a bar on a terminal, a line now and then in a log.

Both tell the rate, over all runs done since the start, and the time left at that rate.
"""

import sys
import time
from types import TracebackType
from typing import Any, Self

from experiments.run.stream import lively

EVERY = 30.0  # s between two lines of a log


class Meter:
    """Progress of a number of missing runs; as a context the bar is taken away at its end.

    Parameters
    ----------
    missing : runs to do.
    total : runs of the sweep, or of the shard.
    quiet : show nothing.
    """

    def __init__(self, missing: int, total: int, quiet: bool = False) -> None:
        self.missing, self.total, self.quiet = missing, total, quiet
        self.done = 0
        self._start = self._told = time.monotonic()
        self._bar = _bar() if lively(sys.stderr) and not quiet else None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("runs", total=self.total, completed=self.total - self.missing, pace="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, runs: int) -> None:
        """So many more runs are done."""
        self.done += runs
        now = time.monotonic()
        if self._bar:
            self._bar.update(self._task, completed=self.total - self.missing + self.done, pace=self.pace())
        elif now - self._told >= EVERY or self.done == self.missing:
            self._told = now
            self.say(f"{self.total - self.missing + self.done} of {self.total} runs, {self.pace()}")

    def pace(self) -> str:
        """Return rate and time left in words."""
        seconds = max(time.monotonic() - self._start, 1e-9)
        rate = self.done / seconds
        left = (self.missing - self.done) / rate if rate else float("inf")
        return f"{rate:.3g} runs/s, {clock(seconds)} gone, {clock(left)} left"

    def say(self, line: str) -> None:
        """Show `line`, unless quiet."""
        if self._bar:
            self._bar.console.print(line, highlight=False, markup=False)
        elif not self.quiet:
            print(line, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    if seconds == float("inf"):
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _bar() -> Any:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    return Bar(*columns, console=Console(stderr=True))
