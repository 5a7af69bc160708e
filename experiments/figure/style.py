"""How figures look: for print, for the colour-blind, and the same bytes on every run.

The palette is that of Okabe and Ito (2008), which stays apart under the common kinds of colour blindness;
cells differ in marker and dash as well, so a grey copy is legible too. Figures are drawn without the
interactive layer of matplotlib, so they need no display and leave no state behind.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PALETTE = ("#D55E00", "#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
GREY = "#555555"
# Inches: the text width of an A4 page.
WIDTH = 7.0

SETTINGS: Any = {
    "font.size": 8.5,
    "axes.titlesize": 9.0,
    # A title in a fixed place: looking for a free one takes a third of the drawing time.
    "axes.titley": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "pdf.fonttype": 42,
    "text.parse_math": False,
    # Letters keep their shape; fitting them to pixels takes a tenth of the drawing time.
    "text.hinting": "none",
}


class Look(NamedTuple):
    """How one cell is drawn in every figure."""

    colour: str
    marker: str
    dash: Any


def looks(cells: Sequence[str]) -> Mapping[str, Look]:
    """Return a look for every cell, by its place in the comparison."""
    return {
        cell: Look(PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, cell in enumerate(cells)
    }


def styled() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn."""
    return mpl.rc_context(SETTINGS)


def new_figure(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure of text width and its axes, row by row."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, **options).flat)


def legend_above(figure: Figure, panel: Axes) -> None:
    """Name the cells drawn in `panel` in one row above the figure."""
    handles, names = panel.get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, loc="outside upper center", ncols=4)


def caption(figure: Figure, text: str) -> None:
    """Write `text` below the figure: what is shown, from how many replications, with what interval."""
    figure.supxlabel(text, fontsize=7.5, color=GREY, x=0.01, ha="left")


def save(figure: Figure, stem: Path) -> None:
    """Save as PNG for the screen and as PDF for print; no date is kept, so equal figures are equal files."""
    figure.savefig(stem.with_suffix(".png"), dpi=160)
    # The layout found for one file holds for the other.
    figure.set_layout_engine("none")
    figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None})


def save_alone[Result](folder: Path, name: str, draw: Callable[[Result], Figure], result: Result) -> None:
    """Draw a study's only figure and save it as ``folder/figures/name``."""
    (folder / "figures").mkdir()
    with styled():
        save(draw(result), folder / "figures" / name)
