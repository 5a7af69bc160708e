"""How labelled losses are shown: a table with a row per cell and measure, and a document."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from experiments.attribution import LABELS, MEASURES, Ledger, open_channels
from experiments.table import number

SHOWN = {
    "default": ("defaults a run", 1.0),
    "uncovered": ("uncovered, $M a run", 1e-6),
    "bad_debt": ("bad debt, $M a run", 1e-6),
}


def table(ledgers: Sequence[Ledger]) -> Table:
    """Return means and shares of every label, a row per cell and measure."""
    replications = len(ledgers[0].rows[MEASURES[0]])
    found = Table(title=f"Causes, by replay of {replications} tapes with channels closed")
    found.add_column("measure")
    found.add_column("cell")
    for name in ("total", *LABELS, "averted"):
        found.add_column(name, justify="right", no_wrap=True)
    for measure in MEASURES:
        for ledger in ledgers:
            found.add_row(SHOWN[measure][0], ledger.cell.name, *_row(ledger, measure))
        found.add_section()
    return found


def _row(ledger: Ledger, measure: str) -> list[str]:
    mean, factor = ledger.mean(measure), SHOWN[measure][1]
    whole = mean["total"]
    labels = [f"{number(mean[name] * factor)} ({mean[name] / whole:.0%})" if whole else "0" for name in LABELS]
    return [number(whole * factor), *labels, number(mean["averted"] * factor)]


def document(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """Return means of every label as nested mappings, and which channels each cell has."""
    return {
        "replications": len(ledgers[0].rows[MEASURES[0]]),
        "cells": {
            ledger.cell.name: {
                "channels": list(open_channels(ledger.cell.scenario)),
                **{measure: ledger.mean(measure) for measure in MEASURES},
            }
            for ledger in ledgers
        },
    }
