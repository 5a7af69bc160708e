"""Where Backstop's own packages come from: from next to this one, whatever the current folder holds.

They are called ``agents``, ``model`` and ``experiments``, names that a Mesa project of one's own and other
distributions use as well. So the first to be imported takes the two others from its own folder, before anything can
look for them anywhere else; a process started for runs is told to begin likewise.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

PACKAGES = ("agents", "model", "experiments")
HOME = Path(__file__).resolve().parents[2]
ADVICE = "install Backstop into an environment of its own (README, Quick start)"
# Python's own switch: a process started with it does not look into the current folder for what it imports.
SAFE = {"PYTHONSAFEPATH": "1"}


class ClashError(ImportError):
    """Something else is in the place of one of Backstop's packages."""


def claim() -> None:
    """Import Backstop's packages from next to this one.

    Raises
    ------
    ClashError
        If something else was imported under one of their names.
    """
    sys.path.insert(0, str(HOME))
    try:
        for name in PACKAGES:
            _require_own(name, getattr(import_module(name), "__file__", None))
    finally:
        sys.path.remove(str(HOME))


def require_whole() -> None:
    """Raise ClashError where another distribution has written over a file of an installed Backstop."""
    for path, size in _recorded():
        if not path.is_file() or path.stat().st_size != size:
            found = f"also provided by {others}" if (others := ", ".join(_others())) else "changed or lost"
            raise ClashError(f"{path}: not the file that Backstop installed ({found}): {ADVICE}")


@contextmanager
def safe_start() -> Iterator[None]:
    """Let processes that are started in it not look into the current folder for what they import."""
    with environment_kept(SAFE):
        os.environ.update(SAFE)
        yield


@contextmanager
def environment_kept(names: Iterable[str]) -> Iterator[None]:
    """Give the variables `names` of the environment their values of before again at the end."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _require_own(name: str, found: str | None) -> None:
    own = HOME / name / "__init__.py"
    if found is None or not os.path.samefile(found, own):
        raise ClashError(f"Backstop's package {name} is {own}, but {found or 'something else'} was imported: {ADVICE}")


def _recorded() -> Iterator[tuple[Path, int]]:
    """Yield the files of Backstop's packages with their sizes, as its installer wrote them down, if it did."""
    for record in HOME.glob("backstop-*.dist-info/RECORD"):
        for line in record.read_text(encoding="utf-8").splitlines():
            name, _, size = line.rsplit(",", 2)
            if name.endswith(".py") and name.partition("/")[0] in PACKAGES and size:
                yield HOME / name, int(size)


def _others() -> list[str]:
    """Return the other distributions that provide a package of one of the names."""
    from importlib.metadata import packages_distributions  # noqa: PLC0415

    providers = packages_distributions()
    return sorted({one for name in PACKAGES for one in providers.get(name, ())} - {"backstop"})
