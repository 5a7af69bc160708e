"""A figure is tried: where it cannot be drawn it is named in a warning, and the numbers it would have shown are kept.

The drawing library is loaded here, whatever its user has set: a backend that there is none of would keep it from being
imported at all, and is put aside until it is. A figure appears under its name when it is whole.
"""

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BACKEND = "MPLBACKEND"


class FigureWarning(UserWarning):
    """A figure that is missing, and why."""


def load(*names: str) -> None:
    """Import the drawing library, and the modules called `names`, whatever backend the surroundings name."""
    if "matplotlib" not in sys.modules:
        with _no_backend(), _hushed():
            import matplotlib  # noqa: PLC0415, F401
    for name in names:
        import_module(name)


def drawer(module: str) -> "Callable[..., Figure]":
    """Return the function ``draw`` of `module`, which is imported when it draws."""

    def draw(*arguments: Any) -> "Figure":
        load(module)
        figure: Figure = sys.modules[module].draw(*arguments)
        return figure

    return draw


def attempt(save: Callable[..., list[Path]], *arguments: Any) -> tuple[list[Path], str]:
    """Return the files that `save` makes of `arguments`, and what kept it from making them, if anything did."""
    try:
        load()
        with _hushed():
            return save(*arguments), ""
    except Exception as error:
        return [], f"{type(error).__name__}: {' '.join(str(error).split())}"


def tell_missing(place: Path, why: str) -> None:
    """Warn of a figure that should stand at `place`, a path without suffix."""
    with warnings.catch_warnings():
        # The results are there: nobody's wish to see warnings as errors may lose them.
        warnings.simplefilter("always", FigureWarning)
        warnings.warn(FigureWarning(f"figure {place.name} could not be drawn and is missing: {why}"), stacklevel=3)


def save_vector(draw: "Callable[..., Figure]", place: Path, *arguments: Any) -> list[Path]:
    """Save what `draw` makes of `arguments` at `place`, for print and screen; return its files, none where it warns."""

    def save() -> list[Path]:
        from experiments.figure.vector import save_vector as save  # noqa: PLC0415

        return save(draw, place, *arguments)

    made, why = attempt(save)
    if why:
        for kind in ("png", "pdf", "svg"):  # one that was drawn of fewer runs shows something else
            place.with_name(f"{place.name}.{kind}").unlink(missing_ok=True)
        tell_missing(place, why)
    return made


def save_alone(folder: Path, name: str, result: object, module: str) -> None:
    """Draw a study's only figure, that of `module`, as ``folder/figures/name``, or warn."""

    def save() -> list[Path]:
        from experiments.figure.style import save_styled  # noqa: PLC0415

        (folder / "figures").mkdir()
        return save_styled(drawer(module), folder / "figures" / name, result)

    _, why = attempt(save)
    if why:
        tell_missing(folder / "figures" / name, why)


@contextmanager
def figures_told() -> Iterator[None]:
    """Tell of missing figures in a line of standard error each; other warnings look as always."""
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, FigureWarning):
            print(f"warning: {message}", file=sys.stderr, flush=True)
        else:
            before(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


@contextmanager
def _no_backend() -> Iterator[None]:
    """Keep the backend that the surroundings name from the import, and let it hold afterwards where there is one."""
    named = os.environ.pop(BACKEND, None)
    try:
        yield
    finally:
        if named is not None:
            os.environ[BACKEND] = named
            with suppress(Exception):
                sys.modules["matplotlib"].rcParams["backend"] = named


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the drawing library's remarks on its user's settings, which are not used, off the terminal."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
