"""The exposure network: protocols on an ellipse, coloured by fund health, sized by open interest, edges by exposure."""

import math
from functools import cache
from itertools import pairwise

from experiments.app.chart.base import FONT, Chart, Option, chart_option
from experiments.app.palette import HEALTH, STRUCK
from experiments.app.world.snapshot import Member, SideShot, Snapshot

WIDE, HIGH = 84.0, 48.0
"""Half axes of the ellipse, in pixels on the smallest card."""
SMALLEST, LARGEST, GAP = 14.0, 38.0, 4.0
"""Pixels: diameters of nodes, and the least gap between two."""
MOST_LABELS = 24


def network(shot: Snapshot, number: int) -> Chart:
    """Return the network of one side."""
    side = shot.sides[number]
    top = max(member.open_interest for other in shot.sides for member in other.members) or 1.0
    series = {
        "type": "graph",
        "layout": "none",
        "data": [node(side, i, top) for i in range(len(side.members))],
        "links": links(side),
        "roam": False,
        "room": {"sides": 76, "above": 34, "aspect": round(WIDE / HIGH, 3)},
        "edgeSymbol": ["none", "arrow"],
        "edgeSymbolSize": 6,
        "emphasis": {"focus": "adjacency"},
    }
    option = chart_option(series=[series], tooltip={"trigger": "item", "confine": True})
    title = f"{side.name}  {side.title}"
    notes = {member.name: described(member) for member in side.members}
    key = f"network-{side.name.lower()}"
    return Chart(key, title, "", option, network_summary(side), wide=2, pick="item", notes=notes)


def node(side: SideShot, i: int, top: float) -> Option:
    """Return one protocol."""
    member, number = side.members[i], len(side.members)
    angle = 2.0 * math.pi * i / number - math.pi / 2.0
    labelled = number <= MOST_LABELS
    return {
        "name": member.name,
        "x": round(WIDE * math.cos(angle), 2),
        "y": round(HIGH * math.sin(angle), 2),
        "symbol": "rect" if member.defaulted else "circle",
        "symbolSize": diameter(member, top, number),
        "itemStyle": {"color": colour(member), "borderColor": border(member), "borderWidth": width(member)},
        "label": {
            "show": labelled,
            "position": place(angle),
            "formatter": label(member),
            "fontSize": FONT,
            "textBorderWidth": 0,
            "color": "$text",
        },
    }


def diameter(member: Member, top: float, number: int) -> int:
    """Return the diameter of a node in whole pixels: it grows with open interest and overlaps no neighbour."""
    room = max(nearest(number) - GAP, 3.0)
    largest, smallest = min(LARGEST, room), min(SMALLEST, 0.5 * room)
    return int(smallest + (largest - smallest) * math.sqrt(min(max(member.open_interest, 0.0) / top, 1.0)))


@cache
def nearest(number: int) -> float:
    """Return the distance of the nearest two of `number` places on the ellipse, pixels."""
    angles = [2.0 * math.pi * i / number - math.pi / 2.0 for i in range(number + 1)]
    places = [(WIDE * math.cos(angle), HIGH * math.sin(angle)) for angle in angles]
    return min((math.dist(a, b) for a, b in pairwise(places)), default=math.inf) if number > 1 else math.inf


def links(side: SideShot) -> list[Option]:
    """Return the debts as edges, wider the larger the debt; dashed once closed out."""
    top = max((edge.amount for edge in side.edges), default=1.0) or 1.0
    names = [member.name for member in side.members]
    return [
        {
            "source": edge.debtor,
            "target": edge.creditor,
            "lineStyle": {
                "width": round(0.6 + 3.4 * edge.amount / top, 2) if edge.open else 1.0,
                "color": "$muted",
                "opacity": 0.65 if edge.open else 0.25,
                "type": "solid" if edge.open else "dashed",
                "curveness": 0.15,
            },
            "tooltip": {"formatter": f"{names[edge.debtor]} owes {names[edge.creditor]} ${edge.amount:.2f}M"},
        }
        for edge in side.edges
    ]


def colour(member: Member) -> str:
    """Return the colour of a protocol's health; none where there is no backstop."""
    if not member.has_backstop:
        return "$panel"
    share = min(max(member.health, 0.0), 1.0)
    return HEALTH[min(int(share * len(HEALTH)), len(HEALTH) - 1)]


def border(member: Member) -> str:
    """Return the colour of the rim: that of alarm for a default or for liquidations in this step."""
    return STRUCK if member.defaulted or member.liquidated > 0 else "$muted"


def width(member: Member) -> float:
    """Return the width of the rim, wider the more is liquidated in this step."""
    if member.defaulted:
        return 4.0
    return 1.0 + round(6.0 * min(20.0 * member.liquidated / max(member.open_interest, 1e-9), 1.0)) / 2.0


def place(angle: float) -> str:
    """Return the side of a node that its label stands on: the outer one."""
    if abs(math.cos(angle)) < 0.5:
        return "top" if math.sin(angle) < 0 else "bottom"
    return "right" if math.cos(angle) > 0 else "left"


def label(member: Member) -> str:
    """Return the name of a protocol and the health of its backstop, or its default with its wave."""
    if member.defaulted:
        return f"{member.name} ✕ wave {member.wave}"
    return f"{member.name} {100 * member.health:.0f} %" if member.has_backstop else member.name


def described(member: Member) -> str:
    """Return what the pointer shows of a protocol."""
    state = f"in default ({member.cause}, wave {member.wave})" if member.defaulted else "sound"
    backstop = f"{100 * member.health:.1f} % of its backstop left" if member.has_backstop else "no backstop"
    return (
        f"{member.name} · {member.asset} · {state}\n{backstop}\nopen interest ${member.open_interest:.1f}M"
        f"\nliquidated in this step ${member.liquidated:.2f}M\nuncovered so far ${member.uncovered:.2f}M"
    )


def network_summary(side: SideShot) -> str:
    """Return the network in words, for a screen reader."""
    parts = [label(member) for member in side.members]
    return f"Side {side.name}, {side.title}: {', '.join(parts)}"
