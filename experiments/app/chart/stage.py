"""The stage: all charts of one frame, in their order on the page."""

import json
from typing import Any

from experiments.app.chart.base import Chart
from experiments.app.chart.layer import layers, payers
from experiments.app.chart.network import network
from experiments.app.chart.series import View, capital, depth, difference, liquidations, price
from experiments.app.player import Frame
from experiments.app.snapshot import Snapshot

LIVE = ("network-a", "network-b", "layers", "price", "liquidations", "payers", "capital", "depth", "difference")
SCENE = ("network-a", "network-b", "price", "payers", "liquidations", "layers")


def stage(shot: Snapshot, view: View, keys: tuple[str, ...] = LIVE) -> list[Chart]:
    """Return the charts named in `keys`."""
    made = {
        "network-a": lambda: network(shot, 0),
        "network-b": lambda: network(shot, 1),
        "layers": lambda: layers(shot),
        "price": lambda: price(shot, view),
        "liquidations": lambda: liquidations(shot, view),
        "payers": lambda: payers(shot),
        "capital": lambda: capital(shot, view),
        "depth": lambda: depth(shot, view),
        "difference": lambda: difference(shot, view),
    }
    return [made[key]() for key in keys]


def places(charts: list[Chart]) -> list[dict[str, Any]]:
    """Return what the page has to know of the charts before it draws them."""
    return [chart._asdict() | {"option": None} for chart in charts]


def drawing(number: int, charts: list[Chart]) -> str:
    """Return the options of all charts as one text: the browser reads it without watching every number in it."""
    options = {chart.key: chart.option for chart in charts}
    return json.dumps({"number": number, "options": options}, separators=(",", ":"), ensure_ascii=False)


def frame_text(frame: Frame, view: View, keys: tuple[str, ...] = LIVE) -> str:
    """Return one frame as text."""
    return drawing(frame.number, stage(frame.shot, view, keys))


def headline(shot: Snapshot) -> str:
    """Return in one sentence what the two arrangements have come to."""
    a, b = (side.totals for side in shot.sides)
    if max(a["deficit"], b["deficit"]) < 1e-6:
        return "No loss below bankruptcy so far: every liquidated position still covered its own debt."
    apart = a["uncovered"] - b["uncovered"]
    parts = [
        f"{side.name} left ${total['uncovered']:.2f}M of ${total['deficit']:.2f}M uncovered,"
        f" {total['exhausted']:.0f} of {len(side.members)} backstops exhausted"
        for side, total in zip(shot.sides, (a, b), strict=True)
    ]
    if abs(apart) < 5e-3:
        return f"{'; '.join(parts)}: no difference so far."
    better = "B" if apart > 0 else "A"
    return f"{'; '.join(parts)}: {better} covers ${abs(apart):.2f}M more."
