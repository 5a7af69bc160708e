"""The pilot: which tilt makes the event common, by the multilevel cross-entropy method.

Trials of n replications are drawn from the present tilts and ordered by how near they came to the event. Of all
trials so far those above the best tenth of the latest trial, w their weights under all tilts so far, give the next
tilt, the one nearest to them in Kullback and Leibler's sense:

    μ = Σ w s / Σ w,                                                                            (1)

until the trials that show the event itself are worth twenty of equal weight, (Σ w)² / Σ w² >= 20; those give the last
tilt. Where the event also depends on draws that are not tilted, the tilt may stop short of it; then the share of the
best is halved. Two ways to the event, a crash and a rally, are separated by the sign of the axis that moves most, and
get a component each. Entries of μ that do not differ from zero, below √(2 log d) standard errors for d axes, are set to
zero: noise in an axis that does not matter only spreads the weights. The test is made in coordinates in which a steady
drift over all stretches of a stream is a single number (:func:`haar`).

References: Rubinstein and Kroese, *The Cross-Entropy Method* (2004), 3.2; Cornuet et al. (2012), Scandinavian J.
Statistics 39:798 (reuse of all trials); Donoho and Johnstone (1994), Biometrika 81:425 (the threshold).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.study.rare.mixture import Mixture, log_weights

Floats = NDArray[np.float64]
ELITE = 0.1  # share of a trial that moves the tilt
FEWEST = 5  # replications of a trial that do so at least
ENOUGH = 20.0  # effective number of trials with the event that ends the pilot
LEVELS = 12
LEAST_SHARE = 0.2  # least weight of a component: with few trials one of two ways to the event may get too little
LEAST_NUMBER = 3  # replications, for a component of its own


class Trial(NamedTuple):
    """The result of a trial of n replications."""

    scores: Floats  # (n, axes) shifted
    nearness: Floats  # (n, keys) compared from the first column on; inf first where the event came
    component: NDArray[np.int64]  # (n,)


Draw = Callable[[Mixture, int], Trial]


class Pilot(NamedTuple):
    """The tilts found, the number of trials, and how many with the event, effectively, the tilts were fitted to."""

    mixture: Mixture
    trials: int
    effective: float


def search(draw: Draw, basis: Floats, levels: int = LEVELS) -> Pilot:
    """Return the tilts under which the event is common.

    Parameters
    ----------
    draw : returns the trial of a mixture and the number of the level, from 0.
    basis : (axes, axes) orthonormal rows, the coordinates in which a mean is tested against zero.
    levels : trials at most.
    """
    mixture, past = Mixture.plain(len(basis)), _Past()
    for level in range(levels):
        past.add(draw(mixture, level), mixture)
        events = past.events()
        if events.effective >= ENOUGH:
            return Pilot(fitted(*events, basis), level + 1, events.effective)
        mixture = fitted(*past.elite(), basis)
    return Pilot(mixture, levels, events.effective)


class Weighted(NamedTuple):
    """Trials with their weights."""

    scores: Floats  # (n, axes)
    weights: Floats  # (n,)

    @property
    def effective(self) -> float:
        """Return the effective number: trials of equal weight with as much information."""
        total = float(self.weights.sum())
        return total**2 / float(self.weights @ self.weights) if total > 0.0 else 0.0


def fitted(scores: Floats, weights: Floats, basis: Floats) -> Mixture:
    """Return one or two components fitted to (n, axes) `scores` with (n,) `weights`."""
    leading = int(np.argmax(weights @ scores**2))
    positive = scores[:, leading] > 0.0
    parts = [part for part in (positive, ~positive) if part.sum() >= LEAST_NUMBER]
    if len(parts) < 2:
        parts = [np.ones(len(scores), dtype=bool)]
    shares = np.maximum([weights[part].sum() / weights.sum() for part in parts], LEAST_SHARE)
    means = [_mean(scores[part] @ basis.T, weights[part]) @ basis for part in parts]
    return Mixture(shares / shares.sum(), np.stack(means))


def haar(number: int) -> Floats:
    """Return (number, number) orthonormal rows: the mean of all, then differences between halves of halves."""
    rows = [np.full(number, number**-0.5)]
    spans = [(0, number)]
    while spans:
        first, last = spans.pop(0)
        if last - first > 1:
            middle = (first + last) // 2
            rows.append(_contrast(number, first, middle, last))
            spans += [(first, middle), (middle, last)]
    return np.stack(rows)


def _contrast(number: int, first: int, middle: int, last: int) -> Floats:
    """Return the unit vector that takes one stretch from the other."""
    row, left, right = np.zeros(number), middle - first, last - middle
    row[first:middle], row[middle:last] = right, -left
    return row / np.sqrt(left * right * (left + right))


class _Past:
    """All trials so far."""

    def __init__(self) -> None:
        self._trials: list[Trial] = []
        self._means: list[Floats] = []
        self._counts: list[NDArray[np.int64]] = []
        self._share, self._cut = ELITE, (-np.inf,)

    def add(self, trial: Trial, mixture: Mixture) -> None:
        self._trials.append(trial)
        self._means.append(mixture.means)
        self._counts.append(np.bincount(trial.component, minlength=len(mixture.means)))

    def events(self) -> Weighted:
        """Return those that showed the event."""
        return self._weighted(np.isinf(self._nearness()[:, 0]))

    def elite(self) -> Weighted:
        """Return those that came nearer than most of the latest trial."""
        nearness = self._nearness()
        levels, rank = np.unique(nearness, axis=0, return_inverse=True)
        latest = rank.ravel()[-len(self._trials[-1].scores) :]
        cut = int(np.quantile(latest, 1.0 - self._share, method="lower"))
        if tuple(levels[cut]) <= self._cut:
            self._share = max(self._share / 2.0, FEWEST / len(latest))
            cut = int(np.quantile(latest, 1.0 - self._share, method="lower"))
        self._cut = tuple(levels[cut])
        return self._weighted(rank.ravel() >= cut)

    def _nearness(self) -> Floats:
        return np.concatenate([trial.nearness for trial in self._trials])

    def _weighted(self, chosen: NDArray[np.bool_]) -> Weighted:
        scores = np.concatenate([trial.scores for trial in self._trials])
        logs = log_weights(scores, np.concatenate(self._means), np.concatenate(self._counts))
        return Weighted(scores[chosen], np.exp(logs[chosen]))


def _mean(scores: Floats, weights: Floats) -> Floats:
    """Return equation (1), zero where it is within the noise."""
    total = weights.sum()
    mean = weights @ scores / total
    error = np.sqrt(weights**2 @ (scores - mean) ** 2) / total
    kept: Floats = np.where(np.abs(mean) > np.sqrt(2.0 * np.log(max(len(mean), 2))) * error, mean, 0.0)
    return kept
