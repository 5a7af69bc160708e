"""A map of who wins over two fields: colour and letter where it is decided, hatches where it is not."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from experiments.figure.style import GREY, PALETTE, caption, new_figure
from experiments.statistics.headline_metrics import HEADLINES
from experiments.study.phase.diagram import LEVEL, SAME, Diagram

# From where a is better, over no difference, to where b is better.
COLOURS = LinearSegmentedColormap.from_list("winner", [PALETTE[1], "#ffffff", PALETTE[2]])
HATCH = "////"
# Letters stand above the line and out of it.
HALO: Any = {"path_effects": [withStroke(linewidth=2, foreground="white")], "zorder": 4}


def draw(diagrams: Sequence[Diagram]) -> Figure:
    """One panel per metric, two in a row."""
    columns = min(2, len(diagrams))
    rows = math.ceil(len(diagrams) / columns)
    figure, panels = new_figure(rows, columns, 0.9 + rows * (1.1 + 0.33 * len(diagrams[0].ys)))
    for panel in panels[len(diagrams) :]:
        panel.remove()
    for panel, diagram in zip(panels, diagrams, strict=False):
        _panel(figure, panel, diagram)
    first = diagrams[0]
    _key(figure, first)
    caption(
        figure,
        f"Mean paired difference {first.a} − {first.b} of {first.number} replications on common random numbers."
        f"\nHatched: no difference (bootstrap-t or exact, Benjamini–Hochberg at {LEVEL:.0%} over each panel)."
        f"\nIdentity: total deficits differ by less than {SAME:.1%} in every run, so nothing feeds back.",
    )
    return figure


def _panel(figure: Figure, panel: Axes, diagram: Diagram) -> None:
    label, unit, factor = _shown(diagram.metric)
    values = factor * diagram.difference
    bound = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    mesh = panel.pcolormesh(values, cmap=COLOURS, vmin=-bound, vmax=bound, rasterized=False)
    bar = figure.colorbar(mesh, ax=panel, shrink=0.9)
    bar.set_label(f"{diagram.a} − {diagram.b} [{unit}]")
    _marks(panel, diagram)
    _reference(panel, diagram)
    panel.grid(visible=False)
    panel.set_xticks(np.arange(len(diagram.xs)) + 0.5, [_number(value) for value in diagram.xs])
    panel.set_yticks(np.arange(len(diagram.ys)) + 0.5, [_number(value) for value in diagram.ys])
    panel.set_xlabel(diagram.x)
    panel.set_ylabel(diagram.y)
    note = _identity(diagram) if diagram.identity else ""
    panel.set_title(label + note, loc="left", fontsize=8)


def _identity(diagram: Diagram) -> str:
    points = f"{diagram.identity} of {diagram.p.size} points"
    return f"\nthe sign is an identity at {points}"


def _marks(panel: Axes, diagram: Diagram) -> None:
    letters = diagram.a[0].upper(), diagram.b[0].upper()
    for (i, j), decided in np.ndenumerate(diagram.decided):
        if decided:
            letter = letters[int(diagram.difference[i, j] > 0)]
            panel.text(j + 0.5, i + 0.5, letter, ha="center", va="center", fontsize=8, fontweight="bold", **HALO)
        else:
            panel.add_patch(Rectangle((j, i), 1, 1, fill=False, edgecolor=GREY, linewidth=0.0, hatch=HATCH))


def _reference(panel: Axes, diagram: Diagram) -> None:
    """Draw the line of strain 1 where it crosses the map."""
    strain = diagram.strain
    if not _crosses(strain):
        return
    across, up = (np.arange(size) + 0.5 for size in (strain.shape[1], strain.shape[0]))
    panel.contour(across, up, strain, levels=[1.0], colors="black", linewidths=1.6)


def _crosses(strain: NDArray[np.float64]) -> bool:
    return min(strain.shape) >= 2 and bool(np.nanmin(strain) < 1.0 < np.nanmax(strain))


def _key(figure: Figure, diagram: Diagram) -> None:
    handles: list[Artist] = [
        Patch(facecolor=PALETTE[1], label=f"{diagram.a[0].upper()}: {diagram.a} better"),
        Patch(facecolor=PALETTE[2], label=f"{diagram.b[0].upper()}: {diagram.b} better"),
        Patch(facecolor="white", edgecolor=GREY, hatch=HATCH, label="undecided"),
    ]
    if _crosses(diagram.strain):
        handles.append(Line2D([], [], color="black", linewidth=1.6, label="deficit / capital = 1 + treasury / fund"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)


def _shown(metric: str) -> tuple[str, str, float]:
    for headline in HEADLINES:
        if headline.metric == metric:
            return headline.label, headline.unit, headline.factor
    return metric, "unit of the metric", 1.0


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
