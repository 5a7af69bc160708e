"""The error of price files that cannot be used, and the limits of their size.

The limits bound the memory of reading, which a small file can make large: a compressed file of
some kilobytes may hold millions of rows. Five million rows are nine and a half years of minutes and take about a
gigabyte to read; a row of text has up to 200 characters; no exchange writes a thousand columns.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Limits(NamedTuple):
    """The most that is read of one price file."""

    rows: int = 5_000_000
    columns: int = 1_000
    size: int = 1_000_000_000  # bytes, unpacked, of what is read


class PriceFileError(ValueError):
    """Price files that cannot be used; `problems` holds one line for each reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def refusal(file: Path, reason: str) -> PriceFileError:
    """Return the error of a file refused for one reason, on one line."""
    return PriceFileError([f"{file}: {' '.join(reason.split())}"])


def require(file: Path, found: int, most: int, unit: str) -> None:
    """Raise PriceFileError where a file holds more of `unit` than the limit.

    Parameters
    ----------
    file : where it lies.
    found : the number it has.
    most : how many are allowed.
    unit : what is counted, plural.
    """
    if found > most:
        raise refusal(file, f"{found:,} {unit}: at most {most:,} are allowed; cut the file or use longer bars")


def further(count: int) -> str:
    """Return what to add to a line that stands for `count` rows."""
    return f" (and {count - 1} more rows)" if count > 1 else ""
