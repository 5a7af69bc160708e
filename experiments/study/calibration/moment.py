"""The stylised facts of returns as a vector of numbers, the same for a record and for a simulation of it.

After Cont (2001), Quantitative Finance 1:223: fat tails (kurtosis; Hill index of either tail), no autocorrelation of
returns, slow decay of that of absolute returns, tails that thin as returns are added up (kurtosis of 24 bars), and
activity that goes with volatility (correlation of absolute returns with log volume; Karpoff 1987). Several assets add
their correlations. Positive skewed statistics enter as logarithms, nearer to normal in resampling.

Bars are one record of (n,), or several runs of (runs, n) equally long ones: all bars count together, about their common
mean, but neither a pair of bars nor a sum of 24 reaches from one run into the next.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.statistic import correlation
from experiments.statistics.verdict import RATIO, SHARE, Tolerance

Floats = NDArray[np.float64]
TAIL = 0.025
LAGS = (1, 6, 24, 168)
SUMMED = 24
LEAST_BARS = 1_000


class Series(NamedTuple):
    """Recorded or simulated bars: n of K assets, in one run or several."""

    returns: Floats  # (n, K) or (runs, n, K) log returns
    volume: Floats | None = None  # likewise, volume in any unit; bars without any are left out


def together(runs: Sequence[Series]) -> Series:
    """Return runs of (n, K) bars side by side, (runs, n, K), so that no pair is made of two runs."""
    return Series(*(np.stack([np.asarray(part) for part in parts]) for parts in zip(*runs, strict=True)))


INDEX = Tolerance(0.5, False, "tells a tail index of three, the cubic law of returns, from one of two")
MEMORY = Tolerance(0.05, False, "autocorrelations of returns as large as this are not found in liquid markets")


class Moment(NamedTuple):
    """A statistic of one asset's returns, (n,) or (runs, n); `logarithmic` ones are matched as logarithms."""

    name: str
    find: Callable[[Floats], float]
    logarithmic: bool = False
    tolerance: Tolerance = RATIO


def kurtosis(returns: Floats) -> float:
    """Return the fourth central moment over the squared second: 3 for a normal law."""
    centred = returns - returns.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def hill(values: Floats, share: float = 0.05) -> float:
    """Return the Hill index of the largest `share` of absolute values."""
    ordered = np.sort(np.abs(values), axis=None)[::-1]
    count = max(int(share * len(ordered)), 2)
    return float(1.0 / np.log(ordered[:count] / ordered[count]).mean())


def tail(values: Floats) -> float:
    """Return the Hill index of the largest fortieth of the values, the upper tail."""
    return hill(np.maximum(values, 1e-300), TAIL)


def autocorrelation(values: Floats, lag: int) -> float:
    """Return the autocorrelation at a lag: the mean product of pairs of one run over the variance of all values."""
    centred = values - values.mean()
    return float((centred[..., lag:] * centred[..., :-lag]).mean() / (centred**2).mean())


def absolute_autocorrelation(lag: int) -> Callable[[Floats], float]:
    """Return the function that gives the autocorrelation of absolute returns at a lag."""
    return lambda returns: autocorrelation(np.abs(returns), lag)


def summed(returns: Floats) -> Floats:
    """Return the sums of whole groups of 24 returns of one run."""
    whole = returns.shape[-1] // SUMMED * SUMMED
    return returns[..., :whole].reshape(-1, SUMMED).sum(axis=1)


MOMENTS = (
    Moment("standard deviation", lambda r: float(r.std()), True),
    Moment("kurtosis", kurtosis, True),
    Moment(f"kurtosis of {SUMMED} bars", lambda r: kurtosis(summed(r)), True),
    Moment("Hill index of falls, 2.5 %", lambda r: tail(-r), tolerance=INDEX),
    Moment("Hill index of rises, 2.5 %", tail, tolerance=INDEX),
    Moment("autocorrelation of returns, lag 1", lambda r: autocorrelation(r, 1), tolerance=MEMORY),
    *(Moment(f"the same of absolute returns, lag {lag}", absolute_autocorrelation(lag)) for lag in LAGS),
)


def activity(returns: Floats, volume: Floats) -> float:
    """Return the correlation of absolute returns with log volume, over bars with any."""
    traded = volume > 0.0
    return correlation(np.abs(returns[traded]), np.log(volume[traded]))


def labels(assets: Sequence[str], volume: bool) -> list[str]:
    """Return a name per entry of :func:`vector`."""
    names = [moment.name for moment in MOMENTS] + ["volume with absolute returns"] * volume
    return [f"{asset}: {name}" for asset in assets for name in names] + [
        f"{a} with {b}: correlation" for a, b in combinations(assets, 2)
    ]


def tolerances(assets: Sequence[object], volume: bool) -> list[Tolerance]:
    """Return the tolerance of the verdict on each entry of :func:`vector`."""
    own = [moment.tolerance for moment in MOMENTS] + [SHARE] * volume
    return own * len(assets) + [SHARE] * (len(assets) * (len(assets) - 1) // 2)


def vector(series: Series) -> Floats:
    """Return all moments as they are matched: asset by asset, then the correlations."""
    moments: list[float] = []
    for k in range(series.returns.shape[-1]):
        own = np.ascontiguousarray(series.returns[..., k])
        values = [(moment.find(own), moment.logarithmic) for moment in MOMENTS]
        moments += [np.log(value) if logarithmic else value for value, logarithmic in values]
        moments += [] if series.volume is None else [activity(own, series.volume[..., k])]
    pairs = combinations(np.moveaxis(series.returns, -1, 0), 2)
    return np.array([*moments, *(correlation(a, b) for a, b in pairs)])


def natural(values: Floats, assets: int, volume: bool) -> Floats:
    """Return a vector in the unit of each statistic, logarithms undone."""
    own = [moment.logarithmic for moment in MOMENTS] + [False] * volume
    flags = np.array(own * assets + [False] * (len(values) - assets * len(own)))
    return np.where(flags, np.exp(np.where(flags, values, 0.0)), values)
