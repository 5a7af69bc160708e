"""What was recorded beside what the default model does: the named episodes, and stylised facts of hourly returns.

The default price process is calibrated to hourly returns (`backstop calibrate`), without the traders' own impact;
nothing else to these figures, but for what docs/ODD.md, section 7, names. Hits and misses are both findings.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from experiments.calibration.moment import hill, kurtosis
from experiments.statistic import correlation
from model.ecosystem import Ecosystem
from model.scenario import Scenario

LEVEL = 0.95
HOUR, DAYS = 60, 30
FUNDAMENTAL, MID, DEPTH = 0, 1, 2
ASSUMED = ("stochastic_volatility",)
RESAMPLES = 400
Array = np.ndarray


class Fact(NamedTuple):
    """A recorded number and the function of a finished run that gives ours."""

    name: str
    recorded: float
    find: Callable[[Ecosystem], float]


def prices(run: Ecosystem, asset: int) -> Array:
    """Return the mid prices of an asset, the first included, (steps + 1,) USD."""
    return np.append(run.tape.initial_price[asset], run.record.asset[: run.clock, asset, MID])


def fall(asset: int) -> Callable[[Ecosystem], float]:
    """Return the function that gives the fall from the start to the lowest price."""
    return lambda run: float(prices(run, asset).min() / prices(run, asset)[0] - 1.0)


def worst(minutes: int, rank: int = 0, asset: int = 0) -> Callable[[Ecosystem], float]:
    """Return the function that gives the worst fall from open to low of a whole hour or minute, or the next worst."""

    def find(run: Ecosystem) -> float:
        price = prices(run, asset)
        bars = (len(price) - 1) // minutes
        low = price[1 : bars * minutes + 1].reshape(bars, minutes).min(axis=1)
        return float(np.sort(low / price[: bars * minutes : minutes] - 1.0)[rank])

    return find


def metric(name: str) -> Callable[[Ecosystem], float]:
    """Return the function that gives a metric of the run's summary."""
    return lambda run: run.summary()[name]


def peak_minute(run: Ecosystem) -> float:
    """Return the largest minute's share of all liquidations."""
    liquidated = run.record.total("liquidated", run.clock)
    return float(liquidated.max() / liquidated.sum()) if liquidated.any() else np.nan


def depth_lost(run: Ecosystem) -> float:
    """Return the largest loss of depth, in USD, of the first asset."""
    depth = run.record.asset[: run.clock, 0, DEPTH] * run.record.asset[: run.clock, 0, FUNDAMENTAL]
    return float(1.0 - depth.min() / depth[0])


def hit(run: Ecosystem) -> Array:
    """Return notional taken from accounts that were deleveraged, descending, (hit,) USD."""
    return np.sort(run.accounts.deleveraged[run.accounts.deleveraged > 0])[::-1]


def top_ten(run: Ecosystem) -> float:
    """Return the share of the ten most deleveraged accounts."""
    return float(hit(run)[:10].sum() / hit(run).sum()) if len(hit(run)) else np.nan


def gini(run: Ecosystem) -> float:
    """Return the Gini coefficient of deleveraged notional among those hit."""
    taken = hit(run)[::-1]
    rank = 2 * np.arange(1, len(taken) + 1) - len(taken) - 1
    return float((rank * taken).sum() / (len(taken) * taken.sum())) if len(taken) else np.nan


def leverage(quantile: float) -> Callable[[Ecosystem], float]:
    """Return the function that gives a quantile of the leverage wanted at the start by those deleveraged."""

    def find(run: Ecosystem) -> float:
        chosen = run.start_leverage[run.accounts.deleveraged > 0]
        return float(np.quantile(chosen, quantile)) if len(chosen) else np.nan

    return find


FACTS: dict[str, tuple[Fact, ...]] = {
    "2020-03-12": (
        Fact("fall of BTC, from the window's first price", 3621.81 / 7650.0 - 1.0, fall(0)),
        Fact("worst hour of BTC", -0.293, worst(HOUR)),
        Fact("next worst hour of BTC", -0.250, worst(HOUR, 1)),
        Fact("fall of ETH, likewise", 86.0 / 182.0 - 1.0, fall(1)),
    ),
    "2021-05-19": (
        Fact("fall of BTC, from the window's first price", 28688.0 / 43000.0 - 1.0, fall(0)),
        Fact("worst hour of BTC", -0.182, worst(HOUR)),
        Fact("open interest of BTC lost; ours: liquidated", 0.5, metric("liquidated_share_BTC")),
    ),
    "2022-11-08": (
        Fact("fall of BTC, from the window's first price", 15462.6 / 18450.0 - 1.0, fall(0)),
        Fact("fall of SOL, likewise", 9.42 / 26.0 - 1.0, fall(1)),
    ),
    "2025-10-10": (
        Fact("fall of BTC, from the window's first price", 102000.0 / 122550.0 - 1.0, fall(0)),
        Fact("fall of ETH, likewise", 3400.0 / 4392.0 - 1.0, fall(1)),
        Fact("fall of XRP, likewise", 1.179 / 2.836 - 1.0, fall(2)),
        Fact("worst minute of BTC", -0.0422, worst(1)),
        Fact("open interest of BTC lost; ours: liquidated", 0.25, metric("liquidated_share_BTC")),
        Fact("longs among the liquidated", 0.84, metric("liquidated_long_share")),
        Fact("share of liquidations in the peak minute", 3.21 / 19.0, peak_minute),
        Fact("depth of BTC lost; the record's is at +1 %", 0.72, depth_lost),
        Fact("deleveraged notional: share of the top ten", 0.458, top_ten),
        Fact("deleveraged notional: Gini coefficient", 0.982, gini),
        Fact("leverage of those deleveraged: median", 0.43, leverage(0.5)),
        Fact("leverage of those deleveraged: 95th percentile", 6.5, leverage(0.95)),
    ),
}


def finished(changes: dict[str, Any], replication: int) -> Ecosystem:
    """Return a finished run of the default scenario with changes."""
    run = Ecosystem(Scenario().replace(changes), replication)
    run.run()
    return run


def episode_rows(replications: int) -> list[dict[str, str]]:
    """Return a row per recorded fact of every named episode: recorded, ours, interval for one more replication."""
    rows = []
    for name, facts in FACTS.items():
        changes = {"price.process": "episode", "price.episode": name, "backstop.regime": "adl"}
        runs = [[fact.find(run) for fact in facts] for run in (finished(changes, r) for r in range(replications))]
        for fact, values in zip(facts, np.array(runs).T, strict=True):
            rows.append({"episode": name, "fact": fact.name, **compared(fact.recorded, values)})
    return rows


def compared(recorded: float, values: Array) -> dict[str, str]:
    """Return recorded, mean, interval for one more replication and verdict as text."""
    found = values[np.isfinite(values)]
    if len(found) < 2:
        return {"recorded": f"{recorded:.3g}", "ours": "-", "interval": "did not occur", "runs": "0", "verdict": "miss"}
    mean = float(found.mean())
    half = stdtrit(len(found) - 1, 0.5 + 0.5 * LEVEL) * found.std(ddof=1) * np.sqrt(1.0 + 1.0 / len(found))
    low, high = mean - half, mean + half
    verdict = "hit" if low <= recorded <= high else "miss"
    return {
        "recorded": f"{recorded:.3g}",
        "ours": f"{mean:.3g}",
        "interval": f"[{low:.3g}, {high:.3g}]",
        "runs": str(len(found)),
        "verdict": verdict,
    }


def hourly(run: Ecosystem) -> Array:
    """Return hourly log returns of two assets' mid prices, (hours, 2)."""
    return np.stack([np.diff(np.log(prices(run, asset)[::HOUR])) for asset in (0, 1)], axis=1)


class Stylised(NamedTuple):
    """A recorded statistic of hourly returns and the function of (runs, hours, 2) returns that gives ours."""

    name: str
    recorded: float
    find: Callable[[Array], float]


def pooled_lag(values: Array, lag: int) -> float:
    """Return the autocorrelation at a lag of (runs, hours) values about their common mean, no pair across two runs."""
    centred = values - values.mean()
    return float((centred[:, lag:] * centred[:, :-lag]).mean() / (centred**2).mean())


def absolute_lag(lag: int) -> Callable[[Array], float]:
    """Return the function that gives the autocorrelation of absolute hourly returns at a lag."""
    return lambda returns: pooled_lag(np.abs(returns[:, :, 0]), lag)


STYLISED = (
    Stylised("standard deviation", 0.0073, lambda returns: float(returns[:, :, 0].std())),
    Stylised("kurtosis", 59.6, lambda returns: kurtosis(returns[:, :, 0].ravel())),
    Stylised("Hill index, 5 %", 2.5, lambda returns: hill(returns[:, :, 0].ravel())),
    Stylised("autocorrelation of returns, 1 h", 0.0, lambda returns: pooled_lag(returns[:, :, 0], 1)),
    *(
        Stylised(f"autocorrelation of absolute returns, {lag} h", value, absolute_lag(lag))
        for lag, value in ((1, 0.30), (6, 0.19), (24, 0.17), (168, 0.12))
    ),
    Stylised("correlation of BTC with ETH", 0.85, lambda returns: correlation(*returns.reshape(-1, 2).T)),
)


def fact_rows(replications: int) -> list[dict[str, str]]:
    """Return a row per stylised fact and price process: BTC, 2020 to 2024, ours of all runs together, interval."""
    rows = []
    for process in ASSUMED:
        changes = {"price.process": process, "steps": DAYS * 24 * HOUR}
        returns = np.stack([hourly(finished(changes, replication)) for replication in range(replications)])
        chosen = np.random.default_rng(0).integers(0, replications, (RESAMPLES, replications))
        for fact in STYLISED:
            again = [fact.find(returns[picked]) for picked in chosen]
            low, high = np.quantile(again, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
            rows.append({"process": process, "fact": fact.name, **told(fact, fact.find(returns), low, high)})
    return rows


def told(fact: Stylised, ours: float, low: float, high: float) -> dict[str, str]:
    """Return recorded, ours, interval and verdict as text."""
    return {
        "recorded": f"{fact.recorded:.3g}",
        "ours": f"{ours:.3g}",
        "interval": f"[{low:.3g}, {high:.3g}]",
        "verdict": "hit" if low <= fact.recorded <= high else "miss",
    }
