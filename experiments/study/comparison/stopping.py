"""When a comparison has been run often enough: every interval asked for is narrow enough.

``--precision METRIC=BOUND`` asks that the half-width h of the 95 % interval of every paired difference a − b of the
metric be at most BOUND, in the metric's own unit; with a percent sign, at most that share of the larger of the two
arrangements' means, |ā| or |b̄|. (A share of the difference itself could never be reached where the arrangements are
alike.) Where there is one arrangement only, its mean takes the place of the difference.

Checking often and stopping at a lucky moment would make intervals too short (Chow and Robbins 1965, Ann. Math. Stat.
36:457; Law, *Simulation Modeling and Analysis*, 5th ed., section 9.4.1), most of all where a few worlds hold most of
the loss and have not been seen yet. Therefore

- checks are few, at numbers of replications fixed beforehand, from :data:`LEAST` on, each half as many again;
- n replications count once n > 25 G₁², G₁ the skewness of the differences (Cochran, *Sampling Techniques*, 3rd ed.,
  section 2.15, for an interval that rests on normality);
- differences that have not varied at all, whose interval has no width, count from :data:`STILL` replications on, by the
  rule of three: what happens in more than one world of twenty would have been seen with 95 % confidence.

Stopped in this way intervals that say 95 % were simulated to hold in 94 to 96 % of cases for normal and even
differences, in 91 to 95 % for exponential ones and where one world in ten or twenty holds all the loss, and in 87 to
91 % for lognormal ones (σ = 1); tests/experiments/statistics/test_precision.py holds them to it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.plan.options import ConfigurationError, Term
from experiments.statistics.bootstrap import varies
from experiments.statistics.estimate import difference_ends
from experiments.statistics.interval import Ends
from experiments.statistics.statistic import finite, skewness
from experiments.study.comparison.answer import Comparison
from model.scenario.problem import suggestion

LEAST, GROWTH = 30, 1.5
STILL = 60
SKEWED = 25.0  # replications per squared skewness


def batches(most: int, sequential: bool) -> Iterator[range]:
    """Yield the replications up to each check in turn: all `most` of them at once where not `sequential`."""
    done, look = 0, LEAST if sequential else most
    while done < most:
        until = min(look, most)
        yield range(done, until)
        done, look = until, int(look * GROWTH)


def lacking(terms: Sequence[Term], comparison: "Comparison") -> list[str]:
    """Return a line for every interval that is not narrow enough yet."""
    return [line for term in terms for line in _lacking(term, comparison)]


def record(terms: Sequence[Term], comparison: "Comparison") -> dict[str, Any]:
    """Return the terms, and which of them are not met, for the manifest."""
    return {"asked": [str(term) for term in terms], "lacking": lacking(terms, comparison)}


def require_known(terms: Sequence[Term], metrics: Sequence[str]) -> None:
    """Raise ConfigurationError where a term's metric is none of a run's `metrics`."""
    unknown = [term.metric for term in terms if term.metric not in metrics]
    if unknown:
        origin = "command line: --precision"
        raise ConfigurationError(f"{origin}: {name}: unknown metric{suggestion(name, metrics)}" for name in unknown)


def too_wide(values: ArrayLike, ends: Ends, wanted: float) -> str | None:
    """Say why the interval `ends` of the mean of `values`, (n,), does not count as of half-width `wanted`, or None."""
    known = finite(values)
    number, half = known.size, (ends.high - ends.low) / 2.0
    if number > 1 and not varies(known) and not half > wanted:
        few = f"does not vary in {number} replications, too few to say that it never does"
        return few if number < STILL else None
    if not half <= wanted:
        return f"half-width {half:.4g}, wanted {wanted:.4g}"
    needed = SKEWED * skewness(known) ** 2
    return f"so skewed that an interval needs {needed:.0f} replications" if number < needed else None


def _lacking(term: Term, comparison: "Comparison") -> Iterator[str]:
    for label, values, ends, size in _differences(term.metric, comparison):
        why = too_wide(values, ends, term.bound * size if term.relative else term.bound)
        if why:
            yield f"{term.metric}, {label}: {why}"


def _differences(metric: str, comparison: "Comparison") -> Iterator[tuple[str, NDArray[np.float64], Ends, float]]:
    """Yield label, differences (n,), interval and the size they are relative to, of every pair or a single one."""
    values = {arrangement: comparison.values(arrangement, metric) for arrangement in comparison.arrangements}
    intervals = {arrangement: comparison.interval(arrangement, metric) for arrangement in comparison.arrangements}
    if not comparison.pairs:
        yield from (
            (arrangement, values[arrangement], Ends(own.low, own.high), abs(own.mean))
            for arrangement, own in intervals.items()
        )
    for a, b in comparison.pairs:
        apart = difference_ends(metric, values[a] - values[b], comparison.members)
        size = max(abs(intervals[a].mean), abs(intervals[b].mean))
        yield f"{a} - {b}", values[a] - values[b], apart, size
