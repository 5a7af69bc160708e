"""A probability estimated from weighted replications, with its error, its interval and its gain.

The estimate of one study is the mean of x = w 1{event}; its variance is taken within the components m of the
deterministic mixture,

    var = Σ_m (n_m / n)² s_m² / n_m,                                                        (1)

of x, or where weights have been given the mean one (:mod:`experiments.study.rare.calibrated_weight`) of x − c (w −
1), c the slope of x on w. Of K studies with seeds of their own the mean is taken. What their pilots missed shows in
how far they disagree, so that its variance is the larger of Σ var / K² and s² / K, s² the variance of the K estimates.

The interval is that of Korn and Graubard (1998, Survey Methodology 24:193): Clopper and Pearson's for x* hits in n*
trials,

    n* = P (1 − P) / (var (t / z)²),   x* = n* P,                                           (2)

z the normal and t Student's quantile with one degree of freedom less than the **effective hits** (Σ x)² / Σ x². It lies
within [0, 1] whatever the weights, and is Clopper and Pearson's own where all weights are one. Where no replication
shows the event, all that is known is P <= W (1 − 0.025^(1/n)), W the largest possible weight: a run shows the event
with probability at least P / W, and n runs none with at most (1 − P / W)^n. Where all show it, the same holds of 1 − P.

How often the interval holds the truth was simulated on tails of Gaussian sums, 1e-4 to 0.5, with one seed and three
(tests/experiments/study/test_rare.py): in 95 to 97 % of cases where the tilted shocks decide. Where draws that are not
tilted have half the variance or more it was 78 to 92 %, with the truth above: replications that are rare under the tilt
and have large weights are missed. Then few replications show the event, or few of them carry the estimate
(:func:`doubtful`), and the output says so.

**Gain** at equal work: plain Monte Carlo of as many runs as this estimate took, its pilot included, would have variance
P (1 − P) / runs; gain is that over `var`. All runs of a scenario have the same number of steps, so runs are steps. Of
one seed it is an estimate itself, and a poor one: several seeds tell its range.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from experiments.statistics.interval import clopper_pearson

Floats = NDArray[np.float64]
NORMAL = 1.959963984540054  # 97.5 % quantile
TAIL = 0.025
FEW = 20.0  # effective hits of a study below which its interval is doubtful
SHOWN = 0.2  # share of replications with the event below which draws that are not tilted decide


class Estimate(NamedTuple):
    """The estimate of one study.

    Attributes
    ----------
    value, error : estimate and standard error, equation (1).
    hits, number : replications with the event, and all of them.
    square, heaviest : Σ x² and the largest x.
    bound : the largest weight possible.
    plain : whether all weights are one.
    """

    value: float
    error: float
    hits: int
    number: int
    square: float
    heaviest: float
    bound: float
    plain: bool


class Probability(NamedTuple):
    """An estimate; pure numbers."""

    value: float
    low: float
    high: float
    error: float  # standard error
    hits: int  # replications that showed the event
    largest: float  # largest share of the estimate from one replication
    effective: float  # effective number of hits
    number: int  # replications
    within: float  # standard error by equation (1) alone
    between: float  # standard error by the spread of the studies, NaN of one

    @property
    def relative_error(self) -> float:
        """Standard error over estimate, NaN where nothing was seen."""
        return self.error / self.value if self.value > 0.0 else math.nan

    def gain(self, work: float) -> float:
        """Return plain Monte Carlo's variance with `work` runs over this variance, NaN where nothing was seen."""
        if not self.value > 0.0 or not self.error > 0.0:
            return math.nan
        return self.value * (1.0 - self.value) / work / self.error**2

    def plain_runs(self) -> float:
        """Return how many plain runs would give the same error, NaN where there was no event."""
        return self.gain(1.0)


def probability(event: NDArray[np.bool_], weights: Floats, component: NDArray[np.int64]) -> Probability:
    """Return the estimate of a single study with plain likelihood ratios; parameters as :func:`estimate`."""
    return pooled([estimate(event, weights, component)])


def estimate(event: NDArray[np.bool_], weights: Floats, component: NDArray[np.int64], fixed: bool = False) -> Estimate:
    """Return the estimate of one study.

    Parameters
    ----------
    event : (n,) whether the replication showed it.
    weights : (n,) likelihood ratios, >= 0.
    component : (n,) which component of the mixture drew it.
    fixed : whether the mean of the weights has been made one.
    """
    x = weights * event
    error = standard_error(residual(x, weights) if fixed else x, component)
    plain = bool((weights == 1.0).all())
    heaviest, number = float(x.max()), len(x)
    return Estimate(
        value=float(x.mean()),
        error=error,
        hits=int(event.sum()),
        number=number,
        square=float(x @ x),
        heaviest=heaviest,
        bound=bound(component),
        plain=plain,
    )


def residual(x: Floats, weights: Floats) -> Floats:
    """Return x − c (w − 1), (n,), of which the mean varies as that of x does with weights of mean one."""
    away = weights - weights.mean()
    spread = float(away @ away)
    return x - (float(x @ away) / spread if spread > 0.0 else 0.0) * away


def pooled(parts: Sequence[Estimate]) -> Probability:
    """Return the estimate of studies equally long, with its interval."""
    value, within, between, error = spread([part.value for part in parts], [part.error for part in parts])
    hits, number = sum(part.hits for part in parts), sum(part.number for part in parts)
    total = sum(part.value * part.number for part in parts)
    square = sum(part.square for part in parts)
    effective = total**2 / square if total > 0.0 else 0.0
    largest = max(part.heaviest for part in parts) / total if total > 0.0 else math.nan
    most = max(part.bound for part in parts)
    if not hits:
        low, high = 0.0, unseen(number, most)
    elif hits == number:
        low, high = 1.0 - unseen(number, most), 1.0
    elif all(part.plain for part in parts):
        low, high = clopper_pearson(hits, number, 0.95)
    else:
        low, high = interval(value, error, effective - 1.0)
    return Probability(
        value=value,
        low=low,
        high=high,
        error=error,
        hits=hits,
        largest=largest,
        effective=effective,
        number=number,
        within=within,
        between=between,
    )


def spread(values: Sequence[float], errors: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the mean of K estimates and its standard errors: by their own, by their spread, the larger of the two."""
    number = len(values)
    within = math.sqrt(sum(error**2 for error in errors)) / number
    between = float(np.std(values, ddof=1)) / math.sqrt(number) if number > 1 else math.nan
    return float(np.mean(values)), within, between, max(within, 0.0 if math.isnan(between) else between)


def interval(value: float, error: float, degrees: float) -> tuple[float, float]:
    """Return the 95 % interval (2) of a probability with its standard error; of one that is not below 1, just 1."""
    if not error > 0.0 or value >= 1.0:
        return min(value, 1.0), min(value, 1.0)
    factor = float(stdtrit(max(degrees, 1.0), 1.0 - TAIL)) / NORMAL
    trials = value * (1.0 - value) / (error * factor) ** 2
    hits = trials * value
    low, high = betaincinv(hits, trials - hits + 1.0, TAIL), betaincinv(hits + 1.0, trials - hits, 1.0 - TAIL)
    # The inverse of the beta integral is inexact, or NaN, for very many trials.
    return float(np.fmin(low, value)), float(np.fmax(high, value))


def doubtful(found: Probability, studies: int = 1) -> bool:
    """Return whether the estimate rests on too few replications for its interval to be trusted."""
    return found.hits > 0 and (found.effective < FEW * studies or found.hits < SHOWN * found.number)


def standard_error(values: Floats, component: NDArray[np.int64]) -> float:
    """Return the standard error of the mean of `values`, (n,), dealt in fixed numbers to components, equation (1)."""
    variance = 0.0
    for m in np.unique(component):
        own = values[component == m]
        # The variance within a single replication is unknown; its square overstates it.
        variance += len(own) * float(own.var(ddof=1)) if len(own) > 1 else float(own[0] ** 2)
    return math.sqrt(variance) / len(values)


def bound(component: NDArray[np.int64]) -> float:
    """Return the largest weight possible, n over the number of untilted replications; inf where there are none."""
    plain = int((component == 0).sum())
    return len(component) / plain if plain else math.inf


def unseen(number: int, largest: float) -> float:
    """Return the upper end of P(event) where none of `number` runs showed it, with weights up to `largest`."""
    return min(1.0, largest * -math.expm1(math.log(TAIL) / number))
