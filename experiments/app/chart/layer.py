"""The waterfall: what is left in each layer that pays losses, and what each has paid so far."""

import math

from experiments.app.chart.base import FONT, Chart, Option, chart_option, value_axis
from experiments.app.palette import LAYERS
from experiments.app.world.snapshot import Snapshot

LEAST = 1e-9


def layers(shot: Snapshot) -> Chart:
    """Return the chart of the layers: what is left in each and what it has paid, on both sides."""
    rows = [f"{side.name} {layer.title}" for side in reversed(shot.sides) for layer in reversed(side.layers)]
    held = [layer for side in reversed(shot.sides) for layer in reversed(side.layers)]
    owners = [side.name for side in reversed(shot.sides) for _ in side.layers]
    top = max(max(layer.left, layer.paid) for layer in held)
    left = [
        {"value": coarse(layer.left, top), "itemStyle": {"color": f"${name.lower()}"}}
        for layer, name in zip(held, owners, strict=True)
    ]
    paid = [coarse(layer.paid, top) for layer in held]
    series: list[Option] = [
        {
            "name": "left",
            "type": "bar",
            "stack": "all",
            "data": left,
            "barCategoryGap": "25%",
            "itemStyle": {"color": "$muted"},
        },
        {"name": "paid", "type": "bar", "stack": "all", "data": paid, "itemStyle": HOLLOW},
    ]
    option = horizontal(rows, series, 78)
    return Chart("layers", "Money for losses", "$M left and paid", option, "what is left of each")


HOLLOW: Option = {
    "color": "transparent",
    "borderColor": "$muted",
    "borderWidth": 1,
    "borderType": "dashed",
}


def payers(shot: Snapshot) -> Chart:
    """Return the chart of the losses below bankruptcy by the layer that paid them so far."""
    names = [name for name, _ in shot.sides[0].payers]
    seen = [n for n, name in enumerate(names) if any(side.payers[n][1] > LEAST for side in shot.sides)]
    top = max(amount for side in shot.sides for _, amount in side.payers)
    series = [
        {
            "name": names[n],
            "type": "bar",
            "stack": "all",
            "data": [coarse(side.payers[n][1], top) for side in reversed(shot.sides)],
            "itemStyle": {"color": LAYERS[n], "borderColor": "$panel", "borderWidth": 1},
            "barMaxWidth": 46,
        }
        for n in seen
    ]
    empty: Option = {"name": "nothing yet", "type": "bar", "data": [0, 0]}
    option = horizontal([side.name for side in reversed(shot.sides)], series or [empty], 22)
    if not series:
        style = {"color": "$muted", "fontSize": FONT + 1, "fontWeight": "normal"}
        option["title"] = {"text": "nothing to pay so far", "left": "center", "top": "middle", "textStyle": style}
    return Chart("payers", "Who paid so far", "$M", option, "payments by layer on both sides")


def horizontal(rows: list[str], series: list[Option], left: int) -> Option:
    """Return horizontal bars, one for every row, the first at the bottom, with `left` pixels for the rows' names."""
    label = {"color": "$text", "fontSize": FONT, "interval": 0}
    category: Option = {"type": "category", "data": rows, "axisLabel": label, "axisTick": {"show": False}}
    category["axisLine"] = {"lineStyle": {"color": "$line"}}
    option = chart_option(xAxis=value_axis(min=0), yAxis=category, series=series)
    return {**option, "grid": {**option["grid"], "left": left}}


def coarse(value: float, top: float) -> float:
    """Return a value rounded to what a bar can show on a scale up to `top`: smaller changes need no drawing."""
    return round(value, 3 - math.ceil(math.log10(top))) if top > LEAST else 0.0
