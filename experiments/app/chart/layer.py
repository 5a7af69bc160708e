"""The waterfall: its layers filling and draining, and who paid so far."""

from experiments.app.chart.base import FONT, LAYER_COLOURS, Chart, Option, chart_option, legend, value_axis
from experiments.app.snapshot import Snapshot

LEAST = 1e-9


def layers(shot: Snapshot) -> Chart:
    """Return what is left in every layer that holds money, and what it paid, side by side."""
    rows = [f"{side.name} {layer.title}" for side in reversed(shot.sides) for layer in reversed(side.layers)]
    held = [layer for side in reversed(shot.sides) for layer in reversed(side.layers)]
    owners = [side.name for side in reversed(shot.sides) for _ in side.layers]
    left = [
        {"value": rounded(layer.left), "itemStyle": {"color": f"${name.lower()}"}}
        for layer, name in zip(held, owners, strict=True)
    ]
    paid = [rounded(layer.paid) for layer in held]
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
    option = horizontal(rows, series, ["left", "paid"])
    return Chart("layers", "Layers of the waterfall", "$M left and paid", option, "what is left in each layer")


HOLLOW: Option = {
    "color": "transparent",
    "borderColor": "$muted",
    "borderWidth": 1,
    "borderType": "dashed",
}


def payers(shot: Snapshot) -> Chart:
    """Return who paid the losses below bankruptcy so far, layer by layer."""
    names = [name for name, _ in shot.sides[0].payers]
    seen = [n for n, name in enumerate(names) if any(side.payers[n][1] > LEAST for side in shot.sides)]
    series = [
        {
            "name": names[n],
            "type": "bar",
            "stack": "all",
            "data": [rounded(side.payers[n][1]) for side in reversed(shot.sides)],
            "itemStyle": {"color": LAYER_COLOURS[n % len(LAYER_COLOURS)], "borderColor": "$panel", "borderWidth": 1},
            "barMaxWidth": 46,
        }
        for n in seen
    ]
    empty: Option = {"name": "nothing yet", "type": "bar", "data": [0, 0]}
    shown = series or [empty]
    option = horizontal([side.name for side in reversed(shot.sides)], shown, [str(item["name"]) for item in shown])
    option["legend"]["type"] = "plain"
    option["grid"] = {**option["grid"], "top": 52}
    return Chart("payers", "Who paid so far", "$M", option, "payments by layer on both sides")


def horizontal(rows: list[str], series: list[Option], names: list[str]) -> Option:
    """Return horizontal bars, one for every row, the first at the bottom."""
    label = {"color": "$text", "fontSize": FONT, "interval": 0}
    category: Option = {"type": "category", "data": rows, "axisLabel": label, "axisTick": {"show": False}}
    category["axisLine"] = {"lineStyle": {"color": "$line"}}
    return chart_option(legend=legend(names), xAxis=value_axis(min=0), yAxis=category, series=series)


def rounded(value: float) -> float:
    """Return a value in three decimals: thousands of USD."""
    return round(value, 3)
