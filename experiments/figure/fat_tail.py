"""What leverage does to returns: their tails at three leverages, and their moments at all."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.fat_tail import Floats, Tail
from experiments.figure.style import PALETTE, caption, looks, new_figure

LEAST_FALL = 0.01
LABELS = {"sd": "standard deviation", "kurtosis": "kurtosis", "hill": "Hill index, 5 %", "bankruptcies": "bankruptcies"}


def draw(falls: Mapping[float, Floats], found: Mapping[float, Sequence[Tail]]) -> Figure:
    """Draw the distribution of falls by leverage, and every measure against leverage, a point a replication.

    Parameters
    ----------
    falls : leverage → (n,) negative log returns of steps that begin below value, sign dropped.
    found : leverage → a :class:`experiments.fat_tail.Tail` a replication.
    """
    figure, (first, *panels, spare) = new_figure(2, 3, 4.0)
    figure.delaxes(spare)
    tail_panel(first, falls)
    leverage = [one for one, runs in found.items() for _ in runs]
    for panel, (name, label) in zip(panels, LABELS.items(), strict=True):
        panel.plot(leverage, [getattr(run, name) for runs in found.values() for run in runs], ".", color=PALETTE[2])
        panel.plot(
            list(found), [np.mean([getattr(run, name) for run in runs]) for runs in found.values()], color="black"
        )
        panel.set_xlabel("maximal leverage")
        panel.set_title(label, loc="left")
    caption(figure, "Falls in steps that begin below value. Points are replications, lines their means.")
    return figure


def tail_panel(panel: Axes, falls: Mapping[float, Floats]) -> None:
    """Draw P(fall > x), both axes logarithmic."""
    names = [f"leverage {leverage:g}" for leverage in falls]
    for values, (name, look) in zip(falls.values(), looks(names).items(), strict=True):
        ordered = np.sort(values)[::-1]
        panel.loglog(
            ordered, np.arange(1, ordered.size + 1) / ordered.size, color=look.colour, ls=look.dash, label=name
        )
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    panel.set_xlim(left=LEAST_FALL)
    panel.set_xlabel("x, log return")
    panel.set_title("P(fall > x)", loc="left")
    panel.legend(fontsize=6.5)
