"""The losses to be insured: those below bankruptcy of every protocol in every replication, and the capital they need.

Measured with more capital than any loss, so that no loss regime acts. With losses Dᵣᵢ of protocol i in replication r,

- **value at risk** and **expected shortfall** of each protocol's loss and of the sum (:mod:`model.measure.risk`);
- **Cover-1, Cover-2**: the largest, and the sum of the two largest, losses of one replication, at the worst one; EMIR
  (article 42) takes the larger of the largest and of the second and third together;
- **pool over isolated**: what one pool needs over what isolated funds of their own right sizes need, both at the same
  target, "each" or "any" (:mod:`experiments.study.size.target`), were losses the same whatever the capital;
- **diversification benefit**, VaR(Σ D) / Σ VaR(Dᵢ), a measure of how far losses coincide: 1 where they do. It is
  no comparison of pool and isolated funds, for VaR(Σ D) leaves nobody uncovered ("any") and VaR(Dᵢ) one ("each").

Both as a function of the **correlation of losses** keep each protocol's simulated losses as they are and only
rearrange who is hit together: ranks follow a Gaussian copula of one common factor (Iman and Conover 1982).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from experiments.study.size.target import TARGETS, own_sizes, pooled_size
from model.measure.risk import value_at_risk

Losses = NDArray[np.float64]
CORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
HALVINGS, ROUNDING = 60, 1e-12
DRAWS = 14  # log2 of the points of the copula


class Cover(NamedTuple):
    """Stress sizes, USD >= 0: the worst replication's largest, two largest, and EMIR's."""

    one: float
    two: float
    emir: float


def cover(losses: Losses) -> Cover:
    """Return the stress sizes of `losses`, (replications, protocols) USD >= 0."""
    width = max(3 - losses.shape[1], 0)
    ordered = -np.sort(-np.pad(losses, ((0, 0), (0, width))), axis=1)
    emir = np.maximum(ordered[:, 0], ordered[:, 1] + ordered[:, 2])
    return Cover(float(ordered[:, 0].max()), float(ordered[:, :2].sum(axis=1).max()), float(emir.max()))


def benefit(losses: Losses, target: float) -> float:
    """Return VaR(Σ D) / Σ VaR(Dᵢ) at `target`; NaN where no protocol needs anything by itself."""
    alone = sum(float(value_at_risk(losses[:, i], target)) for i in range(losses.shape[1]))
    return float(value_at_risk(losses.sum(axis=1), target)) / alone if alone > 0 else math.nan


def rearranged(losses: Losses, correlation: float, seed: int = 0) -> Losses:
    """Return losses with the same distribution for each protocol, hit together as `correlation` says.

    Parameters
    ----------
    losses : (replications, protocols) USD.
    correlation : of the normal scores of any two protocols, in [0, 1].
    seed : of the scrambled Sobol points.

    Returns
    -------
    (2^DRAWS, protocols) USD.
    """
    members = losses.shape[1]
    points = qmc.Sobol(members + 1, rng=seed).random_base2(DRAWS)
    scores = ndtri(np.clip(points, 1e-12, 1.0 - 1e-12))
    joint = math.sqrt(correlation) * scores[:, :1] + math.sqrt(1.0 - correlation) * scores[:, 1:]
    ranks = joint.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    ordered = np.sort(losses, axis=0)
    return np.take_along_axis(ordered, ranks * len(losses) // len(joint), axis=0)


def benefit_by_correlation(losses: Losses, target: float) -> dict[float, float]:
    """Return the diversification benefit at every correlation of :data:`CORRELATIONS`."""
    return {rho: benefit(rearranged(losses, rho), target) for rho in CORRELATIONS}


def pool_over_isolated(losses: Losses, target: float) -> dict[str, float]:
    """Return, by kind of target, what a pool needs over what own right sizes need; NaN where they need nothing."""
    ratios = {}
    for kind in TARGETS:
        alone = float(own_sizes(losses, kind, target).sum())
        ratios[kind] = pooled_size(losses, kind, target) / alone if alone > 0 else math.nan
    return ratios


def pool_by_correlation(losses: Losses, target: float) -> dict[float, dict[str, float]]:
    """Return :func:`pool_over_isolated` at every correlation of :data:`CORRELATIONS`."""
    return {rho: pool_over_isolated(rearranged(losses, rho), target) for rho in CORRELATIONS}


def needed(losses: Losses, weights: NDArray[np.float64], own_share: float) -> NDArray[np.float64]:
    """Return (replications,) USD: the least total capital C with Σ max(Dᵢ − a wᵢ C, 0) ≤ (1 − a) C.

    What each replication would need were losses the same whatever the capital: member i holds a wᵢ C itself and the
    pool the rest. Bisected below the lesser of what own layers alone need, max Dᵢ / (a wᵢ), and what the pool alone
    needs, Σ Dᵢ / (1 − a). Infinite where a member of no weight loses and nothing is pooled.
    """
    with np.errstate(all="ignore"):
        alone = np.where(losses > 0.0, losses / (own_share * weights), 0.0).max(axis=1)
        pooled = np.where(alone > 0.0, losses.sum(axis=1) / (1.0 - own_share), 0.0)
    bounded = np.isfinite(np.minimum(alone, pooled))
    low, high = np.zeros_like(alone), np.where(bounded, np.minimum(alone, pooled), 0.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        left = np.maximum(losses - own_share * weights * middle[:, None], 0.0).sum(axis=1)
        enough = left <= (1.0 - own_share) * middle + ROUNDING * losses.sum(axis=1)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(bounded, high, np.inf)


def needed_by_member(losses: Losses, weights: NDArray[np.float64], own_share: float) -> Losses:
    """Return (replications, protocols) USD: the least total capital that covers each member, losses as they are.

    min(Dᵢ / (a wᵢ), C) where Dᵢ > 0, C of :func:`needed`: its own layer pays all, or everybody is paid.
    """
    whole = needed(losses, weights, own_share)[:, None]
    with np.errstate(all="ignore"):
        alone = np.where(losses > 0.0, losses / (own_share * weights), 0.0)
    return np.minimum(alone, whole)


def own_fund(losses: Losses, target: float) -> NDArray[np.float64]:
    """Return (protocols,) USD: the fund each protocol alone would need at the target, by its losses alone."""
    return np.array([float(value_at_risk(losses[:, i], target)) for i in range(losses.shape[1])])
