"""A rare-event study as tables, as one document and as warnings."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table

from experiments.study.rare.answer import Answer
from experiments.study.rare.cross_entropy import ENOUGH
from experiments.study.rare.probability import Probability, doubtful

SHOWN = 5  # axes of a tilt
APART = 2.0  # spread of the seeds over their errors, above which they disagree
DOUBT = "intervals like this held the truth in 78 to 92 % of simulated cases, not in 95, and missed it above"


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain numbers."""
    return {
        "event": answer.event._asdict(),
        "method": "tilting",
        "replications": answer.replications,
        "seeds": [study.seed for study in answer.studies],
        "axes": len(answer.axes),
        "cells": {arrangement: _arrangement(answer, i) for i, arrangement in enumerate(answer.arrangements)},
        "differences": [gap._asdict() for gap in answer.gaps()],
    }


def tables(answer: Answer) -> list[Table]:
    """Return the tables: probabilities, differences from the first arrangement, and what the tilts moved."""
    shown = [_probability_table(answer), _tilt_table(answer)]
    return [shown[0], _gap_table(answer), shown[1]] if len(answer.arrangements) > 1 else shown


def caveats(answer: Answer) -> list[str]:
    """Return the warnings that belong to the estimates."""
    alone = ["one seed: how much of its gain is luck is not known; --seeds 3 tells"] if len(answer.studies) < 2 else []
    return alone + [
        f"{arrangement}: {line}" for i, arrangement in enumerate(answer.arrangements) for line in _caveats(answer, i)
    ]


def _caveats(answer: Answer, i: int) -> list[str]:
    estimate, single, number, lines = answer.probability(i), answer.single(i), len(answer.studies), []
    least = min(study.pilots[i].effective for study in answer.studies)
    if least < ENOUGH:
        lines.append(f"a pilot saw too few events, effectively {least:.0f}, to fit a tilt to them")
    if not estimate.hits:
        return [*lines, "no replication shows the event; only the upper bound means anything"]
    empty = sum(not one.hits for one in single)
    if empty:
        lines.append(f"in {empty} of {number} seeds no replication shows the event")
    if doubtful(estimate, number):
        lines.append(
            f"the estimate hangs on few runs: {estimate.hits} of {estimate.number} replications show the event, worth "
            f"{estimate.effective:.0f} of equal weight, and {estimate.largest:.0%} of it hangs on one; {DOUBT}"
        )
    if estimate.between > APART * estimate.within:
        values = [one.value for one in single]
        lines.append(
            f"the seeds disagree by more than their errors, from {scientific(min(values))} to {scientific(max(values))}"
        )
    return lines


def _arrangement(answer: Answer, i: int) -> dict[str, Any]:
    estimate, work, pilot = answer.probability(i), answer.work(i), sum(answer.pilot_runs(i))
    return {
        "probability": estimate.value,
        "ci95": [estimate.low, estimate.high],
        "relative_error": estimate.relative_error,
        "hits": estimate.hits,
        "effective_hits": estimate.effective,
        "largest_share": estimate.largest,
        "doubtful": doubtful(estimate, len(answer.studies)),
        "runs": work,
        "pilot_runs": pilot,
        "gain": estimate.gain(work),
        "gain_without_pilot": estimate.gain(work - pilot),
        "gain_range": list(extent(answer.gains(i))),
        "plain_runs_as_sure": estimate.plain_runs(),
        "error_within_seeds": estimate.within,
        "error_between_seeds": estimate.between,
        "by_seed": _by_seed(answer, i),
        "tilt": [
            {"seed": study.seed, "share": float(share), "mean": _moves(answer, mean)}
            for study in answer.studies
            for share, mean in zip(*study.pilots[i].mixture, strict=True)
        ],
        "tail": [{"threshold": level, **_short(point)} for level, point in answer.tail(i)],
        **({"plain": _plain(answer, i)} if len(answer.plain) else {}),
    }


def _by_seed(answer: Answer, i: int) -> list[dict[str, Any]]:
    rows = zip(answer.studies, answer.single(i), answer.gains(i), strict=True)
    return [
        {
            "seed": study.seed,
            **_short(estimate),
            "hits": estimate.hits,
            "effective_hits": estimate.effective,
            "gain": gain,
        }
        for study, estimate, gain in rows
    ]


def extent(gains: Sequence[float]) -> tuple[float, float]:
    """Return the least and the largest gain; the least is NaN where a seed saw nothing and its gain is not known."""
    known = [gain for gain in gains if math.isfinite(gain)]
    return (min(known) if len(known) == len(gains) else math.nan), max(known, default=math.nan)


def gain_text(gains: Sequence[float]) -> str:
    """Return the gains of several seeds as from least to largest."""
    least, most = extent(gains)
    return scientific(most) if len(gains) == 1 else f"{scientific(least)} to {scientific(most)}"


def _short(estimate: Probability) -> dict[str, Any]:
    return {"probability": estimate.value, "ci95": [estimate.low, estimate.high]}


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
    over = f"{len(answer.studies)} seeds" if len(answer.studies) > 1 else "one seed"
    table = Table(title=f"P({event.metric} > {event.threshold:g}), {answer.replications} replications over {over}")
    table.add_column("structure/regime")
    gain = f"gain over plain, {over}"
    names = ("P", "95 % interval", "rel. error", "hits", "runs with pilot", gain, "plain runs as sure")
    for name in (*names, f"{len(answer.plain)} plain runs") if plain else names:
        table.add_column(name, justify="right")
    for i, arrangement in enumerate(answer.arrangements):
        estimate, work = answer.probability(i), answer.work(i)
        row = [
            scientific(estimate.value), _interval(estimate.low, estimate.high), _percent(estimate.relative_error),
            f"{estimate.hits}, worth {estimate.effective:.0f}", str(work), gain_text(answer.gains(i)),
            scientific(estimate.plain_runs()),
        ]  # fmt: skip
        table.add_row(arrangement, *row, *([_brute(answer, i)] if plain else []))
    return table


def _brute(answer: Answer, i: int) -> str:
    share, low, high = answer.brute(i)
    return f"{scientific(share)} {_interval(low, high)}"


def _gap_table(answer: Answer) -> Table:
    table = Table(title="Differences of probability on the same tapes, a - b")
    table.add_column("a")
    table.add_column("b")
    for name in ("a - b", "95 % interval", "by seed"):
        table.add_column(name, justify="right")
    for gap in answer.gaps():
        apart = ", ".join(scientific(value) for value in gap.estimates)
        table.add_row(gap.a, gap.b, scientific(gap.value), _interval(gap.low, gap.high), apart)
    return table


def _tilt_table(answer: Answer) -> Table:
    table = Table(title="What makes it happen: shifts of the shocks, in standard deviations")
    for name in ("structure/regime", "seed", "share", "shifts"):
        table.add_column(name)
    for i, arrangement in enumerate(answer.arrangements):
        for study in answer.studies:
            for share, mean in zip(*study.pilots[i].mixture, strict=True):
                moves = ", ".join(f"{name} {move:+.1f}" for name, move in list(_moves(answer, mean).items())[:SHOWN])
                table.add_row(arrangement, str(study.seed), f"{share:.2f}", moves or "none")
    return table


def _interval(low: float, high: float) -> str:
    return f"[{scientific(low)}, {scientific(high)}]"


def _percent(value: float) -> str:
    return f"{100.0 * value:.2g} %" if math.isfinite(value) else "-"
