"""Shocks that strike one protocol alone, and the price of gas.

Arrivals are Poisson, independent between protocols: in a step of *dt* days a shock of intensity *lambda*
arrives with probability ``1 - exp(-lambda dt)``. The isolated shocks are off by default, so that what is
found is not theirs; a scenario that studies one turns it on. A hit on one protocol and a fall of all prices may also be
placed at given times, for scenarios that show one thing (:mod:`model.world`).
"""

from model.parameter import Section, parameter

CHOICE = "off by default; set it to study it"


class ShockSection(Section):
    """Parameters of oracle errors, keeper outages, exploits and gas."""

    oracle_intensity: float = parameter(0.0, "1/day", "arrival rate of an oracle error", CHOICE, ge=0.0, le=1e4)
    oracle_sd: float = parameter(
        0.02,
        "log",
        "standard deviation of the error when it arrives",
        "modelling choice",
        ge=0.0,
        le=1.0,
    )
    oracle_half_life: float = parameter(5.0, "min", "time in which an oracle error halves", "modelling choice", gt=0.0)
    outage_intensity: float = parameter(0.0, "1/day", "arrival rate of a keeper outage", CHOICE, ge=0.0, le=1e4)
    outage_minutes: float = parameter(
        30.0,
        "min",
        "length of a keeper outage",
        "exchange outages of 12 March 2020: 25 to 45 minutes",
        gt=0.0,
    )
    outage_capacity: float = parameter(
        0.0, "1", "share of keepers' capacity left in an outage", "a full outage", ge=0.0, le=1.0
    )
    exploit_intensity: float = parameter(0.0, "1/day", "arrival rate of an exploit", CHOICE, ge=0.0, le=1e4)
    exploit_share: float = parameter(
        0.02,
        "1",
        "loss in an exploit over the protocol's open interest",
        "modelling choice: more than a fund of 1.5 % holds",
        ge=0.0,
        le=1.0,
    )
    hit_share: float = parameter(
        0.0,
        "1",
        "loss in a hit on one protocol at a given time, over its open interest; 0: none",
        CHOICE,
        ge=0.0,
        le=1.0,
    )
    hit_protocol: int = parameter(0, "index", "protocol that is hit", "modelling choice", ge=0)
    hit_minute: float = parameter(60.0, "min", "when it is hit", "modelling choice", ge=0.0)
    fall: float = parameter(
        0.0, "1", "fall of all prices at a given time, in daily standard deviations of each; 0: none", CHOICE
    )
    fall_minute: float = parameter(120.0, "min", "when that fall begins", "an hour after the hit", ge=0.0)
    fall_length: float = parameter(20.0, "min", "time over which it is spread", "depth was thin for 20 minutes", gt=0.0)
    gas: float = parameter(5.0, "USD", "calm cost of gas for one liquidation", "prototype: $5 to $100", ge=0.0)
    gas_spike_intensity: float = parameter(0.0, "1/day", "arrival rate of a gas spike", CHOICE, ge=0.0, le=1e4)
    gas_spike_minutes: float = parameter(60.0, "min", "length of a gas spike", "modelling choice", gt=0.0)
    gas_spike_multiplier: float = parameter(
        20.0,
        "1",
        "cost of gas in a spike over the calm cost",
        "prototype: $5 to $100",
        ge=1.0,
    )
