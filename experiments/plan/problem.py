"""The error that stops a sweep: a line per problem, and the exit code."""

from collections.abc import Iterable
from pathlib import Path

from model.scenario.asset_name import legible

BAD_INPUT, FAILED = 2, 1


class SweepError(ValueError):
    """A sweep that cannot be run, or cannot go on.

    Attributes
    ----------
    problems : one line each.
    code : exit code; 2 for bad input, 1 where something failed.
    """

    def __init__(self, problems: str | Iterable[str], code: int = BAD_INPUT) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        self.code = code
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["SweepError"], tuple[list[str], int]]:
        """Keep problems and code when pickled between processes."""
        return type(self), (self.problems, self.code)


def named(error: OSError) -> str:
    """Return the system's message of `error` with the name of its file."""
    file = f"{error.filename}: " if error.filename else ""
    return f"{file}{error.strerror or error}"


def require_utf8(folder: Path) -> None:
    """Raise SweepError where the path of a sweep is not UTF-8, in which DuckDB reads paths."""
    path = str(folder.absolute())
    if legible(path) != path:
        raise SweepError(f"{legible(str(folder))}: a byte of the path is not UTF-8; allowed is a path in UTF-8")
