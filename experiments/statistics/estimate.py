"""One interval for one number, wherever it is shown: on the terminal, in JSON, in reports, figures and the page.

The kind of a metric (:mod:`experiments.statistics.kind`) decides:

- an **event** has the exact interval of Clopper and Pearson, a paired difference of events Tango's, and McNemar's exact
  test (:mod:`experiments.statistics.interval`);
- every other **mean** has the bootstrap-t on the scale on which it has no bound
  (:mod:`experiments.statistics.bootstrap`), and so has a paired difference, a_r − b_r of world r, with the p that
  belongs to that interval;
- a metric that is the same in every run has no interval, however many runs there are, nor has one that differs from
  the rest in fewer than :data:`LEAST` runs: its sign is not known, since 2 · 0.5^5 > 5 %. Differences without an
  interval are tested by the exact sign test, and no p is below the least that this can have over k worlds that differ,
  2 · 0.5^k.

A difference below :data:`FLOOR` of the larger mean is **trivial**, below :data:`FEEDBACK` where the metric is settled
before anybody pays (deficits, liquidations): there the two arrangements do the same arithmetic on the same shocks, and
a difference is feedback along a few paths, not a finding. Such a difference has neither interval nor test, and one that
is zero in every world has no test. Coverage of all these, measured on runs of the default episode: docs/statistics.md.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.statistics.bootstrap import Studentised, studentised, varies
from experiments.statistics.interval import NONE, Ends, clopper_pearson, mcnemar_p, paired_probability
from experiments.statistics.kind import COUNT, EVENT, TIME, Kind, kind_of, upstream
from experiments.statistics.statistic import correlation, finite, skewness, variance_reduction

LEAST = 6  # runs that must differ from the rest for a mean to have an interval
RARE = 10  # runs below which an event is rare
FLOOR, FEEDBACK = 1e-3, 1e-2
EXACT, SCORE, BOOTSTRAP, NOTHING = "Clopper-Pearson", "Tango", "bootstrap-t", "none"
# Beyond this skewness, where a few runs hold most of a mean, the bootstrap-t of a mean covers about 90 %.
SKEWED, BOOTSTRAP_90 = 4.0, "bootstrap-t, about 90 %"
IDENTICAL, TRIVIAL = "identical", "trivial"

type Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """A mean with its 95 % interval, in the unit of the values.

    Attributes
    ----------
    mean, low, high : NaN where undefined.
    number : replications that had a value.
    events : how many of them differ from the most common value where most are alike, else from zero.
    kind, method : of the metric and of its interval.
    """

    mean: float
    low: float
    high: float
    number: int
    events: int
    kind: str
    method: str


class Contrast(NamedTuple):
    """A paired difference a − b with its 95 % interval and the p that belongs to it.

    Attributes
    ----------
    mean, low, high, number, kind, method : as of an :class:`Estimate`.
    events : worlds in which a and b differ.
    p : two-sided; NaN where there is no test.
    verdict : ``identical``, ``trivial`` or empty.
    correlation, variance_reduction : what pairing gained, NaN where nothing varies or the difference is no finding.
    """

    mean: float
    low: float
    high: float
    number: int
    events: int
    kind: str
    method: str
    p: float
    verdict: str
    correlation: float
    variance_reduction: float


def estimate(metric: str, values: ArrayLike, members: int = 0) -> Estimate:
    """Return the mean of `metric` over replications with its interval.

    Parameters
    ----------
    metric : name, which decides the kind.
    values : (n,) one number per replication, NaN where there is none.
    members : protocols of a run; 0 where not known.
    """
    known = finite(values)
    kind = _kind(metric, members, known)
    if known.size == 0:
        return Estimate(math.nan, *NONE, 0, 0, kind.name, NOTHING)
    events, ends, method = _occurrences(known), NONE, NOTHING
    if kind.name == EVENT and set(np.unique(known)) <= {0.0, 1.0}:
        events, method = int(known.sum()), EXACT
        ends = Ends(*clopper_pearson(events, known.size))
    elif skewed := _studentised(known, events, (kind.low, kind.high)):
        ends, method = _ends(skewed)
        if method == BOOTSTRAP and abs(skewness(known)) > SKEWED:
            method = BOOTSTRAP_90
    return Estimate(float(known.mean()), *ends, known.size, events, kind.name, method)


def contrast(metric: str, a: ArrayLike, b: ArrayLike, members: int = 0) -> Contrast:
    """Return the paired difference a − b of `metric`; entry r of both, (n,), saw the same shocks.

    Parameters
    ----------
    metric : its name, which decides how it is tested.
    a, b : (n,) in the metric's unit, one entry a replication.
    members : protocols of a run; 0 where not known.

    Raises
    ------
    ValueError
        If the two have different lengths.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired values must have equal lengths: {first.shape} and {second.shape}")
    both = np.isfinite(first) & np.isfinite(second)
    first, second = first[both], second[both]
    kind = _kind(metric, members, np.concatenate([first, second]))
    number, events = first.size, int(np.sum(first != second))
    mean = float(np.mean(first - second)) if number else math.nan
    ends, method, p = _tested(first - second, events, kind)
    verdict = _verdict(metric, kind, first, second)
    gain = math.nan if verdict else variance_reduction(first, second)
    p = math.nan if verdict else p
    if verdict == TRIVIAL:
        # Feedback along a few paths is rarer and more skewed than any loss: no interval covers it.
        ends, method = NONE, NOTHING
    return Contrast(
        mean=mean,
        low=ends[0],
        high=ends[1],
        number=number,
        events=events,
        kind=kind.name,
        method=method,
        p=p,
        verdict=verdict,
        correlation=correlation(first, second),
        variance_reduction=gain,
    )


def difference_p(metric: str, differences: ArrayLike, members: int = 0) -> float:
    """Return the p of paired `differences`, (n,), of `metric`: 1 where all are zero, NaN where there is no test."""
    known = finite(differences)
    if known.size and not known.any():
        return 1.0
    return _tested(known, int(np.count_nonzero(known)), kind_of(metric, members))[2]


def difference_ends(metric: str, differences: ArrayLike, members: int = 0) -> Ends:
    """Return the interval of the mean of paired `differences`, (n,), of `metric`."""
    known = finite(differences)
    return _tested(known, int(np.count_nonzero(known)), kind_of(metric, members))[0]


def _kind(metric: str, members: int, known: Floats) -> Kind:
    kind = kind_of(metric, members)
    if kind.name == TIME and known.size:
        # A time that never came counts as the length of the run, the longest value there is.
        return kind._replace(high=float(known.max()))
    if known.size and not kind.low <= known.min() <= known.max() <= kind.high:
        # Values outside the range of the kind, as in older folders, show that the metric is of another kind.
        return kind._replace(low=-math.inf, high=math.inf)
    return kind


def _tested(differences: Floats, events: int, kind: Kind) -> tuple[Ends, str, float]:
    """Return interval, method and p of paired differences."""
    if kind.name == EVENT and set(np.unique(differences)) <= {-1.0, 0.0, 1.0} and differences.size:
        only = int(np.sum(differences > 0)), int(np.sum(differences < 0))
        return paired_probability(*only, differences.size), SCORE, mcnemar_p(*only)
    found = _studentised(differences, events, kind.apart)
    ends, method = _ends(found) if found else (NONE, NOTHING)
    if found is None or method == NOTHING:
        # Too few differ for a test of the mean; the sign test needs fewer.
        signs = mcnemar_p(int(np.sum(differences > 0)), int(np.sum(differences < 0)))
        return NONE, NOTHING, signs if differences.size > 1 else math.nan
    least = 2.0 * 0.5**events if events < differences.size else 0.0
    return ends, method, max(found.p(), least)


def _studentised(known: Floats, events: int, bounds: tuple[float, float]) -> Studentised | None:
    """Return the bootstrap-t, None where it would rest on too few runs."""
    if not varies(known) or events < min(LEAST, known.size):
        return None
    return studentised(known, bounds)


def _ends(sample: Studentised) -> tuple[Ends, str]:
    ends = sample.interval()
    return ends, NOTHING if math.isnan(ends.low) else BOOTSTRAP


def _occurrences(known: Floats) -> int:
    """Return how many values differ from what most of them are, or from zero where no value is that common."""
    _, counts = np.unique(known, return_counts=True)
    common = int(counts.max())
    return int(known.size - common) if 2 * common > known.size else int(np.count_nonzero(known))


def _verdict(metric: str, kind: Kind, first: Floats, second: Floats) -> str:
    if first.size and np.array_equal(first, second):
        return IDENTICAL
    if first.size == 0 or kind.name in (EVENT, COUNT):
        return ""
    size = max(abs(float(first.mean())), abs(float(second.mean())))
    floor = FEEDBACK if upstream(metric) else FLOOR
    return TRIVIAL if abs(float(np.mean(first - second))) <= floor * size else ""
