"""What stops a sweep, told in one line each, with the exit code it deserves."""

from collections.abc import Iterable

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
        """Travel between processes whole."""
        return type(self), (self.problems, self.code)


def named(error: OSError) -> str:
    """Return what the system says of `error`, and of which file."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
