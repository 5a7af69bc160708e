"""What protocols chose: leverage caps, and who stayed in the pool.

Under a premium that does not depend on risk, caps drift up where others bear part of what that costs (moral hazard),
and members for whom the pool costs more than it returns leave it (adverse selection).
"""

from matplotlib.figure import Figure

from experiments.statistics.headline_metrics import MEAN_CAP, MEMBERS
from experiments.study.comparison.figure.band import stacked
from experiments.study.comparison.figure.result import Result

SHOWN = (MEAN_CAP, MEMBERS)


def draw(result: Result) -> Figure:
    """Mean leverage cap above, members of the pool below, one fan per arrangement."""
    return stacked(result, SHOWN, from_zero=SHOWN[1:])
