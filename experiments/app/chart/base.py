"""What all charts share: colours, axes, and what a chart is.

Colours are names that the page turns into those of its theme (:mod:`experiments.app.palette`): ``$a`` and ``$b`` are
the two sides, ``$text``, ``$muted``, ``$line`` and ``$panel`` depend on the theme. The key of a chart is text of the
page rather than part of the drawing, and the labels of the axes have a margin of fixed width: nothing jumps while the
numbers change, and a frame costs the browser less.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Option = dict[str, Any]
COLOURS = ("$a", "$b")
DASHES = ("solid", "dashed")
FONT = 11
LEFT = 46
"""Pixels for the labels of the vertical axis."""


class Chart(NamedTuple):
    """One chart.

    `pick` says what a click on it chooses: ``item``, ``step`` or nothing; `wide` is how many of six columns it takes;
    `notes` are tooltips by name of the item, kept apart so that a changed note does not redraw the chart.
    """

    key: str
    title: str
    unit: str
    option: Option
    summary: str
    wide: int = 2
    pick: str = ""
    notes: Mapping[str, str] = MappingProxyType({})


def chart_option(**parts: Any) -> Option:
    """Return the ECharts option that all charts start from."""
    return {
        "animation": False,
        "textStyle": {"color": "$text", "fontSize": FONT},
        "tooltip": {"trigger": "axis", "confine": True, "transitionDuration": 0},
        "grid": {"left": LEFT, "right": 14, "top": 10, "bottom": 22},
        **parts,
    }


def value_axis(**parts: Any) -> Option:
    """Return an axis of numbers."""
    return {
        "type": "value",
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": "$muted", "fontSize": FONT, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": "$line"}},
        "splitNumber": 4,
        **parts,
    }


def time_axis(first: int, last: int) -> Option:
    """Return the axis of steps from `first` to `last`."""
    label = {"color": "$muted", "fontSize": FONT, "hideOverlap": True}
    label |= {"showMinLabel": first == 0, "showMaxLabel": last % 10 == 0 and last - first < 100}
    split = {"show": False}
    line = {"show": True, "lineStyle": {"color": "$line"}}
    return value_axis(min=first, max=last, axisLabel=label, splitLine=split, axisLine=line, minInterval=1)


def line(name: str, data: list[list[float]], colour: str, dash: str = "solid", **parts: Any) -> Option:
    """Return a line without symbols.

    Parameters
    ----------
    name : of the series, as the key of the chart shows it.
    data : points (x, y), in the units of the axes.
    colour : a colour of the theme, such as ``$a``.
    dash : ``solid``, ``dashed`` or ``dotted``.
    parts : further settings of the series, which win.
    """
    return {
        "name": name,
        "type": "line",
        "data": data,
        "showSymbol": False,
        "lineStyle": {"width": 2, "color": colour, "type": dash},
        "itemStyle": {"color": colour},
        "emphasis": {"disabled": True},
        **parts,
    }


class Key(NamedTuple):
    """One entry of a chart's key: `look` is a dash, or ``box`` or ``hollow`` for an area."""

    name: str
    colour: str
    look: str


def keys(chart: Chart) -> list[Key]:
    """Return the key of a chart: an entry per series, none where there is only one."""
    entries = [key(item) for item in chart.option["series"] if item["type"] in ("line", "bar")]
    return entries if len(entries) > 1 else []


def key(series: Option) -> Key:
    """Return the entry of one series."""
    style = series.get("itemStyle", {})
    if series["type"] == "line":
        return Key(series["name"], style["color"], series["lineStyle"]["type"])
    hollow = style.get("borderType") == "dashed"
    return Key(
        series["name"], style["borderColor"] if hollow else style.get("color", "$muted"), "hollow" if hollow else "box"
    )
