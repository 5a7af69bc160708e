"""Shocks that strike one protocol or one market alone, and the price of gas.

Arrivals are Poisson, independent between protocols: in a step of *dt* days a shock of intensity *lambda*
arrives with probability ``1 - exp(-lambda dt)``. The isolated shocks are off by default, so that what is
found is not theirs; a scenario that studies one turns it on. A hit on one protocol and a fall of all prices may also be
placed at given times, for scenarios that show one thing (:mod:`model.scenario.world`).
"""

from model.scenario.bound import ARRIVALS, DELAY, MEMBER, SHARE, SPAN, SPREAD, between
from model.scenario.parameter import Section, parameter

CHOICE = "off by default; set it to study it"


class ShockSection(Section):
    """Parameters of squeezes, oracle errors, keeper outages, exploits and gas."""

    intensity: float = parameter(
        1.0,
        "1",
        "factor on the arrival rates of squeezes, oracle errors, outages and exploits",
        "1: as given; more to study what is rare, see docs/guide/shocks.md for the weights",
        between(0, 1e6, "0: none arrives; a million makes a yearly event one of every minute"),
    )
    squeeze_intensity: float = parameter(
        0.0, "1/day", "arrival rate, at each protocol, of a squeeze of its thinnest market", CHOICE, ARRIVALS
    )
    squeeze_median: float = parameter(
        0.75,
        "log",
        "median size of a squeeze, the log of the price over that before",
        "YFI 0.36, POPCAT 0.51, XPL 1.10, JELLY 1.61: their geometric mean",
        between(0, 3.5, "0: none; the largest on record, MNGO, was 3.4"),
    )
    squeeze_spread: float = parameter(0.7, "log", "standard deviation of the log size", "the same four: 0.69", SPREAD)
    squeeze_up: float = parameter(0.5, "1", "part of squeezes that go up", "two of these four", SHARE)
    squeeze_minutes: float = parameter(
        20.0, "min", "time in which the price runs", "XPL 2, YFI 60 minutes; between them", SPAN
    )
    squeeze_back: float = parameter(60.0, "min", "time in which it goes back", "modelling choice", SPAN)

    oracle_intensity: float = parameter(0.0, "1/day", "arrival rate of an oracle error", CHOICE, ARRIVALS)
    oracle_sd: float = parameter(
        0.02,
        "log",
        "standard deviation of the error when it arrives",
        "modelling choice",
        between(0, 1, "1 is a factor e"),
    )
    oracle_half_life: float = parameter(5.0, "min", "time in which an oracle error halves", "modelling choice", SPAN)
    outage_intensity: float = parameter(0.0, "1/day", "arrival rate of a keeper outage", CHOICE, ARRIVALS)
    outage_minutes: float = parameter(
        30.0, "min", "length of a keeper outage", "exchange outages of 12 March 2020: 25 to 45 minutes", SPAN
    )
    outage_capacity: float = parameter(0.0, "1", "share of keepers' capacity left in an outage", "a full outage", SHARE)
    outage_whole: bool = parameter(
        False,
        "flag",
        "whether an outage stops keepers at all listings of a protocol at once; else at each alone",
        "Binance 2021: the whole venue; false leaves former results as they were",
    )
    exploit_intensity: float = parameter(0.0, "1/day", "arrival rate of an exploit", CHOICE, ARRIVALS)
    exploit_share: float = parameter(
        0.02,
        "1",
        "loss in an exploit over the protocol's open interest",
        "modelling choice: more than a fund of 1.5 % holds",
        SHARE,
    )
    hit_share: float = parameter(
        0.0, "1", "loss in a hit on one protocol at a given time, over its open interest; 0: none", CHOICE, SHARE
    )
    hit_protocol: int = parameter(0, "index", "protocol that is hit", "modelling choice", MEMBER)
    hit_minute: float = parameter(60.0, "min", "when it is hit", "modelling choice", DELAY)
    fall: float = parameter(
        0.0,
        "1",
        "fall of all prices at a given time, in daily standard deviations of each; 0: none",
        CHOICE,
        between(-50, 50, "below 0 a rise; 50 calm days at once are beyond any crash"),
    )
    fall_minute: float = parameter(120.0, "min", "when that fall begins", "an hour after the hit", DELAY)
    fall_length: float = parameter(20.0, "min", "time over which it is spread", "depth was thin for 20 minutes", SPAN)
    gas: float = parameter(
        5.0,
        "USD",
        "calm cost of gas for one liquidation",
        "prototype: $5 to $100",
        between(0, 1e6, "0: free; a million USD a liquidation is beyond any chain's"),
    )
    gas_spike_intensity: float = parameter(0.0, "1/day", "arrival rate of a gas spike", CHOICE, ARRIVALS)
    gas_spike_minutes: float = parameter(60.0, "min", "length of a gas spike", "modelling choice", SPAN)
    gas_spike_multiplier: float = parameter(
        20.0,
        "1",
        "cost of gas in a spike over the calm cost",
        "prototype: $5 to $100",
        between(1, 1e4, "a spike is no relief; 10,000 times the calm cost is beyond any chain's"),
    )
