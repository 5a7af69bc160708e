"""Parameters of confidence: what alarms a protocol's customers, how long, and what they then withdraw."""

from model.scenario.bound import SPAN, STRENGTH
from model.scenario.parameter import Section, parameter

CHOICE = "modelling choice"


class ConfidenceSection(Section):
    """Runs on protocols; off unless `panic` is set."""

    panic: bool = parameter(False, "flag", "whether anybody runs because others may not be paid", "off: no runs")
    thin_fund: float = parameter(
        1.0, "1", "alarm over an empty fund, and in proportion over one that is thin", CHOICE, STRENGTH
    )
    neighbour: float = parameter(
        0.5, "1", "alarm when a protocol fails that owes it or is owed by it", CHOICE, STRENGTH
    )
    unpaid: float = parameter(1.0, "1", "alarm in every step that leaves a loss beyond fund and pool", CHOICE, STRENGTH)
    half_life: float = parameter(
        120.0,
        "min",
        "time in which alarm over news halves",
        "modelling choice: hours; USDC traded below par for two days in March 2023",
        SPAN,
    )
    trader_sensitivity: float = parameter(
        0.5, "1", "of the traders who look, 1 − exp(−this × alarm) close and stay away", CHOICE, STRENGTH
    )
    provider_sensitivity: float = parameter(
        0.1, "1", "fall of the share price that an alarm of 1 counts as among liquidity providers", CHOICE, STRENGTH
    )
    capital_sensitivity: float = parameter(
        1.0, "1", "rise of the rate at which the pool's capital providers leave, per unit of alarm", CHOICE, STRENGTH
    )
