"""How figures look: for print, for the colour-blind, and the same bytes on every run.

The palette is that of Okabe and Ito (2008), which stays apart under the common kinds of colour blindness;
arrangements differ in marker and dash as well, so a grey copy is legible too. Figures are drawn without the
interactive layer of matplotlib, so they need no display and leave no state behind. What the user's own files set
(a style, LaTeX, other fonts) is put aside while they are drawn.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    # A title at a fixed height: the search for a free one takes a third of the drawing time.
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
    # No hinting: fitting letters to pixels takes a tenth of the drawing time.
    "text.hinting": "none",
}
# Settings that are not about looks, and are the user's.
NO_STYLE = ("backend", "backend_fallback", "interactive")
# Kinds of file, and what keeps the date out of each.
DATELESS: Mapping[str, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


class Look(NamedTuple):
    """How one arrangement is drawn in every figure."""

    colour: str
    marker: str
    dash: Any


def looks(arrangements: Sequence[str]) -> Mapping[str, Look]:
    """Return a look for every arrangement, by its position in the comparison."""
    return {
        arrangement: Look(PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, arrangement in enumerate(arrangements)
    }


@contextmanager
def styled(more: dict[str, str] | None = None) -> Iterator[None]:
    """Draw within this context with the library's own settings, these and `more`, whatever the user's files say."""
    with mpl.rc_context():
        with warnings.catch_warnings():
            # Deprecated settings of the library are no concern of the user's.
            warnings.simplefilter("ignore")
            mpl.rcParams.update({name: value for name, value in mpl.rcParamsDefault.items() if name not in NO_STYLE})
        mpl.rcParams.update(SETTINGS | (more or {}))
        yield


def new_figure(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure of text width and its axes, row by row."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, **options).flat)


def legend_above(figure: Figure, panel: Axes) -> None:
    """Name the arrangements drawn in `panel` in one row above the figure."""
    handles, names = panel.get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, loc="outside upper center", ncols=4)


def caption(figure: Figure, text: str) -> None:
    """Write `text` below the figure: what is shown, from how many replications, with what interval."""
    figure.supxlabel(text, fontsize=7.5, color=GREY, x=0.01, ha="left")


def save(figure: Figure, stem: Path, kinds: Sequence[str] = ("png", "pdf")) -> list[Path]:
    """Save as PNG for the screen and as PDF for print; no date is kept, so equal figures are equal files.

    Either all files appear, complete, or none.
    """
    halves = {kind: stem.with_name(f".{stem.name}-half.{kind}") for kind in kinds}
    try:
        for kind, half in halves.items():
            figure.savefig(half, dpi=160 if kind == "png" else "figure", metadata=DATELESS[kind])
            # The layout found for one file holds for the other.
            figure.set_layout_engine("none")
        return [half.replace(stem.with_name(f"{stem.name}.{kind}")) for kind, half in halves.items()]
    finally:
        for half in halves.values():
            half.unlink(missing_ok=True)


def save_styled(draw: Callable[[Any], Figure], stem: Path, result: object) -> list[Path]:
    """Draw `result` and save it at `stem`."""
    with styled():
        return save(draw(result), stem)
