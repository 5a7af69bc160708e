"""Parameters of the reinsurance market: premiums, claims, capital providers, retrocession."""

from pydantic import field_validator

from model.scenario.bound import (
    COUNT,
    DELAY,
    MULTIPLE,
    PART,
    PROBABILITY,
    RATE,
    SHARE,
    SOME,
    SPAN,
    SPREAD,
    STRENGTH,
    YEARLY,
    between,
)
from model.scenario.parameter import Section, parameter
from model.scenario.problem import one_of
from model.scenario.registry import CLAIMS, PREMIUMS

CHOICE = "modelling choice"
CYCLE = "hard and soft markets: Winter (1994), Gron (1994)"
TRIGGER = "parametric cover; the level is a modelling choice"
CAPITAL = "insurance-linked securities: yearly windows, weeks of notice"


class ReinsuranceSection(Section):
    """How pools charge, pay and are capitalised; all off by default."""

    premium: str = parameter("flat", "name", "rule by which a pool sets premiums", "design: premium rules")
    charge_all: bool = parameter(
        False, "flag", "whether every structure with a pool charges premiums, not `reinsured` alone", CHOICE
    )
    review: float = parameter(30.0, "min", "time between quotes and between capital providers' reviews", CHOICE, SPAN)
    loss_cost: float = parameter(
        0.002, "1/year", "expected claims on open interest before experience", "prototype's calibration", YEARLY
    )
    loading: float = parameter(0.3, "1", "loading of expected claims", "expected value principle", MULTIPLE)
    capital_charge: float = parameter(
        0.1, "1/year", "cost of the capital that a member's expected shortfall ties up", "hurdles of 6–15 %", YEARLY
    )
    tail_cost: float = parameter(
        0.02,
        "1",
        "expected shortfall on open interest where backstop.expected_shortfall gives none",
        CHOICE,
        between(0, 10, "0: none; ten times open interest is more than can be lost"),
    )
    credibility: float = parameter(
        0.25,
        "year",
        "time after which own claims count half",
        "Bühlmann (1967): Z = t / (t + k)",
        between(1e-6, 1e3, "from half a minute, at once, to a thousand years, never"),
    )
    leverage_power: float = parameter(
        1.0,
        "1",
        "power of a member's leverage in the risk-based premium",
        "design: leverage × crowding × health",
        between(0, 10, "0: leverage does not count; at 10 one step of it is a factor of a thousand"),
    )
    crowding_loading: float = parameter(
        1.0, "1", "rise of the risk-based premium for a wholly one-sided market", CHOICE, MULTIPLE
    )
    health_loading: float = parameter(
        1.0, "1", "rise of the risk-based premium as the pool empties, at zero", CHOICE, MULTIPLE
    )
    cycle: float = parameter(
        0.0, "1", "rise of the rate multiplier per capital lost in claims; 0: no cycle", CYCLE, STRENGTH
    )
    cycle_half_life: float = parameter(43_200.0, "min", "half-life of what the multiplier rose", CYCLE, SPAN)
    cycle_floor: float = parameter(1.0, "1", "multiplier of a soft market", CYCLE, SOME)
    cycle_bound: float = parameter(
        5.0,
        "1",
        "largest multiplier of a hard market",
        CYCLE,
        between(1, 1e3, "1: no hard market; 1,000 times the rate is beyond any"),
    )
    claims: str = parameter("indemnity", "name", "how claims are settled", "design: claims")
    assessment_delay: float = parameter(
        0.0, "min", "time until a claim is assessed and paid", "Nexus Mutual: days of assessment; 0: at once", DELAY
    )
    dispute_probability: float = parameter(0.0, "1", "probability that a claim is disputed", CHOICE, PROBABILITY)
    disputed_share: float = parameter(0.5, "1", "part of a disputed claim that waits", CHOICE, SHARE)
    dispute_delay: float = parameter(1440.0, "min", "time after assessment until a dispute is decided", "a day", DELAY)
    dispute_success: float = parameter(
        0.5, "1", "probability that the disputed part is paid in the end", CHOICE, PROBABILITY
    )
    parametric_payout: float = parameter(
        0.5, "1", "what a parametric trigger pays, over the member's capital at the start", TRIGGER, MULTIPLE
    )
    parametric_wait: float = parameter(
        480.0, "min", "time after a payment in which no other follows: one event", TRIGGER, SPAN
    )
    parametric_oracle: float = parameter(
        0.0,
        "1",
        "relative error of the mark price that triggers; 0: no such trigger",
        TRIGGER,
        between(0, 10, "0: none; ten times the price is beyond any error"),
    )
    parametric_exploit: float = parameter(
        0.0,
        "1",
        "exploit loss over open interest at the start that triggers; 0: none",
        TRIGGER,
        between(0, 10, "0: none; ten times open interest is more than can be lost"),
    )
    parametric_move: float = parameter(
        0.1,
        "log",
        "price move within the window that triggers; 0: none",
        TRIGGER,
        between(0, 20, "0: none; 20 is a factor no price moves by"),
    )
    parametric_window: float = parameter(60.0, "min", "window of that move", TRIGGER, SPAN)
    parametric_depth: float = parameter(0.0, "1", "fall of depth from its start that triggers; 0: none", TRIGGER, PART)
    providers: int = parameter(0, "providers", "capital providers of each pool; 0: none", CHOICE, COUNT)
    provider_share: float = parameter(
        0.0, "1", "part of a pool's capital at the start put in by them in place of members", CHOICE, PART
    )
    provider_cash: float = parameter(
        1.0,
        "1",
        "their cash outside at the start, over the pool's capital",
        "not backstop capital until it joins",
        MULTIPLE,
    )
    hurdle: float = parameter(
        0.1,
        "1/year",
        "median return they ask for",
        "catastrophe bonds: 6–15 %",
        between(1e-6, 10, "some return is asked for; 10 is 1,000 % a year"),
    )
    hurdle_spread: float = parameter(0.5, "log", "spread of hurdles across providers", CHOICE, SPREAD)
    joining: float = parameter(0.001, "1/min", "part of their cash they put in while it pays", CHOICE, RATE)
    lock_up: float = parameter(10_080.0, "min", "time before money put in may leave", CAPITAL, DELAY)
    exit_rate: float = parameter(0.001, "1/min", "part of the providers' capital the queue lets out", CAPITAL, RATE)
    retrocession_share: float = parameter(
        0.0, "1", "part of every pool's capital at the start held by a pool above all pools; 0: none", CHOICE, PART
    )
    retrocession_attachment: float = parameter(
        0.5,
        "1",
        "claims so far above which the second pool pays, over the pool's capital",
        "excess-of-loss treaty",
        MULTIPLE,
    )
    retrocession_limit: float = parameter(
        1.0, "1", "most the second pool pays one pool, over the pool's capital", "excess-of-loss treaty", MULTIPLE
    )

    @field_validator("premium")
    @classmethod
    def _premium(cls, value: str) -> str:
        return one_of("premium", value, PREMIUMS)

    @field_validator("claims")
    @classmethod
    def _claims(cls, value: str) -> str:
        return one_of("claims", value, CLAIMS)

    @property
    def prices(self) -> bool:
        """Whether the market, not the flat rate of ``backstop.premium_rate`` alone, sets premiums."""
        return self.premium != "flat" or self.charge_all or self.cycle > 0.0 or self.providers > 0
