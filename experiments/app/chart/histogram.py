"""Counts in intervals, both sides next to each other."""

from collections.abc import Sequence

from experiments.app.chart.base import COLOURS, FONT, Chart, chart_option, value_axis
from experiments.app.world.world import SIDES

MOST = 12
"""Most intervals of which each has its label, slanted so that it fits a phone."""


def histogram(
    key: str,
    title: str,
    names: list[str],
    counts: Sequence[Sequence[float]],
    sides: Sequence[str] = SIDES,
    colours: Sequence[str] = COLOURS,
    unit: str = "",
) -> Chart:
    """Return bars of `counts`, one group for every interval in `names`, one bar for every one of `sides`.

    Parameters
    ----------
    key : of the chart on the page.
    title : above the chart.
    names : of the intervals, left to right.
    counts : (sides, intervals) numbers >= 0.
    sides : names of the bars of an interval.
    colours : of the sides; where there are more sides they are used again.
    unit : next to the title.
    """
    label = {
        "color": "$muted",
        "fontSize": FONT - 1,
        "hideOverlap": True,
        **({"interval": 0, "rotate": 40} if len(names) <= MOST else {}),
    }
    axis = {"type": "category", "data": names, "axisLabel": label, "axisTick": {"show": False}}
    axis["axisLine"] = {"lineStyle": {"color": "$line"}}
    series = [
        {"name": side, "type": "bar", "data": list(values), "itemStyle": {"color": colours[n % len(colours)]}}
        for n, (side, values) in enumerate(zip(sides, counts, strict=True))
    ]
    option = chart_option(xAxis=axis, yAxis=value_axis(minInterval=1), series=series)
    option["grid"] = {**option["grid"], "bottom": 36 if len(names) <= MOST else 22}
    return Chart(key, title, unit, option, title, wide=3)
