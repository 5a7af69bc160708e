"""The named episodes: recorded figures next to those of the default model.

Nothing is fitted to these figures, except what docs/ODD.md, section 7, names. Hits and misses are both findings. A
record is one day, so that ours is told by the interval for one more replication
(:mod:`experiments.validation.prediction`), and the verdict (:mod:`experiments.statistics.verdict`) asks that this be
narrow.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from experiments.run.process_pool import WorkerPool
from experiments.statistics.verdict import MISS, RATIO, VAGUE, Tolerance, Value, sharpness, verdict
from experiments.statistics.verdict import SHARE as TENTH
from experiments.validation.episode import draw
from experiments.validation.prediction import ANY, FALL, POSITIVE, SHARE, one_more
from model.ecosystem import Ecosystem
from model.scenario import Scenario

HOUR = 60
ABOVE_NOTHING = (-1.0, np.inf)  # relative change of an amount that cannot fall below zero
FUNDAMENTAL, MID, DEPTH = 0, 1, 2
Array = np.ndarray


class Fact(NamedTuple):
    """A recorded number and the function of a finished run that gives ours.

    Attributes
    ----------
    name : of the fact.
    recorded : its value.
    find : finished run → our value.
    bounds : the range that the number can have.
    tolerance : of the verdict.
    """

    name: str
    recorded: float
    find: draw.Finder
    bounds: tuple[float, float] = ANY
    tolerance: Tolerance = RATIO


def prices(run: Ecosystem, asset: int) -> Array:
    """Return the mid prices of an asset, the first included, (steps + 1,) USD."""
    return np.append(run.tape.initial_price[asset], run.record.asset[: run.clock, asset, MID])


def fall(asset: int) -> Callable[[Ecosystem], float]:
    """Return the function that gives the fall from the start to the lowest price."""
    return lambda run: float(prices(run, asset).min() / prices(run, asset)[0] - 1.0)


def worst(minutes: int, rank: int = 0, asset: int = 0) -> Callable[[Ecosystem], float]:
    """Return the function that gives the worst fall from open to low of a whole hour or minute, or the next worst."""

    def find(run: Ecosystem) -> float:
        price, steps = prices(run, asset), steps_in(run, minutes)
        bars = (len(price) - 1) // steps
        low = price[1 : bars * steps + 1].reshape(bars, steps).min(axis=1)
        return float(np.sort(low / price[: bars * steps : steps] - 1.0)[rank])

    return find


def steps_in(run: Ecosystem, minutes: float) -> int:
    """Return how many steps are nearest to that time, at least one."""
    return max(round(minutes / run.scenario.minutes), 1)


def metric(name: str) -> Callable[[Ecosystem], float]:
    """Return the function that gives a metric of the run's summary."""
    return lambda run: run.summary()[name]


def peak_minute(run: Ecosystem) -> float:
    """Return the largest minute's share of all liquidations."""
    steps = steps_in(run, 1.0)
    liquidated = run.record.total("liquidated", run.clock - run.clock % steps).reshape(-1, steps).sum(axis=1)
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
        Fact("fall of BTC, from the window's first price", 3621.81 / 7650.0 - 1.0, fall(0), FALL),
        Fact("worst hour of BTC", -0.293, worst(HOUR), FALL),
        Fact("next worst hour of BTC", -0.250, worst(HOUR, 1), FALL),
        Fact("fall of ETH, likewise", 86.0 / 182.0 - 1.0, fall(1), FALL),
        Fact("change of the fund: BitMEX, 35.5k to 33.9k BTC", -0.046, draw.fund_change, ABOVE_NOTHING),
        Fact("change of the fund: Deribit, 391 to 183 BTC", -0.53, draw.fund_change, ABOVE_NOTHING),
    ),
    "2021-05-19": (
        Fact("fall of BTC, from the window's first price", 28688.0 / 43000.0 - 1.0, fall(0), FALL),
        Fact("worst hour of BTC", -0.182, worst(HOUR), FALL),
        Fact("open interest of BTC lost; ours: liquidated", 0.5, metric("liquidated_share_BTC"), POSITIVE, TENTH),
    ),
    "2022-11-08": (
        Fact("fall of BTC, from the window's first price", 15462.6 / 18450.0 - 1.0, fall(0), FALL),
        Fact("fall of SOL, likewise", 9.42 / 26.0 - 1.0, fall(1), FALL),
    ),
    "2025-10-10": (
        Fact("fall of BTC, from the window's first price", 102000.0 / 122550.0 - 1.0, fall(0), FALL),
        Fact("fall of ETH, likewise", 3400.0 / 4392.0 - 1.0, fall(1), FALL),
        Fact("fall of XRP, likewise", 1.179 / 2.836 - 1.0, fall(2), FALL),
        Fact("worst minute of BTC", -0.0422, worst(1), FALL),
        Fact("open interest of BTC lost; ours: liquidated", 0.25, metric("liquidated_share_BTC"), POSITIVE, TENTH),
        Fact("longs among the liquidated", 0.84, metric("liquidated_long_share"), SHARE, TENTH),
        Fact("share of liquidations in the peak minute", 3.21 / 19.0, peak_minute, SHARE, TENTH),
        Fact("depth of BTC lost; the record's is at +1 %", 0.72, depth_lost, SHARE, TENTH),
        Fact("deleveraged notional: share of the top ten", 0.458, top_ten, SHARE, TENTH),
        Fact("deleveraged notional: Gini coefficient", 0.982, gini, SHARE, TENTH),
        Fact("leverage of those deleveraged: median", 0.43, leverage(0.5), POSITIVE),
        Fact("leverage of those deleveraged: 95th percentile", 6.5, leverage(0.95), POSITIVE),
        Fact("traders' deficit over open interest: Hyperliquid", 0.001, draw.deficit_share, POSITIVE),
        Fact("deleveraged over open interest: Hyperliquid, $2.103bn", 0.15, draw.deleveraged_share, POSITIVE),
        Fact("open interest lost, in USD: Hyperliquid", 0.54, draw.interest_lost, tolerance=TENTH),
        Fact("change of the fund: Binance, −$184M to −$188M", -0.157, draw.fund_change, ABOVE_NOTHING),
        Fact(
            "vault's profit over open interest: Hyperliquid, +$40M",
            40e6 / draw.HYPERLIQUID_INTEREST,
            draw.vault_profit_share,
        ),
        Fact("vault's profit over its capital: Lighter", -0.0535, draw.vault_profit, ABOVE_NOTHING),
    ),
}


def replayed(name: str, changes: Mapping[str, Any]) -> Scenario:
    """Return the default scenario in a named episode, with further changes."""
    episode = {"price.process": "episode", "price.episode": name, "backstop.regime": "adl"}
    return Scenario().replace({**episode, **changes})


def found(name: str, changes: Mapping[str, Any], replication: int) -> list[float]:
    """Return every fact of a named episode in one run of it."""
    run = Ecosystem(replayed(name, changes), replication)
    run.run()
    return [fact.find(run) for fact in FACTS[name]]


def episode_rows(
    replications: int, executor: WorkerPool, changes: Mapping[str, Any] | None = None
) -> list[dict[str, str]]:
    """Return a row per recorded fact: recorded, ours, interval for one more replication, ours over the record.

    Parameters
    ----------
    replications : runs of each episode.
    executor : that runs them.
    changes : of the default scenario, by dotted name; none: the default.
    """
    given = changes or {}
    executor.compile(replayed(next(iter(FACTS)), given))
    rows = []
    for name, facts in FACTS.items():
        runs = np.array(executor.map(partial(found, name, given), range(replications)))
        for fact, ours in zip(facts, runs.T, strict=True):
            row = compared(fact.recorded, ours, fact.bounds, fact.tolerance)
            rows.append({"episode": name, "fact": fact.name, **row})
    return rows


def compared(
    recorded: float, values: Array, bounds: tuple[float, float] = ANY, tolerance: Tolerance = RATIO
) -> dict[str, str]:
    """Return recorded, mean, mean over the record, interval for one more replication, error and verdict as text.

    Parameters
    ----------
    recorded : in the unit of `values`.
    values : (replications,) of the model.
    bounds : least and greatest value there can be.
    tolerance : how far apart the two may be.
    """
    known = values[np.isfinite(values)]
    row = {
        "recorded": f"{recorded:.3g}",
        "ours": "-",
        "ratio": "-",
        "interval": "-",
        "runs": str(len(known)),
        "error": "-",
    }
    if len(known) < 2:
        # A fact that no run shows is a miss; the spread of a single run is unknown.
        return row | ({"verdict": VAGUE} if len(known) else {"interval": "did not occur", "verdict": MISS})
    truth, ours = Value.exact(recorded), one_more(known, bounds)
    return row | {
        "ours": f"{ours.value:.3g}",
        "ratio": draw.ratio(recorded, ours.value),
        "interval": f"[{ours.low:.3g}, {ours.high:.3g}]",
        "error": sharpness(truth, ours, tolerance),
        "verdict": verdict(truth, ours, tolerance),
    }
