"""A rare-event study as tables, as one document and as warnings."""

import math
from typing import Any

import numpy as np
from rich.table import Table

from experiments.rare.answer import Answer
from experiments.rare.cross_entropy import ENOUGH
from experiments.rare.probability import Probability

SHOWN = 5  # axes of a tilt
HANGS = 0.1  # share of an estimate on one replication from which it is doubtful
FEW = 20  # replications with the event below which it is doubtful


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain numbers."""
    return {
        "event": answer.event._asdict(),
        "replications": len(answer.sample.weights),
        "axes": len(answer.axes),
        "cells": {cell: _cell(answer, i) for i, cell in enumerate(answer.cells)},
        "differences": [gap._asdict() for gap in answer.gaps()],
    }


def tables(answer: Answer) -> list[Table]:
    """Return the tables: probabilities, differences from the first cell, and what the tilts moved."""
    found = [_probability_table(answer), _tilt_table(answer)]
    return [found[0], _gap_table(answer), found[1]] if len(answer.cells) > 1 else found


def caveats(answer: Answer) -> list[str]:
    """Return what the reader must know before believing an estimate."""
    lines = []
    for i, (cell, pilot) in enumerate(zip(answer.cells, answer.pilots, strict=True)):
        found = answer.probability(i)
        if pilot.effective < ENOUGH:
            lines.append(
                f"{cell}: the pilot saw too few events, effectively {pilot.effective:.0f}, to fit a tilt to them"
            )
        if not found.hits:
            lines.append(f"{cell}: no replication shows the event; only the upper bound means anything")
        elif found.hits < FEW or found.largest > HANGS:
            lines.append(
                f"{cell}: {found.hits} replications show the event and {found.largest:.0%} of the estimate hangs on "
                "one; the interval may be too short"
            )
    return lines


def _cell(answer: Answer, i: int) -> dict[str, Any]:
    found, work, pilot = answer.probability(i), answer.work(i), answer.pilots[i]
    return {
        "probability": found.value,
        "ci95": [found.low, found.high],
        "relative_error": found.relative_error,
        "hits": found.hits,
        "largest_share": found.largest,
        "runs": work,
        "pilot_runs": pilot.trials * answer.trial,
        "gain": found.gain(work),
        "gain_without_pilot": found.gain(len(answer.sample.weights)),
        "plain_runs_as_sure": found.plain_runs(),
        "tilt": [
            {"share": float(share), "mean": _moves(answer, mean)}
            for share, mean in zip(pilot.mixture.shares, pilot.mixture.means, strict=True)
        ],
        "tail": [{"threshold": level, **_short(point)} for level, point in answer.tail(i)],
        **({"plain": _plain(answer, i)} if len(answer.plain) else {}),
    }


def _short(found: Probability) -> dict[str, Any]:
    return {"probability": found.value, "ci95": [found.low, found.high]}


def _plain(answer: Answer, i: int) -> dict[str, Any]:
    share, low, high = answer.brute(i)
    return {"runs": len(answer.plain), "probability": share, "ci95": [low, high]}


def _moves(answer: Answer, mean: np.ndarray) -> dict[str, float]:
    """Return the axes that a tilt moves, those moved most first, in standard deviations."""
    order = np.argsort(-np.abs(mean), kind="stable")
    return {answer.axes[k].label: float(mean[k]) for k in order if mean[k]}


def scientific(value: float) -> str:
    """Return a probability or a factor with three digits, or a dash where there is none."""
    return f"{value:.3g}" if math.isfinite(value) else "-"


def _probability_table(answer: Answer) -> Table:
    event, plain = answer.event, bool(len(answer.plain))
    table = Table(title=f"P({event.metric} > {event.threshold:g}), {len(answer.sample.weights)} replications")
    table.add_column("structure/regime")
    names = ("P", "95 % interval", "rel. error", "hits", "runs with pilot", "gain over plain", "plain runs as sure")
    for name in (*names, f"{len(answer.plain)} plain runs") if plain else names:
        table.add_column(name, justify="right")
    for i, cell in enumerate(answer.cells):
        found, work = answer.probability(i), answer.work(i)
        row = [
            scientific(found.value), _interval(found.low, found.high), _percent(found.relative_error),
            str(found.hits), str(work), scientific(found.gain(work)), scientific(found.plain_runs()),
        ]  # fmt: skip
        table.add_row(cell, *row, *([_brute(answer, i)] if plain else []))
    return table


def _brute(answer: Answer, i: int) -> str:
    share, low, high = answer.brute(i)
    return f"{scientific(share)} {_interval(low, high)}"


def _gap_table(answer: Answer) -> Table:
    table = Table(title="Differences of probability on the same tapes, a - b")
    table.add_column("a")
    table.add_column("b")
    for name in ("a - b", "95 % interval"):
        table.add_column(name, justify="right")
    for gap in answer.gaps():
        table.add_row(gap.a, gap.b, scientific(gap.value), _interval(gap.low, gap.high))
    return table


def _tilt_table(answer: Answer) -> Table:
    table = Table(title="What makes it happen: shifts of the shocks, in standard deviations")
    for name in ("structure/regime", "share", "shifts"):
        table.add_column(name)
    for cell, pilot in zip(answer.cells, answer.pilots, strict=True):
        for share, mean in zip(pilot.mixture.shares, pilot.mixture.means, strict=True):
            moves = list(_moves(answer, mean).items())[:SHOWN]
            table.add_row(cell, f"{share:.2f}", ", ".join(f"{name} {move:+.1f}" for name, move in moves) or "none")
    return table


def _interval(low: float, high: float) -> str:
    return f"[{scientific(low)}, {scientific(high)}]"


def _percent(value: float) -> str:
    return f"{100.0 * value:.2g} %" if math.isfinite(value) else "-"
