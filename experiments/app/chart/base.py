"""What all charts share: colours, axes, and what a chart is.

Colours are names that the page turns into those of its theme: ``$a`` and ``$b`` are the two sides, ``$text``,
``$muted``, ``$line`` and ``$panel`` belong to light or dark. The others are of Okabe and Ito (2008), which stay apart
under the common kinds of colour blindness; the sides differ in dash as well.
"""

from typing import Any, NamedTuple

Option = dict[str, Any]
COLOURS = ("$a", "$b")
DASHES = ("solid", "dashed")
LAYER_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#999999", "#CC79A7", "#F0E442", "#6A3D9A", "#D55E00")
FONT = 11


class Chart(NamedTuple):
    """One chart.

    `pick` says what a click on it chooses: ``item``, ``step`` or nothing; `wide` is its share of a row of six.
    """

    key: str
    title: str
    unit: str
    option: Option
    summary: str
    wide: int = 2
    pick: str = ""


def chart_option(**parts: Any) -> Option:
    """Return an option with what all charts have in common."""
    return {
        "animation": False,
        "textStyle": {"color": "$text", "fontSize": FONT},
        "tooltip": {"trigger": "axis", "confine": True, "transitionDuration": 0},
        "grid": {"left": 8, "right": 14, "top": 34, "bottom": 8, "containLabel": True},
        **parts,
    }


def legend(names: list[str]) -> Option:
    """Return a legend above the drawing that scrolls where it does not fit."""
    return {
        "data": names,
        "type": "scroll",
        "top": 2,
        "left": 4,
        "right": 4,
        "itemWidth": 18,
        "itemHeight": 8,
        "textStyle": {"color": "$text", "fontSize": FONT},
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
    label |= {"showMinLabel": first % 10 == 0, "showMaxLabel": last % 10 == 0 and last - first < 100}
    split = {"show": False}
    line = {"show": True, "lineStyle": {"color": "$line"}}
    return value_axis(min=first, max=last, axisLabel=label, splitLine=split, axisLine=line, minInterval=1)


def line(name: str, data: list[list[float]], colour: str, dash: str = "solid", **parts: Any) -> Option:
    """Return a line without symbols."""
    return {
        "name": name,
        "type": "line",
        "data": data,
        "showSymbol": False,
        "lineStyle": {"width": 2, "color": colour, "type": dash},
        "itemStyle": {"color": colour},
        **parts,
    }
