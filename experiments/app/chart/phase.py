"""A phase diagram: the mean of a metric, or of a paired difference, on a grid of two parameters."""

import math
from typing import Any

from experiments.app.chart.base import FONT, Chart, Option, chart_option
from experiments.app.explore.result import Grid
from experiments.app.palette import HEALTH


def phase_diagram(title: str, across: str, up: str, grid: Grid, signed: bool) -> Chart:
    """Return a heat map of `grid`; where it is `signed`, zero is neutral and each sign has a colour.

    Parameters
    ----------
    title : above the chart.
    across, up : names of the swept fields on the two axes.
    grid : the means, in the unit of the title.
    signed : whether they are differences, whose zero is neutral.
    """
    values = [value for _, _, value in grid.points] or [0.0]
    far = max(map(abs, values)) or 1.0
    scale = {
        "min": -far if signed else min(values),
        "max": far if signed else max(values),
        "precision": max(2 - math.floor(math.log10(far)), 0),
        "calculable": True,
        "orient": "horizontal",
        "top": 0,
        "left": "center",
        "inRange": {"color": ["$b", "$panel", "$a"] if signed else list(reversed(HEALTH))},
        "textStyle": {"color": "$text", "fontSize": FONT},
    }
    series = [
        {"name": title, "type": "heatmap", "data": grid.points, "itemStyle": {"borderColor": "$line", "borderWidth": 1}}
    ]
    option = chart_option(
        visualMap=scale,
        xAxis=category(across, grid.xs, 26),
        yAxis=category(up, grid.ys, 46),
        series=series,
        tooltip={"confine": True},
    )
    option["grid"] = {"left": 64, "right": 30, "top": 54, "bottom": 44}
    return Chart("phase", title, f"{up} over {across}", option, f"{title} over {across} and {up}", wide=6)


def category(name: str, values: list[Any], gap: int) -> Option:
    """Return an axis of a parameter's values, its name `gap` pixels away."""
    label = {"color": "$muted", "fontSize": FONT}
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return {
        "type": "category",
        "data": shown,
        "name": name,
        "nameLocation": "middle",
        "nameGap": gap,
        "axisLabel": label,
    }
