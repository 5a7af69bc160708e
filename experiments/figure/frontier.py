"""Burden on winners against tail loss, a panel per size of the backstop; the frontier is filled and named."""

import itertools
import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import GREY, Look, caption, legend_above, looks, new_figure
from experiments.phase.frontier import LEVEL, Arrangement

MILLION = 1e-6
COLUMNS = 3
NAMED = 2  # regimes named at one place


def draw(found: Sequence[Arrangement]) -> Figure:
    """Open markers are dominated by another arrangement of any size."""
    ratios = sorted({item.ratio for item in found})
    columns = min(COLUMNS, len(ratios))
    rows = math.ceil(len(ratios) / columns)
    figure, panels = new_figure(rows, columns, 1.1 + 2.6 * rows, sharex=True, sharey=True)
    for panel in panels[len(ratios) :]:
        panel.remove()
    appearance = looks(list(dict.fromkeys(item.structure for item in found)))
    for panel, ratio in zip(panels, ratios, strict=False):
        _panel(panel, [item for item in found if item.ratio == ratio], appearance)
    for panel in panels[:: len(ratios) and columns]:
        panel.set_ylabel(f"uncovered loss,\nmean of the worst {1 - LEVEL:.0%} [$M]")
    legend_above(figure, panels[0])
    caption(
        figure,
        f"{found[0].number} paired replications. Bars: 95 % interval (percentile bootstrap). Filled: no other"
        "\narrangement of any size has no more of all three and less of one. Names: loss regimes on that frontier.",
    )
    return figure


def _panel(panel: Axes, found: Sequence[Arrangement], appearance: Mapping[str, Look]) -> None:
    for structure, look in appearance.items():
        own = [item for item in found if item.structure == structure]
        for item in own:
            fill = look.colour if item.best else "white"
            place = [item.burden * MILLION], [item.tail * MILLION]
            panel.plot([place[0][0]] * 2, [item.low * MILLION, item.high * MILLION], color=look.colour, linewidth=0.7)
            over = 3 if item.best else 2
            panel.plot(
                *place, look.marker, color=look.colour, markerfacecolor=fill, markersize=5, clip_on=False, zorder=over
            )
        panel.plot([], [], look.marker, color=look.colour, label=structure)
    _names(panel, [item for item in found if item.best])
    panel.set_title(f"capital ${found[0].capital * MILLION:.3g}M", loc="left")
    panel.set_xlabel("borne by winners [$M]")
    panel.margins(x=0.25)


def _names(panel: Axes, best: Sequence[Arrangement]) -> None:
    def place(item: Arrangement) -> tuple[float, float]:
        return round(item.burden * MILLION, 2), round(item.tail * MILLION, 2)

    places = itertools.groupby(sorted(best, key=place), key=place)
    # Neighbours are named above and below in turn.
    for ((x, y), items), lift in zip(places, itertools.cycle((6, -14)), strict=False):
        regimes = list(dict.fromkeys(item.regime for item in items))
        more = f" +{len(regimes) - NAMED}" if len(regimes) > NAMED else ""
        text = "\n".join(regimes[:NAMED]) + more
        panel.annotate(
            text, (x, y), xytext=(5, lift), textcoords="offset points", fontsize=6, color=GREY, annotation_clip=False
        )
