"""Innocents and saved: what a change of structure did to each protocol, world by world.

Two arrangements saw the same shocks in replication r. A protocol whose loss was covered in arrangement a and uncovered
in arrangement b is an **innocent** victim of b: it was safe by itself and lost through others. One that was uncovered
in a and covered in b was **saved** by b. With uᵢ(r) the uncovered loss of protocol i in USD,

    innocents(r) = #{ i : uᵢ = 0 in a, uᵢ > 0 in b },    saved(r) = #{ i : uᵢ > 0 in a, uᵢ = 0 in b }.

Their difference is that of the numbers uncovered; a mean difference alone hides that both can be large.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.statistics.estimate import Estimate, estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray


MEMBER = "uncovered_"


class Pairing(NamedTuple):
    """Protocols per replication, with 95 % intervals, going from arrangement `a` to arrangement `b`."""

    a: str
    b: str
    innocents: Estimate
    saved: Estimate


def compare_members(first: "NDArray[np.float64]", second: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return innocents and saved in each replication, (R, 2) protocols, NaN where either arrangement has no value.

    Parameters
    ----------
    first, second : (R, P) USD uncovered of each protocol in arrangements a and b, NaN in a replication that failed.
    """
    known = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    innocents = ((first <= 0.0) & (second > 0.0)).sum(axis=1)
    saved = ((first > 0.0) & (second <= 0.0)).sum(axis=1)
    return np.where(known[:, None], np.column_stack([innocents, saved]), np.nan)


def pairings(
    pairs: Iterable[tuple[str, str]], metrics: Iterable[str], values: Callable[[str, str], "NDArray[np.float64]"]
) -> list[Pairing]:
    """Return every pair of arrangements of a comparison; none where its runs do not report their protocols.

    Parameters
    ----------
    pairs : the pairs of arrangements.
    metrics : the metrics that every run has.
    values : arrangement and metric → that metric in each replication, (R,).
    """
    members = [metric for metric in metrics if metric.startswith(MEMBER)]

    def table(arrangement: str) -> "NDArray[np.float64]":
        return np.column_stack([values(arrangement, name) for name in members])

    return [_pairing(a, b, table(a), table(b)) for a, b in pairs] if members else []


def _pairing(a: str, b: str, first: "NDArray[np.float64]", second: "NDArray[np.float64]") -> Pairing:
    innocents, saved = compare_members(first, second).T
    number = first.shape[1]
    return Pairing(a, b, estimate("innocents", innocents, number), estimate("saved", saved, number))
