"""Intervals of sensitivity indices, by resampling design points and replications together.

A point's value is a mean over R replications, so an index errs twice: the design has finitely many points, and each
value has the noise of its replications. A bootstrap over points alone takes the noise for an effect of the fields. Here
both are drawn with replacement, replications alike for all points as they share their shocks, and a deviation of a mean
of R is widened by √(R / (R − 1)) to be that of R independent ones. With estimates θ*_b of B resamples

    half-width = z √( Σ_b (θ*_b − θ)² / B ),                                                   (1)

around the estimate θ, so that it includes the bias that noise gives to squares and absolute values. With one
replication the noise is unknown and there is no interval.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

type Floats = NDArray[np.float64]
type Rows = NDArray[np.int64]
# Values (blocks, points of a block) and the blocks drawn, to (names of indices, fields).
type Estimator = Callable[[Floats, Rows], Floats]


def half_widths(
    runs: Floats, block: int, estimator: Estimator, level: float = 0.95, resamples: int = 1_000, seed: int = 1
) -> Floats:
    """Return (1) for every index that `estimator` returns, shaped like it; NaN with one replication.

    Parameters
    ----------
    runs : (points, R) values, unit of the metric.
    block : points of the design that belong together, a trajectory or the rows of one base point.
    estimator : takes the means, (blocks, block), and the blocks drawn; returns the indices.
    level : confidence level in (0, 1).
    resamples, seed : of the bootstrap.
    """
    points, replications = runs.shape
    mean = runs.mean(axis=1)
    whole = estimator(mean.reshape(-1, block), np.arange(points // block))
    if replications < 2:
        return np.full_like(whole, np.nan)
    generator, blocks = np.random.default_rng(seed), points // block
    widen = np.sqrt(replications / (replications - 1))
    squares = np.zeros_like(whole)
    for _ in range(resamples):
        drawn = generator.integers(0, replications, replications)
        values = mean + widen * (runs[:, drawn].mean(axis=1) - mean)
        resampled = estimator(values.reshape(-1, block), generator.integers(0, blocks, blocks))
        squares += (resampled - whole) ** 2
    return float(ndtri(0.5 + level / 2.0)) * np.sqrt(squares / resamples)


def sobol_indices(values: Floats, rows: Rows) -> Floats:
    """Return (2, fields) first-order and total indices (Saltelli et al. 2010) of `rows` of `values`, (N, fields + 2).

    With y_A, y_B and y_ABi centred, V their variance over A and B:  S_i = mean(y_B (y_ABi − y_A)) / V and
    S_Ti = mean((y_A − y_ABi)²) / 2V.
    """
    centred = values[rows] - values[rows].mean()
    first, second, mixed = centred[:, :1], centred[:, -1:], centred[:, 1:-1]
    variance = np.concatenate([first, second]).var() or np.nan
    main = np.mean(second * (mixed - first), axis=0)
    return np.array([main, 0.5 * np.mean((first - mixed) ** 2, axis=0)]) / variance


def morris_effects(coordinates: Floats) -> Estimator:
    """Return the estimator of (1, fields) μ*, the mean absolute elementary effect, on a design of trajectories.

    Every step of a trajectory moves one field alike in size; `coordinates` are (points, fields) in [0, 1].
    """
    fields = coordinates.shape[1]
    steps = np.abs(np.diff(coordinates.reshape(-1, fields + 1, fields), axis=1))
    order, size = steps.argmax(axis=2).argsort(axis=1), float(steps.max())

    def mean_absolute(values: Floats, rows: Rows) -> Floats:
        effects = np.abs(np.diff(values, axis=1)) / size
        return np.take_along_axis(effects, order, axis=1)[rows].mean(axis=0, keepdims=True)

    return mean_absolute
