"""Moments next to the record: how far off each is, how volatility clusters, how fat the tails are."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from experiments.figure.style import GREY, PALETTE, caption, new_figure
from experiments.study.calibration.moment import Floats, autocorrelation
from experiments.study.calibration.report import Calibration

LONGEST = 168
BOUND = 1.96
LOOKS = {"recorded": ("o", PALETTE[0]), "simulated": ("D", PALETTE[2])}


def draw(calibration: Calibration) -> Figure:
    """Draw the standardised differences of all moments; clusters and tails of the first asset."""
    rows = 0.15 * len(calibration.names)
    figure, panels = new_figure(3, 1, rows + 5.6, height_ratios=(rows + 0.4, 2.2, 2.2))
    _scores(panels[0], calibration)
    pair = {
        "recorded": calibration.record.series.returns[:, 0] / calibration.record.series.returns[:, 0].std(),
        "simulated": calibration.series.returns[..., 0] / calibration.series.returns[..., 0].std(),
    }
    for name, returns in pair.items():
        marker, colour = LOOKS[name]
        panels[1].plot(*_clusters(returns), marker, color=colour, markersize=3, label=name)
        panels[2].loglog(*_survival(returns), marker, color=colour, markersize=3, label=name)
    panels[1].set(
        xscale="log", xlabel="lag, bars", title=f"{calibration.record.assets[0]}: autocorrelation of absolute returns"
    )
    panels[2].set(xlabel="absolute return over standard deviation", title="share of bars beyond")
    panels[1].legend()
    for axis in (panels[1].xaxis, panels[2].xaxis, panels[2].yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    days = f"{calibration.judged.days:,.0f} simulated days"
    caption(figure, f"z: recorded less simulated over its standard error, that of {days}; grey: 95 % band.")
    return figure


def _scores(panel: Axes, calibration: Calibration) -> None:
    rows = np.arange(len(calibration.names))
    panel.axvspan(-BOUND, BOUND, color=GREY, alpha=0.15, linewidth=0)
    panel.plot(calibration.fit.scores, rows, "o", color=PALETTE[2], markersize=4)
    panel.set_yticks(rows, calibration.names, fontsize=6.5)
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.set(xlabel="z", title="moments")


def _clusters(returns: Floats) -> tuple[Floats, Floats]:
    """Return lags and the autocorrelation of absolute returns there."""
    lags = np.unique(np.geomspace(1, min(LONGEST, returns.shape[-1] // 2), 25).astype(int))
    return lags, np.array([autocorrelation(np.abs(returns), int(lag)) for lag in lags])


def _survival(returns: Floats) -> tuple[Floats, Floats]:
    """Return absolute returns and the share of bars beyond each, thinned for drawing."""
    ordered = np.sort(np.abs(returns).ravel())[::-1]
    rank = np.unique(np.geomspace(1, len(ordered) // 2, 60).astype(int))
    return ordered[rank - 1], rank / len(ordered)
