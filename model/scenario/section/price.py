"""Where the fundamental prices come from, and the parameters of every process.

The processes are listed in :mod:`model.price.process`, the episodes in :mod:`model.scenario.episode`; both are read
here for their names only, so that checking a configuration loads nothing heavy.
"""

from datetime import UTC, datetime
from typing import Self

from pydantic import field_validator, model_validator

from model.scenario.asset_name import name_problems
from model.scenario.bound import PART, SHARE, SOME, above, between
from model.scenario.episode import EPISODES
from model.scenario.parameter import Numbers, Section, parameter
from model.scenario.problem import one_of
from model.scenario.registry import PROCESSES

MOMENTS = "simulated moments of hourly returns of BTC and ETH, 2020-24 (`backstop calibrate`)"
CRASHES = "prototype, 10 October 2025"


class PriceSection(Section):
    """Parameters of the fundamental prices."""

    process: str = parameter(
        "stochastic_volatility",
        "name",
        "process of the fundamental prices",
        "calibrated to hourly returns, docs/ODD.md 7.13",
    )
    episode: str = parameter("2025-10-10", "name", "named episode, for process episode", "largest cascade on record")
    files: tuple[str, ...] = parameter((), "path", "price files, one asset each, for replay and bootstrap", "the user")
    names: tuple[str, ...] = parameter(
        (), "text", "assets of the price files, one a file; empty for the files' own names", "the user"
    )
    start: str = parameter("", "ISO date", "first moment replayed, UTC; empty for the files' first", "the user")
    fundamental_share: Numbers = parameter(
        (0.8, 0.8, 0.45),
        "1",
        "share of a recorded log move fed as fundamental, per asset; the record holds its own cascade",
        "calibration to 10 October 2025: cascades add a third in deep markets, two thirds in thin ones",
        SOME,
        min_length=1,
    )
    drift: float = parameter(
        0.0, "1/day", "expected growth of the price", "a martingale", between(-1, 1, "a factor e a day either way")
    )
    garch_alpha: float = parameter(
        0.08,
        "1",
        "weight of the last squared return in the variance",
        "modelling choice: a shock to volatility halves in about 35 steps",
        PART,
    )
    garch_beta: float = parameter(
        0.9,
        "1",
        "weight of the last variance in the variance",
        "modelling choice: a shock to volatility halves in about 35 steps",
        PART,
    )
    degrees_of_freedom: float = parameter(
        4.0,
        "1",
        "degrees of freedom of the Student-t innovations",
        "prototype; Hill index of hourly returns 2020-24: 2.5",
        above(2, 1e6, "the variance exists above 2; beyond a million it is the normal law"),
    )
    jump_intensity: float = parameter(
        0.5,
        "1/day",
        "arrival rate of jumps common to all assets",
        "modelling choice",
        between(0, 1e3, "0: none; 1,000 a day are a jump in most minutes"),
    )
    jump_mean: float = parameter(
        -0.5,
        "daily sd",
        "mean jump in daily standard deviations of the asset",
        "modelling choice: falls are the larger",
        between(-10, 10, "ten daily standard deviations at once"),
    )
    jump_sd: float = parameter(
        1.0,
        "daily sd",
        "standard deviation of a jump, likewise",
        "modelling choice",
        between(0, 10, "ten daily standard deviations at once"),
    )
    demand_persistence: float = parameter(
        0.99,
        "1",
        "what is left after a step of noise traders' log demand over its mean",
        "Thurner, Farmer, Geanakoplos (2012)",
        between(0, 0.9999, "0: no memory; at 0.9999 half is left after 6,900 steps"),
    )
    demand_sd: float = parameter(
        0.035,
        "log",
        "standard deviation of its innovation, a step",
        "Thurner, Farmer, Geanakoplos (2012)",
        above(0, 1, "1 is a factor e in one step"),
    )
    volatility_excess: float = parameter(
        1.44,
        "1",
        "root mean square volatility over the calm one, for stochastic_volatility",
        MOMENTS,
        between(0.01, 10, "from a hundredth of the calm volatility to ten times it"),
    )
    slow_sd: float = parameter(
        0.61,
        "log",
        "standard deviation of log volatility's slow part, likewise",
        MOMENTS,
        between(0, 2, "2 is a factor of seven either way"),
    )
    slow_half_life: float = parameter(
        373.0, "h", "half-life of a slow deviation", MOMENTS, between(0.01, 1e5, "from 36 s to eleven years")
    )
    fast_sd: float = parameter(
        0.635,
        "log",
        "standard deviation of log volatility's fast part, likewise",
        MOMENTS,
        between(0, 2, "2 is a factor of seven either way"),
    )
    fast_half_life: float = parameter(
        0.36, "h", "half-life of a fast deviation", MOMENTS, between(0.001, 1e4, "from 4 s to a year")
    )
    block_length: float = parameter(
        24.0,
        "bars",
        "mean length of a block of the bootstrap",
        "autocorrelation of absolute hourly returns: 0.17 after a day",
        between(1, 1e6, "at least a bar; a million are longer than any record"),
    )
    bridge_volatility: float = parameter(
        1.0,
        "1",
        "noise between known prices over the volatility there",
        "realised variance of 10 October 2025 bridged from hours: 1.01 of the record",
        between(0, 5, "0: straight lines; 5 is five times the record's own volatility"),
    )
    longest_wick: float = parameter(
        1.0,
        "log",
        "a wick longer than this is a misprint and cut to the bar's body",
        "ETH perpetual, 13 March 2020 02:00",
        between(1e-4, 20, "from one basis point, no wick at all, to a factor no price moved by"),
    )
    severity: float = parameter(
        1.0,
        "1",
        "median factor on an episode's log moves: the size of its shock",
        "1: as recorded",
        between(0, 10, "0: no shock; ten times the record is beyond any crash"),
    )
    severity_dispersion: float = parameter(
        0.3,
        "1",
        "log standard deviation of an episode's severity between replications",
        CRASHES,
        between(0, 2, "2 is a factor of seven either way"),
    )
    severity_correlation: float = parameter(0.8, "1", "correlation of the severity between assets", CRASHES, SHARE)

    @field_validator("process")
    @classmethod
    def _known_process(cls, name: str) -> str:
        return one_of("process", name, PROCESSES)

    @field_validator("episode")
    @classmethod
    def _known_episode(cls, name: str) -> str:
        return one_of("episode", name, EPISODES)

    @field_validator("start")
    @classmethod
    def _is_date(cls, text: str) -> str:
        if text:
            milliseconds(text)
        return text

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = name_problems(self.files, self.names)
        if PROCESSES[self.process].needs_files and not self.files:
            problems.append(f"files: none: process {self.process} needs at least one price file")
        if self.garch_alpha + self.garch_beta >= 1.0:
            total = self.garch_alpha + self.garch_beta
            problems.append(f"garch_alpha + garch_beta: {total:g}: less than 1, or the variance has no mean")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def milliseconds(text: str) -> int:
    """Return an ISO date, UTC where it names no zone, as milliseconds since 1970; else ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no ISO date such as 2020-03-12 or 2020-03-12T06:00") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
