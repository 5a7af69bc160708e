"""Drawing with failures reported: a figure that cannot be drawn is named in a warning, and the results are kept.

matplotlib is imported here, whatever backend the user has set: an unknown one would keep it from being imported at all,
so the setting is put aside during the import. A figure appears under its name only when it is complete.

Its import is slow and most commands draw nothing: it is imported when a figure is drawn, here and by the modules of
figures, which are loaded by name (:func:`load`).
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
    """A figure could not be drawn; the message says why."""


def load(*names: str) -> None:
    """Import matplotlib and the modules called `names`, whatever backend the environment names."""
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
    """Return the files that ``save(*arguments)`` writes, and the error that kept it from it, empty where none did."""
    try:
        load()
        with _hushed():
            return save(*arguments), ""
    except Exception as error:
        return [], f"{type(error).__name__}: {' '.join(str(error).split())}"


def tell_missing(place: Path, why: str) -> None:
    """Warn that the figure at `place`, a path without suffix, is missing."""
    with warnings.catch_warnings():
        # Not even -W error may lose the results for want of a figure.
        warnings.simplefilter("always", FigureWarning)
        warnings.warn(FigureWarning(f"figure {place.name} could not be drawn and is missing: {why}"), stacklevel=3)


def save_vector(draw: "Callable[..., Figure]", place: Path, *arguments: Any) -> list[Path]:
    """Save the figure ``draw(*arguments)`` at `place` for print and screen; return its files, none where it warns."""

    def save() -> list[Path]:
        from experiments.figure.vector import save_vector as save  # noqa: PLC0415

        return save(draw, place, *arguments)

    files, why = attempt(save)
    if why:
        for kind in ("png", "pdf", "svg"):  # an older figure, of fewer runs, would show something else
            place.with_name(f"{place.name}.{kind}").unlink(missing_ok=True)
        tell_missing(place, why)
    return files


def save_alone(folder: Path, name: str, result: object, module: str) -> None:
    """Draw a study's only figure, that of `module`, as ``folder/figures/name``, or warn.

    Parameters
    ----------
    folder : of the results.
    name : of the figure's files, without suffix.
    result : what the figure shows.
    module : dotted name of the module whose ``draw`` draws it.
    """

    def save() -> list[Path]:
        from experiments.figure.style import save_styled  # noqa: PLC0415

        (folder / "figures").mkdir(exist_ok=True)
        return save_styled(drawer(module), folder / "figures" / name, result)

    _, why = attempt(save)
    if why:
        tell_missing(folder / "figures" / name, why)


@contextmanager
def figures_told() -> Iterator[None]:
    """Report missing figures in a line of standard error each; other warnings look as always."""
    before = warnings.showwarning

    def _show(
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

    warnings.showwarning = _show
    try:
        yield
    finally:
        warnings.showwarning = before


@contextmanager
def _no_backend() -> Iterator[None]:
    """Hide the backend that the environment names from the import; set it afterwards where it exists."""
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
    """Silence matplotlib's remarks on the user's settings, which are not used."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
