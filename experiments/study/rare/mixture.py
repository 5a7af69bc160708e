"""A mixture of tilts: which component draws a replication, and what weight the replication then has.

With shares α_j of components N(μ_j, I) on the scores s of the axes, the first of them the untilted N(0, I),

    w = p / q = 1 / Σ_j α_j exp(μ_j·s − |μ_j|² / 2)  <=  1 / α_0.                               (1)

Replications are dealt to the components in fixed numbers n_j and α_j is n_j / n (the deterministic mixture, or balance
heuristic), so that Σ w 1{event} / n has mean P(event) exactly, whatever the tilts are, as long as they were chosen
without these replications; the reported estimate has weights that are also calibrated to mean one
(:mod:`experiments.study.rare.calibrated_weight`). The untilted share bounds every weight: the variance is at most 1 /
α_0 times that of plain Monte Carlo, even where the tilts are useless.

References: Veach and Guibas (1995), SIGGRAPH; Hesterberg (1995), Technometrics 37:185; Owen and Zhou (2000), J.
American Statistical Association 95:135.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Mixture(NamedTuple):
    """Shifts of the scores and how often each is used."""

    shares: Floats  # (components,) > 0, summing to 1
    means: Floats  # (components, axes)

    @classmethod
    def plain(cls, axes: int) -> Self:
        """Return the mixture of nothing but the untilted component."""
        return cls(np.ones(1), np.zeros((1, axes)))

    @classmethod
    def defended(cls, parts: "Sequence[Mixture]", share: float) -> Self:
        """Return the untilted component with its `share`, and all `parts` with equal shares of the rest."""
        rest = [(1.0 - share) / len(parts) * part.shares for part in parts]
        means = np.concatenate([np.zeros((1, parts[0].means.shape[1])), *(part.means for part in parts)])
        return cls(np.concatenate([[share], *rest]), means)

    def deal(self, number: int) -> NDArray[np.int64]:
        """Return the component of each of `number` replications: always the one furthest behind its share."""
        dealt, counts = np.empty(number, dtype=np.int64), np.zeros(len(self.shares))
        for r in range(number):
            dealt[r] = np.argmax(self.shares * (r + 1) - counts)
            counts[dealt[r]] += 1
        return dealt


def log_weights(scores: Floats, means: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return (n,) log w of equation (1).

    Parameters
    ----------
    scores : (n, axes) shifted scores of replications dealt to the components in the numbers `counts`.
    means : (components, axes).
    counts : (components,) replications of each, summing to n.
    """
    used = counts > 0
    shares = np.log(counts[used] / counts.sum())
    densities = shares + scores @ means[used].T - 0.5 * (means[used] ** 2).sum(axis=1)
    return -np.logaddexp.reduce(densities, axis=1)
