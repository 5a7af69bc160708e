"""How much capital each arrangement needs at each target, and what a pool needs over isolated funds."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import PALETTE, Look, caption, looks, new_figure
from experiments.study.size.answer import Answer
from experiments.study.size.exposure import pool_by_correlation
from experiments.study.size.sizing import Size
from experiments.study.size.target import ANY, EACH, TARGETS
from experiments.study.size.target_table import MILLION

APART = 0.16  # of a row, between the two targets
FILL = {ANY: None, EACH: "white"}


def draw(answer: Answer) -> Figure:
    """Left: least capital with its interval, by target; right: pool over isolated funds by loss correlation."""
    arrangements = answer.found(ANY)
    figure, (left, right) = new_figure(1, 2, 1.1 + 0.45 * max(4, len(arrangements)))
    _capital(left, answer)
    _ratio(right, answer)
    number = len(answer.losses)
    few = "; too few for this target: the worst one, a lower bound" if number * (1.0 - answer.target) < 1.0 else ""
    odds = f"{1 - answer.target:.4g}"
    note = (
        f"Open, 'each': P(uncovered) <= {odds} for every member by itself. "
        f"Filled, 'any': P(anybody uncovered) <= {odds}.\n"
        f"95 % interval from {number} replications{few}; own right sizes have none at 'any'. "
        "Right: by the losses alone."
    )
    caption(figure, note)
    return figure


def _capital(panel: Axes, answer: Answer) -> None:
    arrangements = [size.arrangement for size in answer.found(ANY)]
    for row, (arrangement, look) in enumerate(looks(arrangements).items()):
        for size in answer.sizes:
            if size.arrangement == arrangement and math.isfinite(size.capital):
                _mark(panel, size, row + (APART if size.target == EACH else -APART), look)
    panel.set_yticks(range(len(arrangements)), [arrangement.replace("/", "\n") for arrangement in arrangements])
    panel.set_ylim(len(arrangements) - 0.5, -0.5)
    panel.set_xlim(left=0.0)
    panel.set_xlabel("least capital [$M]")


def _mark(panel: Axes, size: Size, row: float, look: Look) -> None:
    high = size.high if math.isfinite(size.high) else size.capital
    if math.isfinite(size.low):
        panel.plot([size.low * MILLION, high * MILLION], [row, row], color=look.colour, linewidth=2.0)
    fill = FILL[size.target] or look.colour
    panel.plot(
        [size.capital * MILLION], [row], look.marker, color=look.colour, markerfacecolor=fill, markersize=5, zorder=3
    )
    if math.isinf(size.high):
        panel.annotate("→", (high * MILLION, row), color=look.colour, va="center", ha="left")


def _ratio(panel: Axes, answer: Answer) -> None:
    ratios = pool_by_correlation(answer.losses, answer.target)
    for kind, colour in zip(TARGETS, PALETTE[2:], strict=False):
        fill = FILL[kind] or colour
        panel.plot(
            list(ratios), [ratio[kind] for ratio in ratios.values()], "o-", color=colour, markerfacecolor=fill,
            markersize=4, label=kind,
        )  # fmt: skip
    panel.set_ylim(0.0, 1.05)
    panel.set_xlabel("correlation of losses")
    panel.set_ylabel("pool over isolated, own right sizes")
    panel.legend()
