"""How effects of channels are shown: a table with a row per term, sentences that name interactions, and a document.

Every term is a mean over replications of a paired contrast, with its interval
(:mod:`experiments.statistics.estimate`). Where the contrast is the same in every replication there is no interval:
the number of replications shows how much that means.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from experiments.statistics.estimate import difference_ends, estimate
from experiments.study.attribution.answer import (
    CLOSED,
    MEASURES,
    NOTHING,
    OWN,
    Coalition,
    Floats,
    Ledger,
    coalitions,
    dividends,
    last_effects,
)
from experiments.study.comparison.table import interval, number

SHOWN = {
    "default": ("defaults a run", 1.0),
    "uncovered": ("uncovered, $M a run", 1e-6),
    "bad_debt": ("bad debt, $M a run", 1e-6),
}
HIGHER = "higher"
PAIR = 2
SAME = 1e-12  # relative spread that is rounding
SOME = 6  # replications in all of which an effect must show where it does not vary: the sign test at 5 %


class Term(NamedTuple):
    """A mean over `number` replications, its interval or NaN, in how many it is not 0, and whether all are the same."""

    mean: float
    low: float
    high: float
    number: int
    nonzero: int
    same: bool


def term(values: Floats, loss: bool = False) -> Term:
    """Return the mean of a paired contrast, (replications,), or of a `loss`, never negative, with its interval."""
    low, high = estimate("uncovered", values)[1:3] if loss else difference_ends("effect", values)
    mean = math.fsum(values) / len(values) if len(values) else math.nan
    same = len(values) > 0 and float(np.ptp(values)) <= SAME * float(np.abs(values).max())
    return Term(mean, low, high, len(values), int((values != 0.0).sum()), same)


def named(channels: Coalition) -> str:
    """Return the name of a set of channels, in their usual order."""
    return "+".join(name for name in CLOSED if name in channels)


def effects(outcomes: Mapping[Coalition, Floats]) -> dict[str, dict[str, Any]]:
    """Return the main effect of every channel and, as `last`, its last effect."""
    terms, last = dividends(outcomes), last_effects(outcomes)
    return {
        name: {**_plain(term(terms[Coalition({name})])), "last": _plain(term(values))} for name, values in last.items()
    }


def interactions(outcomes: Mapping[Coalition, Floats]) -> dict[str, dict[str, Any]]:
    """Return the interaction of every pair of channels and, as `higher`, the sum of all of more than two."""
    pairs = {named(some): _plain(term(value)) for some, value in _of_size(outcomes, PAIR)}
    more = [value for some, value in dividends(outcomes).items() if len(some) > PAIR]
    return pairs | ({HIGHER: _plain(term(np.sum(more, axis=0)))} if more else {})


def document(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """Return totals, effects and interactions as nested mappings, and which channels each arrangement has."""
    return {
        "replications": len(ledgers[0].met),
        "cells": {
            ledger.arrangement.name: {
                "channels": list(ledger.channels),
                **{measure: _measure(ledger, measure) for measure in MEASURES},
                "conditions": {name: _plain(term(ledger.condition(name), True)) for name in ledger.met[0]},
            }
            for ledger in ledgers
        },
    }


def table(ledgers: Sequence[Ledger]) -> Table:
    """Return own loss, effects and interactions, a row per arrangement, measure and term."""
    shown = Table(
        title=f"What channels add, by replay of {len(ledgers[0].met)} tapes with channels closed",
        caption="Terms from own loss to the total sum to it. An interaction needs all its channels; those not shown "
        "are 0 in every replication. Last: what closing that channel alone averts. Intervals are not adjusted for "
        "their number.",
    )
    for name in ("measure", "cell", "term"):
        shown.add_column(name)
    for name in ("adds, 95 % interval", "last, 95 % interval"):
        shown.add_column(name, justify="right", no_wrap=True)
    for measure in MEASURES:
        for ledger in ledgers:
            label = SHOWN[measure][0]
            for row in _rows(ledger, measure):
                shown.add_row(label, ledger.arrangement.name, *row)
            shown.add_section()
    return shown


def condition_table(ledgers: Sequence[Ledger]) -> Table:
    """Return how many defaults a run meet each condition that replays prove."""
    shown = Table(
        title="Defaults a run, by what replay proves of each",
        caption="Conditions do not exclude each other, nor add up.",
    )
    shown.add_column("arrangement")
    for name in ("all", "with all\nclosed", *(f"not without\n{name}" for name in CLOSED), "whichever one\nis closed"):
        shown.add_column(name, justify="right")
    for ledger in ledgers:
        asked = ("own", *(f"needs {name}" for name in CLOSED), "none")
        means = [ledger.condition(name).mean() if name in ledger.met[0] else math.nan for name in asked]
        shown.add_row(ledger.arrangement.name, number(float(ledger.total("default").mean())), *map(number, means))
    return shown


def sentences(ledgers: Sequence[Ledger]) -> list[str]:
    """Return a line for every pair of channels whose interaction is told apart from nothing."""
    return [line for measure in MEASURES for ledger in ledgers for line in _told(ledger, measure)]


def _told(ledger: Ledger, measure: str) -> Iterator[str]:
    label, factor = SHOWN[measure]
    for some, values in _of_size(ledger.outcomes(measure), PAIR):
        summary = term(values)
        a, b = named(some).split("+")
        always = summary.same and summary.number >= SOME
        if summary.low > 0.0 or (always and summary.mean > 0.0):
            what = f"needs both {a} and {b}: beyond what each adds alone"
        elif summary.high < 0.0 or (always and summary.mean < 0.0):
            what = f"with both {a} and {b}: less than each adds alone"
        else:
            continue
        yield f"{ledger.arrangement.name}, {label}: {_text(summary, factor)} {what}"


def _measure(ledger: Ledger, measure: str) -> dict[str, Any]:
    outcomes, total = ledger.outcomes(measure), term(ledger.total(measure), True)
    own = term(outcomes[NOTHING], True)
    return {
        "total": total.mean,
        OWN: own.mean,
        "terms": {"total": _plain(total), OWN: _plain(own)},
        "effects": effects(outcomes),
        "interactions": interactions(outcomes),
        "higher_terms": {
            named(some): _plain(term(value)) for some, value in dividends(outcomes).items() if len(some) > PAIR
        },
    }


def _rows(ledger: Ledger, measure: str) -> Iterator[tuple[str, ...]]:
    outcomes, factor = ledger.outcomes(measure), SHOWN[measure][1]
    yield OWN, _text(term(outcomes[NOTHING], True), factor), ""
    terms, last = dividends(outcomes), last_effects(outcomes)
    for name, values in last.items():
        yield f"{name} alone", _text(term(terms[Coalition({name})]), factor), _text(term(values), factor)
    for some in coalitions(ledger.channels):
        summary = term(terms[some])
        if len(some) >= PAIR and summary.nonzero:
            yield f"interaction {named(some).replace('+', ' × ')}", _text(summary, factor), ""
    yield "total", _text(term(ledger.total(measure), True), factor), ""


def _of_size(outcomes: Mapping[Coalition, Floats], size: int) -> Iterator[tuple[Coalition, Floats]]:
    return ((some, value) for some, value in dividends(outcomes).items() if len(some) == size)


def _text(summary: Term, factor: float) -> str:
    if math.isnan(summary.low):
        rest = f"in all {summary.number}" if summary.same else f"({summary.nonzero} of {summary.number})"
        return f"{number(summary.mean * factor)} {rest}"
    return f"{number(summary.mean * factor)} {interval(summary.low * factor, summary.high * factor)}"


def _plain(summary: Term) -> dict[str, Any]:
    return {
        "mean": summary.mean, "ci95": [summary.low, summary.high], "n": summary.number, "nonzero": summary.nonzero,
    }  # fmt: skip
