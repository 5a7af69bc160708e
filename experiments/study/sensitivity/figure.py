"""Indices of sensitivity: a panel per index, a row per field, a look per group."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from experiments.figure.style import caption, legend_above, looks, new_figure
from experiments.study.sensitivity.analysis import Index

TITLES = {
    "mu_star": "Morris μ*",
    "sigma": "Morris σ",
    "S1": "Sobol' first order",
    "ST": "Sobol' total",
    "PAWN": "PAWN, median",
}


def draw(indices: Sequence[Index], metric: str) -> Figure:
    """Dots are indices, bars their 95 % intervals where there are any."""
    names = list(dict.fromkeys(item.name for item in indices))
    fields = list(dict.fromkeys(item.field for item in indices))
    groups = list(dict.fromkeys(item.group for item in indices))
    figure, panels = new_figure(1, len(names), 1.3 + 0.16 * len(fields) * (1 + len(groups)), sharey=True)
    for panel, name in zip(panels, names, strict=True):
        for number, (group, look) in enumerate(looks(groups).items()):
            own = [item for item in indices if item.name == name and item.group == group]
            rows = np.array([fields.index(item.field) for item in own]) + 0.16 * (number - (len(groups) - 1) / 2)
            values = np.array([item.value for item in own])
            half = np.array([item.half_width for item in own])
            panel.hlines(rows, values - half, values + half, color=look.colour, linewidth=1.5)
            panel.plot(values, rows, look.marker, color=look.colour, markersize=4, label=group or "all")
        panel.set_title(TITLES.get(name, name), loc="left")
        panel.set_yticks(range(len(fields)), fields)
        panel.set_ylim(len(fields) - 0.5, -0.5)
        panel.set_xlim(left=min(0.0, panel.get_xlim()[0]))
    if any(groups):
        legend_above(figure, panels[0])
    caption(
        figure,
        f"Sensitivity of {metric}. Points are means over replications; bars: 95 % interval (points and replications).",
    )
    return figure
