"""How far it has come, on standard error: a bar on a terminal, a line at every tenth in a log."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiments.run.stream import lively

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder

TENTHS = 10


class Progress:
    """Context that shows progress of a known number of runs.

    Parameters
    ----------
    total : runs in all.
    quiet : show nothing.
    """

    def __init__(self, total: int, quiet: bool = False) -> None:
        self.total, self.quiet = total, quiet
        self.done = 0
        self._start = time.monotonic()
        self._bar = _bar() if lively(sys.stderr) and not quiet else None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("pilot", total=self.total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def say_found(self, folder: "ResultFolder") -> None:
        """Say what of the study was found in its `folder`."""
        for line in folder.runs.lines:
            self.say(line)
        if folder.finished:
            self.say(f"finished before; what is in {folder.path} is shown")
        elif len(folder):
            self.say(f"{len(folder)} finished runs found in {folder.path}; going on")

    def advance(self, what: str = "runs") -> None:
        """One more run is done."""
        self.done += 1
        if self._bar:
            self._bar.update(self._task, completed=self.done, description=what)
        elif self.done * TENTHS // self.total > (self.done - 1) * TENTHS // self.total:
            self.say(f"{self.done} of {self.total} runs, {time.monotonic() - self._start:.0f} s")

    def say(self, line: str) -> None:
        """Show `line`, unless quiet."""
        if self._bar:
            self._bar.console.print(line, highlight=False)
        elif not self.quiet:
            print(line, file=sys.stderr, flush=True)


def _bar() -> Any:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bar(*columns, console=Console(stderr=True))
