"""Burden on winners against tail loss, a panel per size of the backstop or group; the frontier is filled and named."""

import itertools
import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import GREY, Look, caption, legend_above, looks, new_figure
from experiments.statistics.tail import LEVEL
from experiments.study.phase.frontier import SAME, Arrangement

MILLION = 1e-6
COLUMNS = 3
NAMED = 2  # most regimes named at one point
WIDE, HIGH = 0.3, 0.12  # width and height of a name over those of a panel


def draw(arrangements: Sequence[Arrangement]) -> Figure:
    """Open markers are dominated by another arrangement of any size."""
    kinds = sorted({(item.group, item.ratio) for item in arrangements})
    groups = len({item.group for item in arrangements})
    columns = min(COLUMNS if groups == 1 else 2, len(kinds))
    rows = math.ceil(len(kinds) / columns)
    figure, panels = new_figure(rows, columns, 1.1 + 2.6 * rows, sharex=groups == 1, sharey=groups == 1)
    for panel in panels[len(kinds) :]:
        panel.remove()
    appearance = looks(list(dict.fromkeys(item.structure for item in arrangements)))
    for panel, kind in zip(panels, kinds, strict=False):
        _panel(panel, [item for item in arrangements if (item.group, item.ratio) == kind], appearance)
    for panel in panels[: len(kinds) : columns]:
        panel.set_ylabel(f"uncovered loss,\nmean of the worst {1 - LEVEL:.0%} [$M]")
    legend_above(figure, panels[0])
    caption(
        figure,
        f"{arrangements[0].number} paired replications; tails are means of the worst {arrangements[0].tail_runs}, "
        "too few for an interval.\n"
        "Filled: no other arrangement of any size has no more of all three and less of one (by estimates)."
        "\nNames: loss regimes on that frontier, where there is room for them.",
    )
    return figure


def _panel(panel: Axes, arrangements: Sequence[Arrangement], appearance: Mapping[str, Look]) -> None:
    for structure, look in appearance.items():
        own = [item for item in arrangements if item.structure == structure]
        for item in own:
            fill = look.colour if item.best else "white"
            point = [item.burden * MILLION], [item.tail * MILLION]
            over = 3 if item.best else 2
            panel.plot(
                *point, look.marker, color=look.colour, markerfacecolor=fill, markersize=5, clip_on=False, zorder=over
            )
        panel.plot([], [], look.marker, color=look.colour, label=structure)
    group = f"{arrangements[0].group}: " if arrangements[0].group else ""
    panel.set_title(f"{group}callable capital {_capital(arrangements)}", loc="left")
    panel.set_xlabel("borne by winners [$M]")
    panel.margins(x=0.25)
    panel.set_xlim(left=-0.05 * panel.get_xlim()[1])
    _names(panel, [item for item in arrangements if item.best])


def _capital(arrangements: Sequence[Arrangement]) -> str:
    """Return the callable capital of a panel's arrangements, from the least to the most where they differ."""
    amounts = [item.callable_capital * MILLION for item in arrangements if item.structure != "none"]
    least, most = min(amounts, default=0.0), max(amounts, default=0.0)
    return f"${most:.3g}M" if most <= (1.0 + SAME) * least else f"${least:.3g}M to ${most:.3g}M"


def _names(panel: Axes, best: Sequence[Arrangement]) -> None:
    def place(item: Arrangement) -> tuple[float, float]:
        return float(f"{item.burden * MILLION:.3g}"), float(f"{item.tail * MILLION:.3g}")

    points = {key: list(items) for key, items in itertools.groupby(sorted(best, key=place), key=place)}
    for x, y in _apart(panel, list(points)):
        items = points[x, y]
        regimes = list(dict.fromkeys(item.regime for item in items))
        more = f" +{len(regimes) - NAMED}" if len(regimes) > NAMED else ""
        text = "\n".join(regimes[:NAMED]) + more
        panel.annotate(
            text, (x, y), xytext=(6, -2), textcoords="offset points", fontsize=6, color=GREY, annotation_clip=False
        )


def _apart(panel: Axes, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the places that are no nearer to one before them than a name is wide and high."""
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    kept: list[tuple[float, float]] = []
    for x, y in points:
        if all(abs(x - u) > WIDE * (right - left) or abs(y - v) > HIGH * (high - low) for u, v in kept):
            kept.append((x, y))
    return kept
