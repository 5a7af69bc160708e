"""The model as a function from parameters to moments, on common random numbers.

Two simulations are offered. Of the *process* alone: its fundamental returns, a replication as long as the record.
Of the *whole* model: mid prices, which traders' flow and liquidations move, and volume; replications of some days, as
long runs are costly, side by side. Seed and replications stay the same whatever the parameters, so that moments move
smoothly with them.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.study.calibration.field import applied
from experiments.study.calibration.moment import LAGS, SUMMED, Floats, Series, together, vector
from experiments.study.calibration.record import Record
from model.engine.engine import Engine
from model.measure.record import ASSET_SERIES, PROTOCOL_SERIES
from model.price.process.path import process_named
from model.price.streams import Shape, Streams
from model.scenario.extent import MINUTES_A_DAY, listing_interest, protocol_interest

if TYPE_CHECKING:
    from model.scenario import Scenario

VOLUME = PROTOCOL_SERIES.index("volume")
FINENESS = 6  # steps in a bar, at least
LEAST_RUN = LAGS[-1] + SUMMED  # bars in a run of the whole model
RECORDS = 60  # simulated for the covariance of moments
LONGEST_STEP = 60.0  # minutes
BY_ASSET = ("initial_price", "daily_volatility", "depth_per_oi", "half_spread_bp", "maximal_leverage")


type Spread = Callable[[Callable[[int], Series], Iterable[int]], Iterable[Series]]


class CachedStreams(Streams):
    """Streams that cache their normal draws, which all points of a search share."""

    def normal(self, name: str, *index: int, size: Shape) -> Floats:
        """Return the first standard normal variates of the stream, read-only."""
        return _normal(self.seed, self.replication, name, index, size)


@lru_cache(maxsize=64)
def _normal(seed: int, replication: int, name: str, index: tuple[int, ...], size: Shape) -> Floats:
    drawn = Streams(seed, replication).normal(name, *index, size=size)
    drawn.setflags(write=False)
    return drawn


class Simulation(NamedTuple):
    """Moments of simulated bars.

    Attributes
    ----------
    scenario : with the record's assets, and `steps` steps.
    inside : steps in a bar.
    replications : how many.
    whole : whether of the whole model; else of the price process alone.
    volume : whether the correlation with volume is among the moments.
    """

    scenario: "Scenario"
    inside: int
    replications: int
    whole: bool
    volume: bool

    @property
    def days(self) -> float:
        """Days of one replication."""
        return (self.scenario.steps or 0) * self.scenario.minutes / MINUTES_A_DAY

    @property
    def described(self) -> dict[str, float]:
        """Return its settings, without its scenario."""
        return {name: value for name, value in self._asdict().items() if name != "scenario"}

    def moments(self, values: Mapping[str, float], spread: Spread = map) -> Floats:
        """Return the vector of moments under `values` of the free fields; ValueError where they are not allowed.

        `spread` applies a function to the replications of the whole model, as `map` does.
        """
        scenario = applied(self.scenario, values)
        if self.whole:
            return vector(self.joined(scenario, spread))
        seed = scenario.seed
        vectors = [vector(self.path(scenario, CachedStreams(seed, number))) for number in range(self.replications)]
        return np.mean(vectors, axis=0)

    def scatter(self, values: Mapping[str, float]) -> Floats:
        """Return the (M, M) covariance of a record's moments less simulated ones, were these values true."""
        scenario = applied(self.scenario, values)
        numbers = range(self.replications, self.replications + RECORDS)
        vectors = [vector(self.path(scenario, Streams(scenario.seed, number))) for number in numbers]
        return (1.0 + 1.0 / self.replications) * np.cov(np.array(vectors), rowvar=False)

    def again(self, values: Mapping[str, float], runs: int, spread: Spread = map) -> Floats:
        """Return the moments under `values` in this many replications that neither search nor scatter uses."""
        scenario = applied(self.scenario, values)
        fresh = range(self.replications + RECORDS, self.replications + RECORDS + runs)
        if self.whole:
            return vector(self.joined(scenario, spread, fresh))
        return np.mean([vector(self.path(scenario, Streams(scenario.seed, number))) for number in fresh], axis=0)

    def joined(self, scenario: "Scenario", spread: Spread = map, numbers: Iterable[int] | None = None) -> Series:
        """Return the bars of runs of the whole model, (runs, n, K): `numbers` are their replications."""
        chosen = range(self.replications) if numbers is None else numbers
        series = together(list(spread(partial(self.run, scenario), chosen)))
        return series if self.volume else series._replace(volume=None)

    def path(self, scenario: "Scenario", streams: Streams) -> Series:
        """Return the bars of one path of the price process."""
        drawn = process_named(scenario.price.process).draw(scenario, streams)
        return Series(self._bars(drawn.log_return))

    def run(self, scenario: "Scenario", number: int) -> Series:
        """Return the bars of one run of the whole model: log returns of the mid price, and volume in USD."""
        world = Engine(scenario, number)
        world.run()
        mid = world.record.asset[: world.clock, :, ASSET_SERIES.index("mid")]
        first = world.tape.initial_price[None, : mid.shape[1]]
        returns = np.diff(np.log(np.concatenate([first, mid])), axis=0)
        traded = world.record.protocol[: world.clock, :, VOLUME]
        listed, asset = world.exchange.protocol, world.exchange.asset
        share = np.array(listing_interest(world.scenario)) / np.array(protocol_interest(world.scenario))[listed]
        traded = traded[:, listed] * share
        volume = np.stack([traded[:, asset == k].sum(axis=1) for k in range(mid.shape[1])], axis=1)
        return Series(self._bars(returns), self._bars(volume))

    def _bars(self, steps: Floats) -> Floats:
        return steps.reshape(-1, self.inside, steps.shape[1]).sum(axis=1)


def simulation(scenario: "Scenario", record: Record, replications: int, days: float | None) -> Simulation:
    """Return what simulates `record`: the price process alone, or with `days` the whole model, so long a run.

    Parameters
    ----------
    scenario : all parameters that are not searched.
    record : recorded prices.
    replications : runs for each point.
    days : length of a run of the whole model; none: the price process alone, as long as the record.
    """
    asset = scenario.asset
    known = {f"asset.{name}": asset.values(name, record.assets) for name in BY_ASSET}
    inside = _inside(record.minutes, scenario.minutes if days else record.minutes / FINENESS)
    bars = len(record.series.returns) if days is None else max(LEAST_RUN, round(days * MINUTES_A_DAY / record.minutes))
    changes = {**known, "asset.name": record.assets, "minutes": record.minutes / inside, "steps": bars * inside}
    volume = days is not None and record.series.volume is not None
    return Simulation(scenario.replace(changes), inside, replications, days is not None, volume)


def _inside(bar: float, step: float) -> int:
    """Return how many steps a bar has, each no longer than wished and allowed."""
    return max(1, int(np.ceil(bar / min(step, LONGEST_STEP) - 1e-9)))
