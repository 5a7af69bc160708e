"""What is wrong with a file of accounts: lines that name file, column, row, what stands there and what is needed.

Rows count from 1, the heading apart. Of every kind of fault the first rows are told, and how many more there are.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.price.reader.problem import further

FEW = 3  # rows told of one kind of fault
MOST_TOLD = 20  # lines of one file
LONGEST = 80  # characters of a cell that a line shows
Flags = NDArray[np.bool_]


class AccountFileError(ValueError):
    """A file of accounts that cannot be used; `problems` holds one line for each reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def refusal(file: Path, reason: str) -> AccountFileError:
    """Return the error of a file refused for one reason."""
    return AccountFileError([f"{file}: {' '.join(reason.split())}"])


class Checker:
    """Collects the faults of a file.

    Parameters
    ----------
    file : its name, for messages.
    cell : what stands in a column's row of the file, counted from 0.
    """

    def __init__(self, file: Path, cell: Callable[[str, int], object]) -> None:
        self.file, self.cell = file, cell
        self.lines: list[str] = []

    def note(self, column: str, bad: Flags, needed: str) -> None:
        """Add lines for the rows that are `bad` in a column, (rows,)."""
        rows = np.flatnonzero(bad)
        told = rows[:FEW].tolist()
        for row in told:
            more = further(rows.size - FEW + 1) if row == told[-1] else ""
            self.lines.append(f"{self.file}: {column}: row {row + 1}: {shown(self.cell(column, row))}: {needed}{more}")

    def stop(self) -> None:
        """Raise AccountFileError where there are lines."""
        if self.lines:
            more = [f"{self.file}: ... and {len(self.lines) - MOST_TOLD} more"] if len(self.lines) > MOST_TOLD else []
            raise AccountFileError([*self.lines[:MOST_TOLD], *more])


def shown(value: object) -> str:
    """Return what stands in a cell, on one line and cut where it is long."""
    text = " ".join(str("nothing" if value in ("", None) else value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
