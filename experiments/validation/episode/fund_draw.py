"""Draws on single venues' funds and vaults next to ours: each venue in its own scenario.

A scenario is shipped for each (:mod:`model.scenario.world`): the venue's published fund, open interest and rules, on
the prices of the day. Nothing is fitted to these numbers: all are predicted.

Verdicts, by the mean over runs and the 90 % interval for one more of them, the width stated beforehand:

- *hit*: the mean has the sign of the record and lies within a factor of two of it, and neither end of the interval is
  further from the mean than the record's own size;
- *miss*: the mean lies further off and the record outside the interval;
- *too vague to tell*: all else.

A fund that is all gone, but for a hundredth, is a miss where the record's is not: what more was lost is not known, so
that a factor of two says nothing. This was added after the first run, by which two such funds had been hits.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.run.process_pool import WorkerPool
from experiments.statistics.verdict import HIT, MISS, VAGUE
from experiments.validation.episode import draw
from experiments.validation.episode.draw import Finder
from experiments.validation.prediction import ANY, POSITIVE, one_more
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.world import scenario_path

LEVEL = 0.90
FACTOR = 2.0
GONE = 0.01  # of a fund, left
WIDEST = 1.0  # distance of an end of the interval from the mean, over the size of the record
ABOVE_NOTHING = (-1.0, np.inf)
PREDICTED = "predicted"
FUND, INTEREST, VAULT, MILLION = "of the fund", "of open interest", "of the vault", "USD million"


class Draw(NamedTuple):
    """A recorded draw on a fund or vault, and how to find ours.

    Attributes
    ----------
    world : name of the shipped scenario.
    name, recorded, unit, source : of the record.
    find : finished run → our value, in the unit.
    bounds : the range that the number can have.
    """

    world: str
    name: str
    recorded: float
    unit: str
    source: str
    find: Finder
    bounds: tuple[float, float] = ANY


DRAWS = (
    Draw(
        "bitmex_2020_03", "BitMEX, March 2020: fund", 33.9 / 35.5 - 1.0, FUND,
        "35.5k to 33.9k BTC (Cointelegraph)", draw.fund_change, ABOVE_NOTHING,
    ),
    Draw(
        "deribit_2020_03", "Deribit, March 2020: fund", 183.0 / 391.0 - 1.0, FUND,
        "391 to 183 BTC (the venue, by the press)", draw.fund_change, ABOVE_NOTHING,
    ),
    Draw(
        "binance_2020_05", "Binance, May 2020: fund of BTCUSDT", 7_731_989 / 21_005_925 - 1.0, FUND,
        "21.0M to 7.73M USDT (Cointelegraph)", draw.fund_change, ABOVE_NOTHING,
    ),
    Draw(
        "dydx_2023_11", "dYdX v3, YFI, November 2023: fund", -9.0, MILLION,
        "$9M of $22.5M (the venue, by the press)", draw.fund_gain, (-22.5, np.inf),
    ),
    Draw(
        "dydx_2023_11", "dYdX v3, YFI, November 2023: liquidated", 38.0, MILLION,
        "$38M (the venue, by the press)", draw.liquidated, POSITIVE,
    ),
    Draw(
        "hyperliquid_2025_10", "Hyperliquid, October 2025: traders' deficit", 0.001, INTEREST,
        "$15.1M of $14bn (published analysis of its events)", draw.deficit_share, POSITIVE,
    ),
    Draw(
        "binance_2025_10", "Binance, October 2025: fund", -0.157, FUND,
        "−$184M to −$188M (10x Research)", draw.fund_change, ABOVE_NOTHING,
    ),
    Draw(
        "hyperliquid_2025_10", "Hyperliquid, October 2025: vault", 40.0, MILLION,
        "+$40M (Kappalab)", draw.vault_gain,
    ),
    Draw(
        "lighter_2025_10", "Lighter, October 2025: vault", -0.0535, VAULT,
        "−5.35 % (its users)", draw.vault_profit, ABOVE_NOTHING,
    ),
)  # fmt: skip
"""Recorded draws, each with the scenario that plays it."""


def played(world: str, changes: Mapping[str, Any]) -> Scenario:
    """Return the scenario of a draw, with further changes of the model."""
    return Scenario.from_toml(scenario_path(world)).replace(changes)


def check_worlds(changes: Mapping[str, Any]) -> None:
    """Raise ScenarioError where `changes` do not fit one of the scenarios, before any is run."""
    for world in dict.fromkeys(one.world for one in DRAWS):
        played(world, changes)


def found(world: str, changes: Mapping[str, Any], replication: int) -> list[float]:
    """Return our value of every draw of a scenario in one run of it."""
    run = Ecosystem(played(world, changes), replication)
    run.run()
    return [one.find(run) for one in DRAWS if one.world == world]


def draw_rows(
    replications: int, executor: WorkerPool, changes: Mapping[str, Any] | None = None
) -> list[dict[str, str]]:
    """Return a row for each recorded draw: recorded, ours, interval, verdict, and whether it was fitted.

    Parameters
    ----------
    replications : runs of each scenario.
    executor : that runs them.
    changes : of the scenarios, by dotted name; none: as shipped.
    """
    given, values = changes or {}, dict[int, NDArray[np.float64]]()
    executor.compile(played(DRAWS[0].world, given))
    for world in dict.fromkeys(one.world for one in DRAWS):
        runs = np.array(executor.map(partial(found, world, given), range(replications)))
        places = (place for place, one in enumerate(DRAWS) if one.world == world)
        values |= dict(zip(places, runs.T, strict=True))
    return [draw_row(one, values[place]) for place, one in enumerate(DRAWS)]


def draw_row(one: Draw, values: NDArray[np.float64]) -> dict[str, str]:
    """Return a recorded draw next to our (replications,) `values` as text."""
    known = values[np.isfinite(values)]
    row = {"fact": one.name, "recorded": f"{one.recorded:.3g}", "unit": one.unit, "ours": "-", "ratio": "-"}
    row |= {"interval": "-", "runs": str(len(known)), "verdict": VAGUE if len(known) else MISS}
    if len(known) > 1:
        ours = one_more(known, one.bounds, LEVEL)
        row["ours"], row["ratio"] = f"{ours.value:.3g}", draw.ratio(one.recorded, ours.value)
        row["interval"] = f"[{ours.low:.3g}, {ours.high:.3g}]"
        verdict = draw_verdict(one.recorded, ours.value, (ours.low, ours.high))
        row["verdict"] = MISS if gone(one, ours.value) and not gone(one, one.recorded) else verdict
    return row | {"by": PREDICTED, "scenario": one.world, "source": one.source}


def gone(one: Draw, value: float) -> bool:
    """Return whether a fund or vault whose change is `value` has nothing left."""
    least = one.bounds[0]
    return bool(least < 0.0 and value < least + GONE * abs(least))


def draw_verdict(recorded: float, mean: float, interval: tuple[float, float]) -> str:
    """Return the verdict, by the rule above.

    Parameters
    ----------
    recorded, mean : in one unit; the record is not zero.
    interval : lower and upper end.
    """
    near = 1.0 / FACTOR <= mean / recorded <= FACTOR
    narrow = max(abs(end - mean) for end in interval) <= WIDEST * abs(recorded)
    if near and narrow:
        return HIT
    return VAGUE if near or interval[0] <= recorded <= interval[1] else MISS
