"""The record to be matched: aligned price files, with volume where they have it, and the covariance of its moments.

The covariance of the moments is that over resamples of the record in long blocks, all assets together (the stationary
bootstrap of :mod:`model.price.process.bootstrap`), so that the persistence of volatility widens it.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.plan.options import ConfigurationError
from experiments.study.calibration.moment import LEAST_BARS, Floats, Series, vector
from model.price.process.bar import read_bars
from model.price.process.bootstrap import blocks
from model.price.reader.file import read_prices, read_volume
from model.scenario.asset_name import file_names, name_problems, split_name
from model.scenario.extent import MINUTES_A_DAY

RESAMPLES = 400
BLOCK_DAYS = 60
BLOCKS = 10  # a record has at least this many blocks
SEED = 20_251_010


class Record(NamedTuple):
    """Recorded bars of K assets."""

    assets: tuple[str, ...]  # labels of the files
    minutes: float  # length of a bar
    start: int  # first bar, milliseconds since 1970, UTC
    series: Series

    @property
    def days(self) -> float:
        """Days of the record."""
        return len(self.series.returns) * self.minutes / MINUTES_A_DAY


def read_record(prices: tuple[str, ...]) -> Record:
    """Read and align the price files, each ``FILE`` or ``NAME=FILE``.

    Raises
    ------
    PriceFileError : where a file is faulty or shares no time with the others.
    ConfigurationError : where too few bars are common to all.
    """
    given, files = zip(*map(split_name, prices), strict=True)
    problems = name_problems(files, given)
    if problems:
        raise ConfigurationError(problems)
    bars = read_bars(files, np.inf)
    returns = bars.relative[3, 1:]
    if len(returns) < LEAST_BARS:
        reason = f"{len(returns)} bars in common: at least {LEAST_BARS} are needed for moments"
        raise ConfigurationError([f"{', '.join(files)}: {reason}"])
    volume = [_volume(file, bars.time) for file in files]
    known = all(one is not None and (one > 0.0).mean() > 0.5 for one in volume)
    together = np.stack([one[1:] for one in volume if one is not None], axis=1) if known else None
    return Record(asset_labels(files, given), bars.minutes, int(bars.time[0]), Series(returns.copy(), together))


def asset_labels(files: tuple[str, ...], given: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names given, or what comes before the first mark of punctuation in each file's, where it is unique."""
    names = file_names(files, given)
    short = tuple(re.split(r"[\W_]", name)[0] for name in names)
    unique = all(short) and len({name.casefold() for name in short}) == len(short)
    return short if unique and not any(given) else names


def _volume(file: str, time: NDArray[np.int64]) -> Floats | None:
    volume = read_volume(file)
    return None if volume is None else volume[np.searchsorted(read_prices(file).time, time)]


def covariance(record: Record, resamples: int = RESAMPLES) -> Floats:
    """Return the (M, M) covariance of the record's moments by block bootstrap, the same for equal records."""
    returns, volume = record.series
    number = len(returns)
    length = min(BLOCK_DAYS * MINUTES_A_DAY / record.minutes, number / BLOCKS)
    generator = np.random.default_rng(SEED)
    resampled = []
    for _ in range(resamples):
        fresh, where = generator.random((2, number))
        rows = blocks(fresh, where, length, number)
        resampled.append(vector(Series(returns[rows], None if volume is None else volume[rows])))
    return np.cov(np.array(resampled), rowvar=False)
