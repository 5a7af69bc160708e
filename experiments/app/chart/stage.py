"""The stage: all charts of one frame, in their order on the page."""

import json
from typing import Any

from experiments.app.chart.base import Chart, keys
from experiments.app.chart.layer import layers, payers
from experiments.app.chart.network import network
from experiments.app.chart.series import capital, depth, difference, liquidations, price
from experiments.app.world.snapshot import Snapshot

SEEN = 5e-3
"""$M; smaller amounts read 0.00."""
LIVE = ("network-a", "network-b", "layers", "price", "liquidations", "payers", "capital", "depth", "difference")
SCENE = ("network-a", "network-b", "price", "payers", "liquidations", "layers")


def stage(shot: Snapshot, keys: tuple[str, ...] = LIVE) -> list[Chart]:
    """Return the charts named in `keys`."""
    charts = {
        "network-a": lambda: network(shot, 0),
        "network-b": lambda: network(shot, 1),
        "layers": lambda: layers(shot),
        "price": lambda: price(shot),
        "liquidations": lambda: liquidations(shot),
        "payers": lambda: payers(shot),
        "capital": lambda: capital(shot),
        "depth": lambda: depth(shot),
        "difference": lambda: difference(shot),
    }
    return [charts[key]() for key in keys]


def places(charts: list[Chart]) -> list[dict[str, Any]]:
    """Return keys, titles and widths of the charts, which the page lays out before it draws them."""
    entries = ([entry._asdict() for entry in keys(chart)] for chart in charts)
    return [
        chart._asdict() | {"option": None, "notes": None, "keys": entry_keys}
        for chart, entry_keys in zip(charts, entries, strict=True)
    ]


def drawing(number: int, charts: list[Chart]) -> str:
    """Return all charts as one text: a line with the number, then a line a chart: key, notes, option, tab-separated.

    The browser compares the lines with those it drew last, and neither parses nor draws a chart whose line is the same.
    """
    return "\n".join(
        [str(number), *(f"{chart.key}\t{text(dict(chart.notes))}\t{text(chart.option)}" for chart in charts)]
    )


def text(value: object) -> str:
    """Return a value as JSON, on one line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def headline(shot: Snapshot) -> str:
    """Return in one sentence which of the two arrangements has left more uncovered so far."""
    a, b = (side.totals for side in shot.sides)
    if max(a["deficit"], b["deficit"]) < 1e-6:
        return "No loss below bankruptcy so far: every liquidated position still covered its own debt."
    apart, number = a["uncovered"] - b["uncovered"], len(shot.sides[0].members)
    same = abs(a["backstop_loss"] - b["backstop_loss"]) < SEEN
    opening = (
        f"Uncovered: {of_asked(a, b, same)} below bankruptcy."
        f" Backstops exhausted: A {a['exhausted']:.0f}, B {b['exhausted']:.0f} of {number}.{of_vaults(a, b)}"
    )
    if abs(apart) < SEEN:
        return f"{opening} No difference so far." if same else f"{opening} As much is uncovered on both sides."
    if same:
        return f"{opening} {'B' if apart > 0 else 'A'} covers ${abs(apart):.2f}M more."
    return f"{opening} {'B' if apart > 0 else 'A'} leaves ${abs(apart):.2f}M less uncovered."


def of_asked(a: dict[str, float], b: dict[str, float], same: bool) -> str:
    """Return what each side left uncovered of its losses, which differ between the sides where they feed back."""
    if same:
        return f"A ${a['uncovered']:.2f}M, B ${b['uncovered']:.2f}M of ${a['backstop_loss']:.2f}M"
    amounts = (
        f"{name} ${side['uncovered']:.2f}M of ${side['backstop_loss']:.2f}M" for name, side in (("A", a), ("B", b))
    )
    return ", ".join(amounts)


def of_vaults(a: dict[str, float], b: dict[str, float]) -> str:
    """Return what closed vaults lost, apart from the losses of the backstops where these do not cover it."""
    if max(a["vault_deficit"], b["vault_deficit"]) < SEEN:
        return ""
    besides = max(side["deficit"] - side["backstop_loss"] for side in (a, b)) >= SEEN
    lost = f"${a['vault_deficit']:.2f}M and ${b['vault_deficit']:.2f}M"
    return f" {'Besides, closed' if besides else 'Of it, closed'} vaults lost {lost} beyond their equity."
