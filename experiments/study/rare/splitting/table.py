"""The answer of splitting as a table, as one document and as warnings."""

import math
from typing import Any

from rich.table import Table

from experiments.study.rare.splitting.answer import SplitAnswer, SplitArrangement
from experiments.study.rare.table import extent, gain_text, scientific

FEW = 5.0  # products of equal weight below which the spread says little


def split_document(answer: SplitAnswer) -> dict[str, Any]:
    """Return the answer as plain numbers, under the names that tilting has for them."""
    return {
        "event": answer.event._asdict(),
        "method": "splitting",
        "replications": answer.paths * answer.repetitions * len(answer.seeds),
        "seeds": list(answer.seeds),
        "cells": {arrangement.name: _arrangement(answer, arrangement) for arrangement in answer.arrangements},
        "differences": [],
    }


def _arrangement(answer: SplitAnswer, arrangement: SplitArrangement) -> dict[str, Any]:
    value, within, between, error = arrangement.pooled
    products, gains = arrangement.products, arrangement.gains()
    return {
        "probability": value,
        "ci95": list(arrangement.interval),
        "relative_error": error / value if value > 0.0 else math.nan,
        "hits": int((products > 0.0).sum()),
        "effective_hits": arrangement.effective,
        "largest_share": float(products.max() / products.sum()) if value > 0.0 else math.nan,
        "doubtful": arrangement.effective < FEW * len(answer.seeds),
        "runs": arrangement.work,
        "pilot_runs": arrangement.search,
        "gain": value * (1.0 - value) / arrangement.work / error**2 if error > 0.0 else math.nan,
        "gain_range": list(extent(gains)),
        "plain_runs_as_sure": value * (1.0 - value) / error**2 if error > 0.0 else math.nan,
        "error_within_seeds": within,
        "error_between_seeds": between,
        "by_seed": [
            {"seed": seed, "probability": one.value, "ci95": list(one.interval), "gain": gain, "levels": trial.levels}
            for seed, one, trial, gain in zip(
                answer.seeds, arrangement.splits, arrangement.searched, gains, strict=True
            )
        ],
        "tilt": [],
        "tail": [],
    }


def split_tables(answer: SplitAnswer) -> list[Table]:
    """Return the table of probabilities."""
    event, count = answer.event, len(answer.seeds)
    each = f"{answer.paths} paths a level, {answer.repetitions} repetitions"
    title = f"P({event.metric} > {event.threshold:g}) by splitting, {each}"
    table = Table(title=f"{title} of each of {count} seeds")
    table.add_column("structure/regime")
    for name in ("P", "95 % interval", "rel. error", "worth", "runs with pilot", "gain over plain", "levels"):
        table.add_column(name, justify="right")
    for arrangement in answer.arrangements:
        value, _, _, error = arrangement.pooled
        low, high = map(scientific, arrangement.interval)
        relative = f"{100.0 * error / value:.2g} %" if value > 0.0 else "-"
        worth, levels = (
            f"{arrangement.effective:.0f} of {len(arrangement.products)}",
            [len(one.levels) for one in arrangement.searched],
        )
        table.add_row(
            arrangement.name, scientific(value), f"[{low}, {high}]", relative, worth, f"{arrangement.work:.0f}",
            gain_text(arrangement.gains()), ", ".join(map(str, levels)),
        )  # fmt: skip
    return [table]


def split_caveats(answer: SplitAnswer) -> list[str]:
    """Return the warnings that belong to the estimates."""
    alone = ["one seed: how much of its gain is luck is not known; --seeds 3 tells"] if len(answer.seeds) < 2 else []
    return alone + [line for arrangement in answer.arrangements for line in _caveats(answer, arrangement)]


def _caveats(answer: SplitAnswer, arrangement: SplitArrangement) -> list[str]:
    if not arrangement.effective:
        return [f"{arrangement.name}: no repetition reached the event; more --replications or a lower --threshold"]
    if arrangement.effective < FEW * len(answer.seeds):
        return [
            f"{arrangement.name}: the estimate hangs on few repetitions, worth {arrangement.effective:.0f} of "
            f"{len(arrangement.products)}; its interval is likely too short, and more --replications help"
        ]
    return []
