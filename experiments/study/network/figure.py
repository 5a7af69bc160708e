"""The exposure network: debts between protocols, and how much of the others' treasuries each default takes."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import GREY, PALETTE, caption, new_figure
from experiments.study.network.survey import Survey

LARGEST, LEAST = 260.0, 40.0  # points², area of a node
WIDEST = 2.5  # points, of an arrow
NAMED = 40  # protocols up to which nodes and bars are named


def draw(survey: Survey) -> Figure:
    """Left: arrows from debtor to creditor, nodes by DebtRank; right: DebtRank, both variants."""
    figure, (left, right) = new_figure(1, 2, 3.4)
    _graph(left, survey)
    _bars(right, survey)
    bound = survey.report.amplification_bound
    bounded = f"at most {bound:.3g} times" if math.isfinite(bound) else "without bound"
    caption(figure, f"Arrow: owes; area: DebtRank. Ties multiply expected losses {bounded} (Glasserman and Young).")
    return figure


def _graph(panel: Axes, survey: Survey) -> None:
    debts, impact = survey.debts, survey.report.centrality.impact
    angle = np.pi / 2 - 2 * np.pi * np.arange(len(debts)) / len(debts)
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    for debtor, creditor in np.argwhere(debts > 0.0):
        width = WIDEST * math.sqrt(debts[debtor, creditor] / debts.max())
        look = {"arrowstyle": "-|>", "lw": width, "color": GREY, "alpha": 0.5, "shrinkA": 7, "shrinkB": 7}
        look["connectionstyle"] = "arc3,rad=0.12"
        panel.annotate("", points[creditor], points[debtor], arrowprops=look)
    area = LEAST + (LARGEST - LEAST) * impact / max(impact.max(initial=0.0), 1e-300)
    panel.scatter(points[:, 0], points[:, 1], s=area, color=PALETTE[2], zorder=3)
    for i in range(len(debts) if len(debts) <= NAMED else 0):
        panel.annotate(survey.names[i], 1.17 * points[i], ha="center", va="center")
    panel.set_aspect("equal")
    panel.set_xlim(-1.35, 1.35)
    panel.set_ylim(-1.35, 1.35)
    panel.set_axis_off()


def _bars(panel: Axes, survey: Survey) -> None:
    order = np.argsort(-survey.report.centrality.impact, kind="stable")[:NAMED]
    rows = np.arange(len(order))
    panel.barh(rows - 0.2, survey.report.centrality.impact[order], 0.38, color=PALETTE[2], label="linear")
    panel.barh(rows + 0.2, survey.once[order], 0.38, color=PALETTE[5], label="2012")
    panel.set_yticks(rows, [survey.names[i] for i in order])
    panel.set_ylim(len(order) - 0.4, -0.6)
    panel.set_ylabel("protocol")
    panel.set_xlabel("DebtRank: part of the others' treasuries lost if it fails")
    panel.legend()
