"""The judgement of a measured difference: told apart from zero or not, and kept, lost or turned by a change."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import IDENTICAL
from experiments.statistics.estimate import Contrast as Difference
from experiments.statistics.estimate import contrast as paired
from experiments.statistics.interval import clopper_pearson, mcnemar_p

if TYPE_CHECKING:
    from experiments.study.comparison.answer import Comparison

Floats = NDArray[np.float64]
MILLION = 1e-6
LEVEL = 0.95
CENT = 0.01  # USD, below which nothing is a loss
LESS, MORE, EQUAL, SAME, UNKNOWN = "less", "more", "not told apart", "the same in every world", "no value"
KEEPS, UNDECIDED, TURNS, APPEARS = "keeps its sign", "undecided", "turns", "decided where it is not above"
VANISHES = "vanishes"  # zero in every world


class Contrast(NamedTuple):
    """A paired difference a − b, USD, with its 95 % interval over `number` worlds."""

    a: str
    b: str
    mean: float
    low: float
    high: float
    number: int

    @property
    def verdict(self) -> str:
        """Return whether a has less or more than b, or the interval holds zero."""
        if not math.isfinite(self.mean):
            return UNKNOWN
        if self.low == self.high == 0.0:
            return SAME
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low <= 0.0 <= self.high:
            return EQUAL
        return MORE if self.low > 0.0 else LESS

    @property
    def decided(self) -> bool:
        """Return whether a and b are told apart."""
        return self.verdict in (LESS, MORE)

    def under(self, changed: "Contrast") -> str:
        """Return whether this difference is kept, lost or turned where it is `changed`."""
        if self.decided and changed.verdict == SAME:
            return VANISHES
        if not changed.decided:
            return UNDECIDED
        if not self.decided:
            return APPEARS
        return KEEPS if changed.verdict == self.verdict else TURNS


class Count(NamedTuple):
    """Worlds in which something happened, with the exact 95 % interval of its probability."""

    hits: int
    number: int

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the interval of Clopper and Pearson."""
        return clopper_pearson(self.hits, self.number)


def contrast(a: str, b: str, first: Floats, second: Floats) -> Contrast:
    """Return the difference of uncovered losses (worlds,), USD, of arrangements `a` and `b`.

    Parameters
    ----------
    a, b : names of the two arrangements.
    first, second : (worlds,) USD >= 0, their uncovered losses in the same worlds.
    """
    return _between(a, b, paired("uncovered", first, second))


def _between(a: str, b: str, difference: Difference) -> Contrast:
    """Return a paired difference between arrangements; one that is zero in every world has both ends at zero."""
    ends = (0.0, 0.0) if difference.verdict == IDENTICAL else (difference.low, difference.high)
    if (
        math.isnan(difference.low) and difference.p < 1.0 - LEVEL
    ):  # the same in so many worlds that its sign is not chance
        ends = (difference.mean, difference.mean)
    return Contrast(a, b, difference.mean, *ends, difference.number)


def uncovered(comparison: "Comparison", a: str, b: str) -> Contrast:
    """Return the difference of uncovered loss of two arrangements."""
    return _between(a, b, comparison.difference(a, b, "uncovered"))


def members(comparison: "Comparison", arrangement: str, kept: NDArray[np.intp]) -> Floats:
    """Return (worlds,) USD left uncovered at the protocols `kept`."""
    return np.sum([comparison.values(arrangement, f"uncovered_{i}") for i in kept], axis=0)


def count(values: Floats) -> Count:
    """Return in how many worlds `values` (worlds,), 0 or 1, NaN for none, are 1."""
    known = values[np.isfinite(values)]
    return Count(int((known > 0.0).sum()), len(known))


def paired_p(first: Floats, second: Floats) -> float:
    """Return the exact p that two events, (worlds,) 0 or 1 each, are equally probable."""
    known = np.isfinite(first) & np.isfinite(second)
    a, b = first[known] > 0.0, second[known] > 0.0
    return mcnemar_p(int((a & ~b).sum()), int((b & ~a).sum()))


def never_more(first: Floats, second: Floats) -> Count:
    """Return in how many worlds `second` is no more than `first`, USD."""
    known = np.isfinite(first) & np.isfinite(second)
    slack = CENT + 1e-9 * np.abs(first[known])
    return Count(int((second[known] <= first[known] + slack).sum()), int(known.sum()))
