"""Charts over time: price, depth, liquidations, capital and the running difference."""

from typing import NamedTuple

from experiments.app.chart.base import (
    COLOURS,
    DASHES,
    LAYER_COLOURS,
    Chart,
    Option,
    chart_option,
    legend,
    line,
    time_axis,
    value_axis,
)
from experiments.app.snapshot import Points, Snapshot

LEAST_WINDOW = 30


class View(NamedTuple):
    """What of the run is drawn: the asset, and how many steps up to the present; 0 for the whole run."""

    asset: int = 0
    window: int = 240


def window(shot: Snapshot, view: View) -> tuple[int, int]:
    """Return the first and last step on the axis; it does not move before it is full."""
    if not view.window:
        return 0, max(shot.horizon, 1)
    last = max(shot.clock, min(view.window, shot.horizon), LEAST_WINDOW)
    return max(last - view.window, 0), last


def inside(data: Points, first: int) -> Points:
    """Return the points from `first` on, and the one before, so that a line begins at the edge."""
    start = next((index for index, point in enumerate(data) if point[0] >= first), len(data))
    return data[max(start - 1, 0) :]


def over_time(shot: Snapshot, view: View, lines: list[Option], **axis: object) -> Option:
    """Return lines, or bars, over the steps of the window."""
    first, last = window(shot, view)
    series = [{**item, "data": inside(item["data"], first)} for item in lines]
    names = [item["name"] for item in lines]
    return chart_option(legend=legend(names), xAxis=time_axis(first, last), yAxis=value_axis(**axis), series=series)


def price(shot: Snapshot, view: View) -> Chart:
    """Return the price of one asset on both sides, and its fundamental."""
    k = min(view.asset, len(shot.assets) - 1)
    lines = [line(f"{side.name} price", side.price[k], COLOURS[n], DASHES[n]) for n, side in enumerate(shot.sides)]
    lines.insert(0, line("fundamental", shot.fundamental[k], "$muted", "dotted"))
    name = shot.assets[k]
    return Chart("price", f"{name} price", "USD", over_time(shot, view, lines, scale=True), f"{name} price over time")


def depth(shot: Snapshot, view: View) -> Chart:
    """Return the depth of the market of one asset on both sides."""
    k = min(view.asset, len(shot.assets) - 1)
    lines = [line(f"{side.name} depth", side.depth[k], COLOURS[n], DASHES[n]) for n, side in enumerate(shot.sides)]
    name = shot.assets[k]
    option = over_time(shot, view, lines, min=0)
    return Chart("depth", f"{name} depth", "$M per unit log price", option, f"{name} depth over time")


def liquidations(shot: Snapshot, view: View) -> Chart:
    """Return what is liquidated a step, A upwards and B downwards, so that neither hides the other."""
    lines = [
        {
            "name": f"{side.name} liquidated",
            "type": "bar",
            "data": [[step, sign * value] for step, value in side.liquidated],
            "itemStyle": {"color": COLOURS[n]},
            "barGap": "-100%",
            "barMinWidth": 2,
            "barMaxWidth": 6,
        }
        for n, (side, sign) in enumerate(zip(shot.sides, (1.0, -1.0), strict=True))
    ]
    option = over_time(shot, view, lines)
    return Chart("liquidations", "Liquidated, A up, B down", "$M a step", option, "liquidations per step", pick="step")


def capital(shot: Snapshot, view: View) -> Chart:
    """Return what the funds and the pool hold on both sides."""
    lines = []
    for n, side in enumerate(shot.sides):
        lines.append(line(f"{side.name} funds", side.fund, COLOURS[n], DASHES[n]))
        lines.append(line(f"{side.name} pool", side.pool, COLOURS[n], DASHES[n], areaStyle={"opacity": 0.15}))
    kept = [item for item in lines if any(value for _, value in item["data"])] or lines[:1]
    return Chart("capital", "Funds and pool", "$M", over_time(shot, view, kept, min=0), "balances over time")


def difference(shot: Snapshot, view: View) -> Chart:
    """Return the running differences between the sides."""
    colours = ("$text", *LAYER_COLOURS[3:])
    pairs = zip(shot.difference.items(), colours, ("solid", "dashed", "dotted"), strict=False)
    lines = [line(name, data, colour, dash) for (name, data), colour, dash in pairs]
    option = over_time(shot, view, lines)
    return Chart("difference", "Running difference, A less B", "$M", option, "difference between the sides over time")
