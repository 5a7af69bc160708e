"""A phase diagram: the mean of a metric on a grid of two parameters."""

from typing import Any

from experiments.app.chart.base import FONT, Chart, Option, chart_option
from experiments.app.palette import HEALTH


def phase_diagram(title: str, across: str, up: str, xs: list[Any], ys: list[Any], grid: list[list[float]]) -> Chart:
    """Return a heat map of `grid`, [x, y, value] with positions in `xs` and `ys`."""
    values = [value for _, _, value in grid] or [0.0]
    scale = {
        "min": min(values),
        "max": max(values),
        "calculable": True,
        "orient": "horizontal",
        "top": 0,
        "left": "center",
        "inRange": {"color": list(reversed(HEALTH))},
        "textStyle": {"color": "$text", "fontSize": FONT},
    }
    series = [{"name": title, "type": "heatmap", "data": grid}]
    option = chart_option(
        visualMap=scale, xAxis=category(across, xs), yAxis=category(up, ys), series=series, tooltip={"confine": True}
    )
    option["grid"] = {"left": 20, "right": 30, "top": 50, "bottom": 26, "containLabel": True}
    return Chart("phase", title, f"{up} over {across}", option, f"{title} over {across} and {up}", wide=6)


def category(name: str, values: list[Any]) -> Option:
    """Return an axis of a parameter's values."""
    label = {"color": "$muted", "fontSize": FONT}
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return {
        "type": "category",
        "data": shown,
        "name": name,
        "nameLocation": "middle",
        "nameGap": 24,
        "axisLabel": label,
    }
