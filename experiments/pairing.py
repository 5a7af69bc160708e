"""Innocents and saved: what a change of structure did to each protocol, world by world.

Two cells saw the same shocks in replication r. A protocol whose loss was covered in cell a and uncovered in cell b is
an **innocent** victim of b: it was safe by itself and went down with others. One that was uncovered in a and covered in
b was **saved** by b. With uᵢ(r) the uncovered loss of protocol i in USD,

    innocents(r) = #{ i : uᵢ = 0 in a, uᵢ > 0 in b },    saved(r) = #{ i : uᵢ > 0 in a, uᵢ = 0 in b }.

Their difference is that of the numbers uncovered; a mean difference alone hides that both can be large.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.estimate import Estimate, estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from experiments.comparison import Comparison

MEMBER = "uncovered_"


class Pairing(NamedTuple):
    """Protocols per replication, with 95 % intervals, going from cell `a` to cell `b`."""

    a: str
    b: str
    innocents: Estimate
    saved: Estimate


def compare_members(first: "NDArray[np.float64]", second: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return innocents and saved in each replication, (R, 2) protocols, NaN where either cell has no value.

    Parameters
    ----------
    first, second : (R, P) USD uncovered of each protocol in cells a and b, NaN in a replication that failed.
    """
    known = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    innocents = ((first <= 0.0) & (second > 0.0)).sum(axis=1)
    saved = ((first > 0.0) & (second <= 0.0)).sum(axis=1)
    return np.where(known[:, None], np.column_stack([innocents, saved]), np.nan)


def pairings(comparison: "Comparison") -> list[Pairing]:
    """Return every pair of cells of `comparison`; none where its runs do not report their protocols."""
    members = [metric for metric in comparison.metrics if metric.startswith(MEMBER)]
    return [_pairing(comparison, a, b, members) for a, b in comparison.pairs] if members else []


def _pairing(comparison: "Comparison", a: str, b: str, members: list[str]) -> Pairing:
    first, second = (np.column_stack([comparison.values(cell, name) for name in members]) for cell in (a, b))
    innocents, saved = compare_members(first, second).T
    number = len(members)
    return Pairing(a, b, estimate("innocents", innocents, number), estimate("saved", saved, number))
