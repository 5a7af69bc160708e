"""How far a study has come, on standard error: a bar on a terminal, a line now and then in a log.

Both tell the rate, over the runs made since the start, the time left at that rate, and what is waited for where nothing
comes back, such as a machine that compiles.
"""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from experiments.run.stream import lively

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder

TENTHS = 10
EVERY = 30.0  # s between two lines of a log at most
OFTEN = 1.0  # s between two lines of a log at least


class Progress:
    """Context that shows progress of a number of runs; the bar is taken away at its end.

    Parameters
    ----------
    total : runs in all, or about as many.
    quiet : show nothing.
    found : runs of them that were done before.
    """

    active: ClassVar["Progress | None"] = None

    def __init__(self, total: int, quiet: bool = False, found: int = 0) -> None:
        self.total, self.quiet = total, quiet
        self.done = self.found = found
        self._start = self._told = time.monotonic()
        self._bar = _bar() if lively(sys.stderr) and not quiet else None
        self._task: Any = None

    def __enter__(self) -> Self:
        Progress.active = self
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("runs", total=self.total, completed=self.done, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Progress.active = None
        if self._bar:
            self._bar.stop()

    def say_found(self, folder: "ResultFolder") -> None:
        """Say what of the study was found in its `folder`; those runs do not count as made since the start."""
        self.found = len(folder)
        for line in folder.runs.lines:
            self.say(line)
        if folder.finished:
            self.say(f"finished before; what is in {folder.path} is shown")
        elif len(folder):
            self.say(f"{len(folder)} finished runs found in {folder.path}; going on")

    def advance(self, runs: int = 1, what: str = "runs") -> None:
        """So many more runs are done; `what` they are."""
        before, self.done = self.done, self.done + runs
        now = time.monotonic()
        if self._bar:
            self._bar.update(self._task, completed=self.done, description=what, rate=self.rate())
        elif self.done > self.found and self._due(before, now):
            self._told = now
            self.say(f"{self.done} of {max(self.total, self.done)} runs, {self.rate()}")

    def expect(self, more: int) -> None:
        """So many more runs, or about as many, are to come than are done now."""
        self.total = self.done + more
        if self._bar:
            self._bar.update(self._task, total=self.total)

    def wait(self, what: str) -> None:
        """Show what is waited for, until the next run is done."""
        if self._bar:
            self._bar.update(self._task, description=what)
        else:
            self.say(what)

    def rate(self) -> str:
        """Return rate and time left in words."""
        seconds = max(time.monotonic() - self._start, 1e-9)
        rate = max(self.done - self.found, 0) / seconds
        left = max(self.total - self.done, 0) / rate if rate else float("inf")
        return f"{rate:.3g} runs/s, {clock(seconds)} gone, {clock(left)} left"

    def say(self, line: str) -> None:
        """Show `line`, unless quiet."""
        if self._bar:
            self._bar.console.print(line, highlight=False, markup=False)
        elif not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def _due(self, before: int, now: float) -> bool:
        """Whether a line is due: the last run, one more tenth, or a long time since the last line."""
        tenth = self.done * TENTHS // max(self.total, 1) > before * TENTHS // max(self.total, 1)
        since = now - self._told
        return self.done == self.total or since >= EVERY or (tenth and since >= OFTEN)


def waiting(what: str) -> None:
    """Show `what` is waited for, where progress is shown."""
    if Progress.active is not None:
        Progress.active.wait(what)


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

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    return Bar(*columns, console=Console(stderr=True))
