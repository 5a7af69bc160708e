"""Claims about capital: pooling and its trap, ruin, risk measures, layers, the waterfall of a clearing house."""

from functools import cache
from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.special import ndtri
from scipy.stats import expon, lognorm, lomax

from agents.exchange.insurance_fund import liquidation_delta
from agents.reinsurer.treaty import excess_of_loss
from experiments.statistics.statistic import Interval
from experiments.validation.claim import SEED, claim, simulated
from model.backstop.default_fund import waterfall
from model.measure.risk import expected_shortfall, normal_risk, pareto_risk, student_risk, value_at_risk
from model.price.process.innovation import innovations
from model.price.streams import Streams
from model.scenario.registry import STRUCTURES
from model.scenario.section.backstop import BackstopSection

POOLING, TRAP, RUIN = "Pooling", "Diversification trap", "Ruin"
RISK, LAYERS, HOUSE = "Risk measures", "Layers", "Clearing house"
GAMMA = "closed form: exponential losses, gamma survival function"
SQUARE_ROOT = "closed form: √((1 + (n − 1) ρ) / n)"
IBRAGIMOV = "Ibragimov (2009), Portfolio diversification under heavy tails: n^(1/α − 1)"
LUNDBERG = "Cramér–Lundberg; Asmussen and Albrecher (2010), Ruin Probabilities"
QRM = "McNeil, Frey, Embrechts, Quantitative Risk Management, 2.3"
NASDAQ = "Nasdaq Clearing, September 2018, EUR 114M"
DAILY = 10_000 * 0.2 / np.sqrt(250)
STREAMS = Streams(SEED, 0)


def exponential_losses(name: str, *shape: int) -> np.ndarray:
    """Return independent exponential losses of mean 1."""
    return -np.log(STREAMS.uniform(f"validation.{name}", size=shape))


@cache
def shortfalls(structure: str, members: int = 2, worlds: int = 10_000) -> np.ndarray:
    """Return what funds of 2 each leave unpaid of one exponential loss each, (worlds, members), by the structure."""
    left = np.empty((worlds, members))
    for world, loss in enumerate(exponential_losses("pooling", worlds, members)):
        held = STRUCTURES[structure](BackstopSection(), np.full(members, 2.0))
        beyond = loss - np.minimum(loss, held.own_capital)
        paid = held.pay(loss, beyond, held.pool_capital, np.full(members, 0.5), 0)[1] if held.shares else 0.0
        left[world] = beyond - paid
    left[left < 1e-12] = 0.0
    return left


@claim(
    POOLING, "expected shortfall of two isolated funds", 0.2706705665, GAMMA,
    key="pooling/exp_capital_2/0/isolated_expected_shortfall",
)  # fmt: skip
def isolated_shortfall() -> Interval:
    """2 e⁻²."""
    return simulated(shortfalls("isolated").sum(axis=1))


@claim(
    POOLING, "expected shortfall of their pool", 0.1098938333, GAMMA,
    key="pooling/exp_capital_2/0/pooled_expected_shortfall",
)  # fmt: skip
def pooled_shortfall() -> Interval:
    """Return the mean of (X + Y − 4)⁺, 6 e⁻⁴ in closed form."""
    return simulated(shortfalls("pooled").sum(axis=1))


@claim(
    POOLING, "probability that any isolated fund fails", 0.2523549, GAMMA,
    key="pooling/exp_capital_2/0/p_any_isolated_fails",
)  # fmt: skip
def any_fails() -> Interval:
    """Either loss exceeds 2."""
    return simulated((shortfalls("isolated") > 0).any(axis=1))


@claim(POOLING, "probability that the pool fails", 0.0915782, GAMMA, key="pooling/exp_capital_2/0/p_pool_fails")
def pool_fails() -> Interval:
    """Both losses together exceed 4."""
    return simulated((shortfalls("pooled") > 0).any(axis=1))


@claim(
    POOLING, "probability that all isolated funds fail", 0.0183156, GAMMA,
    key="pooling/exp_capital_2/0/p_all_isolated_fail",
)  # fmt: skip
def all_fail() -> Interval:
    """Both losses exceed 2."""
    return simulated((shortfalls("isolated") > 0).all(axis=1))


def capital_ratio(correlation: float, members: int = 10, steps: int = 4_000, batches: int = 30) -> Interval:
    """Return pooled over isolated capital at 99 %, losses by the one-factor innovations of the price processes.

    Parameters
    ----------
    correlation : of losses, in [0, 1].
    members : of the pool.
    steps : draws in a batch.
    batches : independent estimates.
    """
    ratios = []
    for batch in range(batches):
        losses = innovations(Streams(SEED, batch), "validation.normal", correlation, steps, members)
        isolated = sum(expected_shortfall(column, 0.99) for column in losses.T)
        ratios.append(expected_shortfall(losses.sum(axis=1), 0.99) / isolated)
    return simulated(ratios)


for _case, (_rho, _ratio) in enumerate(((0.0, 0.316228), (0.3, 0.608276))):
    claim(
        POOLING, f"pooled over isolated capital, ten normal losses, ρ = {_rho}", _ratio, SQUARE_ROOT,
        key=f"pooling/equicorrelated_normal_capital_ratio/{_case}/pooled_over_isolated",
    )(lambda rho=_rho: capital_ratio(rho))  # fmt: skip


def stable(alpha: float, uniform: np.ndarray) -> np.ndarray:
    """Return stable variates by inversion: normal (2), Cauchy (1), Lévy (0.5)."""
    return {
        2.0: ndtri,
        1.0: lambda u: np.tan(np.pi * (u - 0.5)),
        0.5: lambda u: ndtri(0.5 * u) ** -2,
    }[alpha](uniform)


def trap(alpha: float, members: int = 10, batches: int = 40, worlds: int = 8_000) -> Interval:
    """Return the value at risk of a member's share in a pool over that of its own loss, at 95 %.

    Parameters
    ----------
    alpha : tail index of losses, > 0.
    members : of the pool.
    batches : independent estimates.
    worlds : draws in each.
    """
    ratios = []
    for batch in range(batches):
        losses = stable(alpha, Streams(SEED, batch).uniform("validation.trap", size=(worlds, members)))
        ratios.append(value_at_risk(losses.mean(axis=1), 0.95) / value_at_risk(losses, 0.95))
    return simulated(ratios)


for _alpha, _text, _ratio in ((2.0, "2", 0.316228), (1.0, "1", 1.0), (0.5, "0.5", 10.0)):
    claim(
        TRAP, f"pooled over own value at risk, ten stable losses, α = {_text}", _ratio, IBRAGIMOV,
        key=f"pooling/diversification_trap/alpha_to_ratio/{_text}",
    )(lambda alpha=_alpha: trap(alpha))  # fmt: skip


def booked(amounts: np.ndarray) -> np.ndarray:
    """Return what liquidations book to the fund: fees (> 0, here the whole surplus) and deficits (< 0), by its rule."""
    return liquidation_delta(np.maximum(amounts, 0.0), np.maximum(-amounts, 0.0), 1.0)


def ruin_by_then(fund: float, horizon: float, paths: int = 8_000, events: int = 30) -> Interval:
    """Return the probability that a fund is ruined by `horizon`: fees of 1.2 a time unit, one claim of mean 1.

    Parameters
    ----------
    fund : at the start, in mean claims.
    horizon : in mean times between claims.
    paths : simulated.
    events : most claims of a path.
    """
    waits = exponential_losses("ruin.wait", paths, events)
    losses = exponential_losses("ruin.claim", paths, events)
    balance = fund + (booked(1.2 * waits) + booked(-losses)).cumsum(axis=1)
    return simulated(((balance < 0) & (waits.cumsum(axis=1) <= horizon)).any(axis=1))


def ruin_ever(fund: float, paths: int = 2_000, block: int = 50) -> Interval:
    """Return the probability of ruin ever, under the measure that makes ruin certain (Siegmund's): e^(R S), S < 0.

    There claims have mean 1 / (1 − R) and arrive at rate 1 / (1 − R), R = θ / (1 + θ) = 1/6 the adjustment coefficient.
    Every path is followed until it is ruined; cutting paths short would bias the answer downwards.
    """
    rate, factor = 1.0 / 6.0, 1.0 / (1.0 - 1.0 / 6.0)
    balance, alive, turn = np.full(paths, float(fund)), np.arange(paths), 0
    while len(alive):
        fees = 1.2 * exponential_losses(f"ruin.wait.{fund}.{turn}", len(alive), block) / factor
        losses = factor * exponential_losses(f"ruin.claim.{fund}.{turn}", len(alive), block)
        path = balance[alive, np.newaxis] + (booked(fees) + booked(-losses)).cumsum(axis=1)
        ruined = path < 0
        ends = np.where(ruined.any(axis=1), ruined.argmax(axis=1), block - 1)
        balance[alive] = path[np.arange(len(alive)), ends]
        alive, turn = alive[~ruined.any(axis=1)], turn + 1
    return simulated(np.exp(-rate * (fund - balance)))


for _fund, _psi in ((0, 0.83333333), (5, 0.36216517), (10, 0.15739634)):
    claim(
        RUIN, f"probability of ruin ever of a fund of {_fund}, loading 20 %", _psi, LUNDBERG,
        key=f"ruin/cases/0/psi/{_fund}",
    )(lambda fund=_fund: ruin_ever(fund))  # fmt: skip


@claim(
    RUIN, "probability of ruin of a fund of 5 by time 10", 0.15798276, LUNDBERG, key="ruin/cases/1/finite_horizon/10"
)
def ruin_by_ten() -> Interval:
    """One claim a time unit."""
    return ruin_by_then(5.0, 10.0)


RISKS = {
    "normal": (lambda: normal_risk(DAILY, 0.99), (294.262, 337.126)),
    "student_t4": (lambda: student_risk(DAILY, 0.99, 4), (335.137, 466.943)),
    "pareto_xm1/0": (lambda: pareto_risk(2.0, 0.99), (10.0, 20.0)),
}
TITLES = {"normal": "normal", "student_t4": "Student with 4 degrees of freedom", "pareto_xm1/0": "Pareto, exponent 2"}
for _law, (_risk, _printed) in RISKS.items():
    for _place, _short in enumerate(("var", "es")):
        claim(
            RISK, f"{TITLES[_law]}, {_short}, 99 %", _printed[_place], QRM,
            key=f"risk_measures/{_law}/{_short}", absolute=1e-3,
        )(lambda risk=_risk, place=_place: risk()[place])  # fmt: skip


NEARLY_ALL = 40.0  # of losses above a bound, all but e⁻⁴⁰


def layer_loss(law: object, attachment: float, limit: float) -> float:
    """Return the expected payment of a layer, its rule integrated over the law of the loss.

    Integrated over t = −ln P(L > x), so that heavy tails and high limits are no spike at the end of an interval.
    """
    begin, end = (-law.logsf(loss) for loss in (attachment, attachment + limit))  # type: ignore[attr-defined]
    cuts = [begin, min(begin + NEARLY_ALL, end), end, np.inf]

    def paid(t: float) -> float:
        survival = np.exp(-t)
        return float(excess_of_loss(law.isf(survival), attachment, limit) * survival)  # type: ignore[attr-defined]

    return sum(quad(paid, a, b, epsabs=0.0, epsrel=1e-10)[0] for a, b in pairwise(cuts) if a < b)


LIMITED = "limited expected values; Klugman, Panjer, Willmot, Loss Models, appendix A"
for _case, (_name, _law, _layer, _mean) in enumerate(
    (
        ("lognormal(0, 1)", lognorm(1.0), (1.0, 4.0), 0.7089479894),
        ("Lomax(3, 2000)", lomax(3.0, scale=2000.0), (500.0, 4500.0), 558.3673469),
        ("exponential(1)", expon(), (1.0, 2.0), 0.3180923728),
    )
):
    claim(
        LAYERS, f"expected loss of {_layer[1]:g} xs {_layer[0]:g}, {_name}", _mean, LIMITED,
        key=f"layers/cases/{_case}/expected", relative=1e-8,
    )(lambda law=_law, layer=_layer: layer_loss(law, *layer))  # fmt: skip


@claim(HOUSE, "own capital pays, EUR M", 7, NASDAQ, key="ccp_waterfall/own_capital_pays")
def house_pays() -> float:
    """Before the members."""
    return waterfall(114.0, np.array([7.0, 166.0]))[0]


@claim(HOUSE, "members pay, EUR M", 107, NASDAQ, key="ccp_waterfall/members_pay")
def members_pay() -> float:
    """Out of their default fund of 166."""
    return waterfall(114.0, np.array([7.0, 166.0]))[1]


@claim(HOUSE, "members lose, %", 64.46, NASDAQ, key="ccp_waterfall/members_lose_percent", absolute=0.005)
def members_lose() -> float:
    """Of what they contributed."""
    return 100.0 * members_pay() / 166.0


@claim(HOUSE, "left of the members' fund, EUR M", 59, NASDAQ, key="ccp_waterfall/fund_left")
def fund_left() -> float:
    """After the loss."""
    return 166.0 - members_pay()
