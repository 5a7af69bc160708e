"""The shock tape: all that is exogenous in one replication, drawn once and replayed to every regime.

The tape depends on seed, replication and the sections ``asset``, ``price`` and ``shock`` (with the number
of steps, of minutes in a step and of protocols), never on how losses are shared: so two regimes see the same
world until their own actions differ. A protocol's column comes from streams of its own; another protocol
changes none of them.

Reference: Glasserman and Yao (1992), Management Science 38:884, on common random numbers.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.core.kernel import kernel
from model.price.process.path import process_named
from model.price.segment import asset_behind
from model.price.squeeze import squeezed
from model.price.streams import Streams, columns
from model.scenario.check.demand import refuse_beyond
from model.scenario.extent import MINUTES_A_DAY, horizon, listing_counts, protocol_interest

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]
ARRANGED = ("backstop", "loss", "reinsurance")  # sections in which arrangements differ, and no tape is drawn from
SHARED = 1 << 20  # steps times listings


class Tape(NamedTuple):
    """Exogenous inputs of T steps, K markets, P protocols and their I listings; C-contiguous, read-only."""

    log_return: Floats  # (T, K) log return of the fundamental during the step
    depth: Floats  # (T, K) share of calm depth there, in (0, 1]
    spread: Floats  # (T, K) multiple of the calm spread, at least 1
    keeper: Floats  # (T, I) share of keepers' capacity left, in [0, 1]
    gas: Floats  # (T,) USD a liquidation costs, not negative
    oracle_error: Floats  # (T, I) relative error of the mark price, above -1; mostly 0
    exploit: Floats  # (T, P) USD taken from the protocol, not negative; mostly 0
    priority: Floats  # (T, P) uniforms in (0, 1), the order of first-come claims
    initial_price: Floats  # (K,) USD, fundamental before the first step
    daily_volatility: Floats  # (K,) log price per square root of a day, as known before the run


def draw_tape(
    scenario: "Scenario", replication: int, streams: Streams | None = None, members: bool | None = None
) -> Tape:
    """Return the tape of one replication.

    Parameters
    ----------
    scenario : all parameters.
    replication : whose random numbers are drawn.
    streams : in place of the replication's own.
    members : whether the run will keep the series of every protocol; none: as usual.

    Raises
    ------
    model.price.reader.file.PriceFileError : when the price files are faulty.
    model.scenario.ScenarioError : when the run is longer than the record, its step does not fit the bars, or it
        needs more memory than there is.
    """
    refuse_beyond(scenario, members=members)
    streams = streams or Streams(scenario.seed, replication)
    path = process_named(scenario.price.process).draw(scenario, streams)
    steps, assets = path.log_return.shape
    shocks = Shocks(scenario, streams, steps)
    of = asset_behind(scenario, assets)
    return sealed(
        Tape(
            log_return=shocks.squeezed((path.log_return - shocks.fall()[:, None] * path.daily_volatility)[:, of]),
            depth=_repeated(path.stress.depth, len(of)),
            spread=_repeated(path.stress.spread, len(of)),
            keeper=path.stress.keeper[:, None] * shocks.keeper(),
            gas=path.stress.gas * shocks.gas(),
            oracle_error=shocks.oracle_error(),
            exploit=shocks.exploit() + shocks.hit(),
            priority=columns(streams.uniform, "shock.priority", scenario.protocol.number, steps),
            initial_price=path.initial_price[of],
            daily_volatility=path.daily_volatility[of],
        )
    )


class World:
    """A replication of all arrangements that differ in who holds capital and who pays alone: what their tapes share.

    Parameters
    ----------
    scenario : all parameters.
    replication : whose random numbers are drawn.
    """

    def __init__(self, scenario: "Scenario", replication: int) -> None:
        self.scenario, self.replication = scenario, replication
        fields = (name for name in type(scenario).model_fields if name not in ARRANGED)
        self._key = replication, *(getattr(scenario, name) for name in fields)

    def __eq__(self, other: object) -> bool:
        """Return whether the tape is the same."""
        return isinstance(other, World) and self._key == other._key

    def __hash__(self) -> int:
        """Return a hash of what a tape may depend on."""
        return hash(self._key)


@lru_cache(maxsize=1)
def _last(world: World, members: bool | None) -> Tape:
    return draw_tape(world.scenario, world.replication, members=members)


def shared_tape(scenario: "Scenario", replication: int, members: bool | None) -> Tape:
    """Return the tape of :func:`draw_tape`, drawn once for arrangements that are run one after the other.

    Large tapes are not kept, nor those of files, which may change.

    Parameters
    ----------
    scenario, replication, members : as there.
    """
    large = horizon(scenario) * sum(listing_counts(scenario)) > SHARED
    if large or scenario.price.files:
        return draw_tape(scenario, replication, members=members)
    return _last(World(scenario, replication), members)


def _repeated(values: Floats, assets: int) -> Floats:
    return np.repeat(values[:, None], assets, axis=1)


def sealed(tape: Tape) -> Tape:
    """Return a tape whose arrays are all as kernels were compiled for: of one type, read-only, row by row."""
    return Tape(*(_sealed(array) for array in tape))


def _sealed(array: Floats) -> Floats:
    if array.dtype == np.float64 and array.flags.c_contiguous and not array.flags.writeable:
        return array
    sealed = np.array(array, dtype=np.float64, order="C")
    sealed.setflags(write=False)
    return sealed


def shock_rate(scenario: "Scenario", kind: str) -> float:
    """Return the arrivals a day, at each protocol or listing, of an isolated shock such as ``outage``."""
    rate: float = scenario.shock.intensity * getattr(scenario.shock, f"{kind}_intensity")
    return rate


def arrivals(uniform: Floats, intensity: float, days: float) -> NDArray[np.bool_]:
    """Return where a Poisson shock arrives: with probability ``1 - exp(-intensity days)`` a step."""
    return uniform < -math.expm1(-intensity * days)


def last_arrival(arrived: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the (T, P) step of the latest arrival up to each step, -1 before the first."""
    step = np.arange(len(arrived))[:, None]
    return np.maximum.accumulate(np.where(arrived, step, -1), axis=0)


def refuse_other_shape(tape: Tape, other: Tape) -> None:
    """Raise ValueError unless `other` has a row for every step and a column for whatever `tape` has one for.

    Compiled code reads a tape by the shape of the one the run was built with.
    """
    for name, values, found in zip(Tape._fields, tape, other, strict=True):
        if np.shape(found) != values.shape:
            shape, allowed = ("×".join(map(str, np.shape(of))) for of in (found, values))
            raise ValueError(f"tape: {name} has shape {shape}; allowed: {allowed}, as the run was built with")


@kernel
def decaying(arrived: NDArray[np.bool_], size: Floats, halvings: float) -> Floats:
    """Return (T, P) relative errors, ``exp(s 2^(−h n)) − 1``, n steps after the latest arrival; 0 before the first.

    Parameters
    ----------
    arrived : (T, P) where an error arrives.
    size : (T, P) log, s of the error that arrives there.
    halvings : h > 0, half-lives in a step.
    """
    errors = np.zeros(size.shape)
    for i in range(size.shape[1]):
        last = -1
        for t in range(size.shape[0]):
            last = t if arrived[t, i] else last
            if last >= 0:
                errors[t, i] = np.expm1(size[last, i] * 0.5 ** (halvings * (t - last)))
    return errors


class Shocks(NamedTuple):
    """Draws the shocks of single protocols."""

    scenario: "Scenario"
    streams: Streams
    steps: int

    def squeezed(self, log_return: Floats) -> Floats:
        """Return (T, K) log returns of markets with those of squeezes; as they are where none can arrive."""
        rate = shock_rate(self.scenario, "squeeze")
        if not rate:
            return log_return
        arrived = self._arrived("shock.squeeze", rate)
        return log_return + squeezed(self.scenario, self.streams, arrived, log_return.shape[1])

    def keeper(self) -> Floats:
        """Return (T, I) shares of keepers' capacity left by outages."""
        shock = self.scenario.shock
        count = self._protocols if shock.outage_whole else self._listings
        arrived = self._arrived("shock.outage", shock_rate(self.scenario, "outage"), count)
        if shock.outage_whole:
            arrived = np.repeat(arrived, listing_counts(self.scenario), axis=1)
        down = self._lasting(arrived, shock.outage_minutes)
        return np.where(down, shock.outage_capacity, 1.0)

    def gas(self) -> Floats:
        """Return the (T,) cost of gas in USD, spikes included; one chain serves all protocols."""
        shock = self.scenario.shock
        arrived = self._arrived("shock.gas", shock.gas_spike_intensity, count=1)
        spike = self._lasting(arrived, shock.gas_spike_minutes)[:, 0]
        return shock.gas * np.where(spike, shock.gas_spike_multiplier, 1.0)

    def oracle_error(self) -> Floats:
        """Return (T, I) relative errors: ``exp(sd z) - 1`` on arrival, then halving, until the next."""
        shock = self.scenario.shock
        size = shock.oracle_sd * columns(self.streams.normal, "shock.oracle.size", self._listings, self.steps)
        arrived = self._arrived("shock.oracle", shock_rate(self.scenario, "oracle"), self._listings)
        return decaying(arrived, size, self.scenario.minutes / shock.oracle_half_life)

    def exploit(self) -> Floats:
        """Return (T, P) losses in USD, a share of the protocol's initial open interest."""
        shock = self.scenario.shock
        size = shock.exploit_share * np.array(protocol_interest(self.scenario))
        return size * self._arrived("shock.exploit", shock_rate(self.scenario, "exploit"))

    def hit(self) -> Floats:
        """Return (T, P) losses in USD of the hit placed on one protocol at a given time."""
        shock, found = self.scenario.shock, np.zeros((self.steps, self._protocols))
        step = int(shock.hit_minute / self.scenario.minutes)
        if step < self.steps and shock.hit_protocol < self._protocols:
            interest = protocol_interest(self.scenario)[shock.hit_protocol]
            found[step, shock.hit_protocol] = shock.hit_share * interest
        return found

    def fall(self) -> Floats:
        """Return the (T,) fall placed at a given time, in daily standard deviations, spread evenly over its length."""
        shock, found = self.scenario.shock, np.zeros(self.steps)
        first, last = (
            int(m / self.scenario.minutes) for m in (shock.fall_minute, shock.fall_minute + shock.fall_length)
        )
        last = max(last, first + 1)
        found[first:last] = shock.fall / (last - first)
        return found

    @property
    def _protocols(self) -> int:
        return self.scenario.protocol.number

    @property
    def _listings(self) -> int:
        return sum(listing_counts(self.scenario))

    def _arrived(self, name: str, intensity: float, count: int | None = None) -> NDArray[np.bool_]:
        uniform = columns(self.streams.uniform, name, count or self._protocols, self.steps)
        return arrivals(uniform, intensity, self.scenario.minutes / MINUTES_A_DAY)

    def _lasting(self, arrived: NDArray[np.bool_], minutes: float) -> NDArray[np.bool_]:
        last = last_arrival(arrived)
        age = (np.arange(self.steps)[:, None] - last) * self.scenario.minutes
        return (last >= 0) & (age < minutes)
