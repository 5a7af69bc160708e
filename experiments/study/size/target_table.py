"""Sizes at each target as plain numbers and as a table: like is compared with like, and judged on other worlds.

How often the members were uncovered is a count with its exact interval (:mod:`experiments.statistics.interval`): at
"any" of worlds in which anybody was, at "each" of those in which the member that suffers most often was; the latter's
interval holds for all members together.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from experiments.statistics.interval import clopper_pearson
from experiments.study.comparison.table import interval, number
from experiments.study.size.answer import Answer
from experiments.study.size.sizing import OWN, Size
from experiments.study.size.target import ANY, MEANING, TARGETS

MILLION = 1e-6
LEVEL = 0.95


def money(value: float) -> str:
    """Return USD in millions as text."""
    return number(value * MILLION) if math.isfinite(value) else "none"


def counted(uncovered: NDArray[np.bool_], target: str) -> dict[str, Any]:
    """Return how often the target's event happened among `uncovered`, (replications, protocols)."""
    worlds, members = uncovered.shape
    k = int(uncovered.any(axis=1).sum() if target == ANY else uncovered.sum(axis=0).max())
    level = LEVEL if target == ANY else 1.0 - (1.0 - LEVEL) / members
    return {"k": k, "n": worlds, "probability": k / worlds, "ci95": list(clopper_pearson(k, worlds, level))}


def sizes_document(answer: Answer) -> list[dict[str, Any]]:
    """Return every arrangement at every target."""
    return [
        {
            "arrangement": size.arrangement,
            "structure": size.structure,
            "regime": size.regime,
            "target": size.target,
            "capital": size.capital,
            "interval": [size.low, size.high],
            "callable_capital": size.callable_capital,
            "contributions": size.contributions.tolist(),
            "learnt_on_same_worlds": counted(size.uncovered, size.target),
            "judged_on_other_worlds": [
                {"capital": half.capital, **counted(half.uncovered, size.target)} for half in size.halves
            ],
        }
        for size in answer.sizes
    ]


def comparison(answer: Answer) -> list[dict[str, Any]]:
    """Return every arrangement's capital over that of isolated funds of their own right sizes, at the same target."""
    return [_compared(answer, size) for kind in TARGETS for size in answer.found(kind) if size.structure != OWN]


def capital_table(answer: Answer) -> Table:
    """Return the capital of every arrangement at both targets."""
    odds = f"{1 - answer.target:.4g}"
    table = Table(
        title=f"Least capital by target, $M: 'each', P(uncovered) <= {odds} for {MEANING['each']}; "
        f"'any', P(anybody uncovered) <= {odds}",
        caption="Over own: over isolated funds of their own right sizes at the same target; in brackets learnt from "
        "each half. Judged: share of other worlds with the target's event, learnt from one half and from the other, "
        "exact 95 % intervals.",
    )
    for name in ("arrangement", "target"):
        table.add_column(name)
    for name in ("capital", "95 % interval", "callable\ncapital", "of open\ninterest", "over own", "judged, %"):
        table.add_column(name, justify="right", no_wrap=name == "judged, %")
    for size in answer.sizes:
        over = "1" if size.structure == OWN else _over(_compared(answer, size))
        table.add_row(
            size.arrangement, size.target, money(size.capital), _interval(size), money(size.callable_capital),
            number(size.capital / float(answer.interest.sum())), over, judged(size),
        )  # fmt: skip
    return table


def judged(size: Size) -> str:
    """Return in per cent how often the event happened in worlds that the size was not learnt from, both ways."""
    counts = [counted(half.uncovered, size.target) for half in size.halves]
    return ", ".join(
        f"{100 * one['probability']:.1f} [{100 * one['ci95'][0]:.1f}, {100 * one['ci95'][1]:.1f}]" for one in counts
    )


def _compared(answer: Answer, size: Size) -> dict[str, Any]:
    own = answer.own(size.regime, size.target)
    halves = [_ratio(a.capital, b.capital) for a, b in zip(size.halves, own.halves, strict=True)]
    return {
        "target": size.target,
        "arrangement": size.arrangement,
        "capital": size.capital,
        "own_right_sizes": own.capital,
        "over_own": _ratio(size.capital, own.capital),
        "over_own_by_half": halves,
    }


def _over(row: dict[str, Any]) -> str:
    halves = ", ".join(number(ratio) for ratio in row["over_own_by_half"])
    return f"{number(row['over_own'])} ({halves})"


def _ratio(a: float, b: float) -> float:
    return a / b if 0.0 < b < math.inf and a < math.inf else math.nan


def _interval(size: Size) -> str:
    if math.isinf(size.high):
        return f"[{money(size.low)}, none]"
    return interval(size.low * MILLION, size.high * MILLION)
