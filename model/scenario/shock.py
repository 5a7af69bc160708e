"""Shocks that strike one protocol alone, and the price of gas.

Arrivals are Poisson, independent between protocols: in a step of *dt* days a shock of intensity *lambda*
arrives with probability ``1 - exp(-lambda dt)``. The isolated shocks are off by default, so that what is
found is not theirs; a scenario that studies one turns it on.
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
