"""Stylised facts of the default market next to those of the record, by the statistics that a calibration matches.

The record is of hourly bars of the perpetual futures BTCUSDT and ETHUSDT, what both files have in common: 1 March 2020
to 18 April 2024. Its statistics are those of :mod:`experiments.study.calibration.moment`, its intervals by the block
bootstrap of :mod:`experiments.study.calibration.record`: 1.96 standard deviations to either side, for standard
deviation and kurtosis of their logarithms. Ours are of hourly mid prices and of volume, in USD, of the protocols that
trade an asset, of all runs together; the interval is between quantiles over runs drawn again with replacement. The
verdict weighs both intervals and how sharp they are (:mod:`experiments.statistics.verdict`), by the tolerances of the
calibration's moments.

The price process is calibrated to these returns (`backstop calibrate`), without the traders' own impact.
"""

from functools import partial

import numpy as np

from experiments.run.process_pool import WorkerPool
from experiments.statistics.verdict import LEVEL, Tolerance, Value, sharpness, verdict
from experiments.study.calibration.moment import Floats, Series, labels, natural, together, tolerances, vector
from experiments.study.calibration.simulation import Simulation
from model.scenario import Scenario

HOUR, DAYS = 60, 30  # minutes; days of a run, so that sums of 24 hours fit
MARKET: dict[str, object] = {"price.process": "stochastic_volatility", "protocol.listings": (1,)}
ASSETS = ("BTC", "ETH")
RESAMPLES = 400

RECORDED = {
    "BTC: standard deviation": Value(0.00736, 0.006149, 0.00881),
    "BTC: kurtosis": Value(59.66, 16.54, 215.2),
    "BTC: kurtosis of 24 bars": Value(37.86, 11.32, 126.7),
    "BTC: Hill index of falls, 2.5 %": Value(2.479, 2.168, 2.791),
    "BTC: Hill index of rises, 2.5 %": Value(2.649, 2.38, 2.917),
    "BTC: autocorrelation of returns, lag 1": Value(-0.0167, -0.04038, 0.00698),
    "BTC: the same of absolute returns, lag 1": Value(0.2987, 0.2501, 0.3473),
    "BTC: the same of absolute returns, lag 6": Value(0.1973, 0.1585, 0.2361),
    "BTC: the same of absolute returns, lag 24": Value(0.168, 0.13, 0.2059),
    "BTC: the same of absolute returns, lag 168": Value(0.1244, 0.08961, 0.1591),
    "BTC: volume with absolute returns": Value(0.5042, 0.4556, 0.5528),
    "ETH: standard deviation": Value(0.0092, 0.007754, 0.01092),
    "ETH: kurtosis": Value(37.44, 12.94, 108.3),
    "ETH: kurtosis of 24 bars": Value(25.47, 9.992, 64.91),
    "ETH: Hill index of falls, 2.5 %": Value(2.517, 2.231, 2.802),
    "ETH: Hill index of rises, 2.5 %": Value(2.702, 2.447, 2.957),
    "ETH: autocorrelation of returns, lag 1": Value(-0.009329, -0.04066, 0.022),
    "ETH: the same of absolute returns, lag 1": Value(0.3013, 0.2527, 0.3498),
    "ETH: the same of absolute returns, lag 6": Value(0.2204, 0.1722, 0.2686),
    "ETH: the same of absolute returns, lag 24": Value(0.1925, 0.1408, 0.2442),
    "ETH: the same of absolute returns, lag 168": Value(0.1507, 0.09766, 0.2038),
    "ETH: volume with absolute returns": Value(0.4761, 0.4218, 0.5305),
    "BTC with ETH: correlation": Value(0.8529, 0.8214, 0.8844),
}


def market() -> Scenario:
    """Return the default market for the days of a run."""
    scenario = Scenario().replace(MARKET)
    return scenario.replace({"steps": round(DAYS * 24 * HOUR / scenario.minutes)})


def bars(scenario: Scenario, replication: int) -> Series:
    """Return the hourly bars of one run, of the recorded assets."""
    whole = Simulation(scenario, round(HOUR / scenario.minutes), 1, whole=True, volume=True)
    run = whole.run(scenario, replication)
    columns = [scenario.asset.name.index(asset) for asset in ASSETS]
    return Series(run.returns[:, columns], None if run.volume is None else run.volume[:, columns])


def statistics(series: Series) -> Floats:
    """Return the statistics in their own units, in the order of `RECORDED`."""
    return natural(vector(series), len(ASSETS), volume=True)


def interval(runs: list[Series]) -> Floats:
    """Return the (2, M) ends of the intervals of all statistics by bootstrap over runs."""
    chosen = np.random.default_rng(0).integers(0, len(runs), (RESAMPLES, len(runs)))
    again = [statistics(together([runs[number] for number in picked])) for picked in chosen]
    return np.quantile(again, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2), axis=0)


def fact_rows(replications: int, executor: WorkerPool) -> list[dict[str, str]]:
    """Return a row per statistic: recorded and ours, both with intervals, runs, error and verdict."""
    scenario = market()
    executor.compile(scenario)
    runs = executor.map(partial(bars, scenario), range(replications))
    allowed = tolerances(ASSETS, volume=True)
    facts = zip(labels(ASSETS, volume=True), allowed, statistics(together(runs)), *interval(runs), strict=True)
    return [told(name, tolerance, Value(*map(float, ours)), len(runs)) for name, tolerance, *ours in facts]


def told(name: str, tolerance: Tolerance, ours: Value, runs: int) -> dict[str, str]:
    """Return a row of text: asset, fact, recorded and ours with their intervals, runs, error and verdict.

    Parameters
    ----------
    name : of the fact, in `RECORDED`.
    tolerance : of the verdict.
    ours : value and interval, in the unit of the fact.
    runs : on which ours rests.
    """
    asset, _, fact = name.partition(": ")
    recorded = RECORDED[name]
    return {
        "asset": asset,
        "fact": fact,
        "recorded": f"{recorded.value:.3g}",
        "interval of the record": ends(recorded),
        "ours": f"{ours.value:.3g}",
        "interval": ends(ours),
        "runs": str(runs),
        "error": sharpness(recorded, ours, tolerance),
        "verdict": verdict(recorded, ours, tolerance),
    }


def ends(one: Value) -> str:
    """Return an interval as text."""
    return f"[{one.low:.3g}, {one.high:.3g}]"
