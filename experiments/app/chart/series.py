"""Charts over time: price, depth, liquidations, capital and the running difference."""

from experiments.app.chart.base import (
    COLOURS,
    DASHES,
    Chart,
    Option,
    chart_option,
    line,
    time_axis,
    value_axis,
)
from experiments.app.palette import LAYERS
from experiments.app.world.snapshot import Snapshot
from experiments.app.world.trace import REGIME, ROWS, UNPAID

DIFFERENCE_DASHES = ("solid", "dashed", "dotted")
DIFFERENCE_COLOURS = ("$text", LAYERS[ROWS[REGIME]], LAYERS[ROWS[UNPAID]])
"""A layer has the same colour here and in the chart of who paid."""


def over_time(shot: Snapshot, lines: list[Option], **axis: object) -> Option:
    """Return lines, or bars, over the steps of the window."""
    return chart_option(xAxis=time_axis(shot.first, shot.last), yAxis=value_axis(**axis), series=lines)


def price(shot: Snapshot) -> Chart:
    """Return the price of one asset on both sides, and its fundamental."""
    lines = [line(f"{side.name} price", side.price, COLOURS[n], DASHES[n]) for n, side in enumerate(shot.sides)]
    lines.insert(0, line("fundamental", shot.fundamental, "$muted", "dotted"))
    option = over_time(shot, lines, scale=True)
    return Chart("price", f"{shot.asset} price", "USD", option, f"{shot.asset} price over time")


def depth(shot: Snapshot) -> Chart:
    """Return the depth of the market of one asset on both sides."""
    lines = [line(f"{side.name} depth", side.depth, COLOURS[n], DASHES[n]) for n, side in enumerate(shot.sides)]
    option = over_time(shot, lines, min=0)
    return Chart("depth", f"{shot.asset} depth", "$M per unit log price", option, f"{shot.asset} depth over time")


def liquidations(shot: Snapshot) -> Chart:
    """Return what is liquidated, A upwards and B downwards, so that neither hides the other.

    Where the window holds more steps than can be drawn, a bar is the sum of several, and the unit says of how many.
    """
    lines = [
        {
            "name": f"{side.name} liquidated",
            "type": "bar",
            "data": [[step, sign * value] for step, value in side.liquidated if value],
            "itemStyle": {"color": COLOURS[n]},
            "barGap": "-100%",
            "barMinWidth": 2,
            "barMaxWidth": 6,
            "emphasis": {"disabled": True},
        }
        for n, (side, sign) in enumerate(zip(shot.sides, (1.0, -1.0), strict=True))
    ]
    option = over_time(shot, lines)
    unit = "$M a step" if shot.bar == 1 else f"$M in {shot.bar} steps"
    return Chart("liquidations", "Liquidated, A up, B down", unit, option, f"liquidations, {unit}", pick="step")


def capital(shot: Snapshot) -> Chart:
    """Return what the funds and the pool hold on both sides."""
    lines = []
    for n, side in enumerate(shot.sides):
        lines.append(line(f"{side.name} funds", side.fund, COLOURS[n], DASHES[n]))
        lines.append(line(f"{side.name} pool", side.pool, COLOURS[n], DASHES[n], areaStyle={"opacity": 0.15}))
    kept = [item for item in lines if any(value for _, value in item["data"])] or lines[:1]
    return Chart("capital", "Funds and pool", "$M", over_time(shot, kept, min=0), "balances over time")


def difference(shot: Snapshot) -> Chart:
    """Return the running differences between the sides."""
    pairs = zip(shot.difference.items(), DIFFERENCE_COLOURS, DIFFERENCE_DASHES, strict=True)
    lines = [line(name, data, colour, dash) for (name, data), colour, dash in pairs]
    option = over_time(shot, lines)
    return Chart("difference", "Running difference, A less B", "$M", option, "difference between the sides over time")
