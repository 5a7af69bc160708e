"""How much capital each arrangement needs, and what diversification is worth as losses come together."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import caption, looks, new_figure
from experiments.size.answer import Answer
from experiments.size.exposure import benefit_by_correlation
from experiments.size.view import MILLION


def draw(answer: Answer) -> Figure:
    """Left: least capital with its interval; right: pooled over isolated value at risk by loss correlation."""
    figure, (left, right) = new_figure(1, 2, 0.9 + 0.35 * max(4, len(answer.sizes)))
    _capital(left, answer)
    _benefit(right, answer)
    number = len(answer.losses)
    few = "; too few for this target: the worst one, a lower bound" if number * (1.0 - answer.target) < 1.0 else ""
    told = f"Capital with P(uncovered) <= {1 - answer.target:.4g}; 95 % interval from {number} replications{few}."
    caption(figure, told)
    return figure


def _capital(panel: Axes, answer: Answer) -> None:
    cells = [size.cell for size in answer.sizes]
    for row, (size, look) in enumerate(zip(answer.sizes, looks(cells).values(), strict=True)):
        if not math.isfinite(size.capital):
            continue
        high = size.high if math.isfinite(size.high) else size.capital
        panel.plot([size.low * MILLION, high * MILLION], [row, row], color=look.colour, linewidth=2.0)
        panel.plot([size.capital * MILLION], [row], look.marker, color=look.colour, markersize=5)
        if math.isinf(size.high):
            panel.annotate("→", (high * MILLION, row), color=look.colour, va="center", ha="left")
    panel.set_yticks(range(len(cells)), [cell.replace("/", "\n") for cell in cells])
    panel.set_ylim(len(cells) - 0.5, -0.5)
    panel.set_xlim(left=0.0)
    panel.set_xlabel("least capital [$M]")


def _benefit(panel: Axes, answer: Answer) -> None:
    found = benefit_by_correlation(answer.losses, answer.target)
    panel.plot(list(found), list(found.values()), "o-", color="#0072B2", markersize=4)
    panel.set_ylim(0.0, 1.05)
    panel.set_xlabel("correlation of losses")
    panel.set_ylabel("pooled over isolated capital")
