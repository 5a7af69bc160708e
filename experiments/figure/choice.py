"""What protocols chose: leverage caps, and who stayed in the pool.

Under a premium that does not depend on risk, caps drift up where others bear part of what that costs (moral hazard),
and members for whom the pool costs more than it returns leave it (adverse selection).
"""

from matplotlib.figure import Figure

from experiments.figure.band import fans, reading
from experiments.figure.result import Result
from experiments.figure.style import caption, legend_above, new_figure
from experiments.headline import MEAN_CAP, MEMBERS

SHOWN = (MEAN_CAP, MEMBERS)


def draw(result: Result) -> Figure:
    """Mean leverage cap above, members of the pool below, one fan per cell."""
    figure, panels = new_figure(2, 1, 5.2, sharex=True)
    for panel, total in zip(panels, SHOWN, strict=True):
        fans(panel, result, total)
    panels[-1].set_ylim(bottom=0)
    panels[-1].set_xlabel("step")
    legend_above(figure, panels[0])
    caption(figure, reading(result))
    return figure
