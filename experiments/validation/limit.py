"""Claims about capital and pools put to the whole model, reduced by configuration to the setting of the source.

Many protocols make one run: each fund, or each pool of a clustered structure, is one draw of the closed form. Losses
are exploits on the tape, in millions; capital is the run's own, paid out by its waterfall.
"""

from functools import cache
from typing import Any

import mesa
import numpy as np
from scipy.special import ndtr

from agents.exchange.exchange import Exchange
from agents.reinsurer.reinsurer import MINUTES_PER_YEAR
from experiments.statistics.statistic import Interval
from experiments.validation.capital import GAMMA, IBRAGIMOV, LUNDBERG, STREAMS, exponential_losses, stable
from experiments.validation.claim import SEED, claim, simulated
from experiments.validation.ecosystem import BARE, bare, hit
from experiments.validation.venue import LOSS_VERSUS, bought_to
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.extent import MINUTES_A_DAY

POOLING, TRAP = "Pooling, by the whole model", "Diversification trap, by the whole model"
RUIN, POOL = "Ruin, by the whole model", "Constant-product pool, by the whole model"
UNIT = 1_000.0  # USD of a unit of loss
INTEREST = BARE["protocol.open_interest"][0] / UNIT
RICH: dict[str, Any] = {"exposure.graph": "none", "protocol.treasury_ratio": 100.0}  # treasuries pay what funds leave


def uncovered(losses: np.ndarray, capital: float, pooled: bool) -> np.ndarray:
    """Return what funds of `capital` leave of one loss each, in thousands, both (worlds, members).

    Members of a world share a pool, or each has a fund of its own.
    """
    worlds, members = losses.shape
    terms = {"backstop.capital_ratio": capital / INTEREST, "backstop.structure": "isolated"}
    if pooled:
        pots = tuple(np.repeat(np.arange(worlds), members).tolist())
        terms |= {"backstop.structure": "clustered", "backstop.cluster": pots}
    ecosystem = hit(bare(RICH | terms, losses.size), UNIT * losses.ravel())
    return ecosystem.protocol.uncovered.reshape(losses.shape) / UNIT


@claim(
    POOLING, "expected shortfall of two isolated funds, and of their pool", 0.2706705665 - 0.1098938333,
    f"{GAMMA}: 2 e⁻² − 6 e⁻⁴",
)  # fmt: skip
def saved_by_pooling() -> Interval:
    """Return the mean difference of uncovered loss, on the same losses."""
    losses = exponential_losses("whole.pooling", 1000, 2)
    alone, together = (uncovered(losses, 2.0, pooled).sum(axis=1) for pooled in (False, True))
    return simulated(alone - together)


def pool_fails(alpha: float, level: float = 0.25, worlds: int = 200, members: int = 10, shift: float = 1e5) -> Interval:
    """Return how often a pool fails whose members would fail at `level` alone, losses stable.

    A loss may be a gain: a constant is added to every loss and to every fund, which changes nobody's failure.

    Parameters
    ----------
    alpha : stability index of losses, in (0, 2].
    level : probability that a member fails alone.
    worlds : draws.
    members : of the pool.
    shift : constant that is added to every loss and every fund.
    """
    losses = stable(alpha, STREAMS.uniform(f"validation.whole.trap.{alpha}", size=(worlds, members)))
    capital = float(stable(alpha, np.array(1.0 - level)))
    left = uncovered(np.maximum(losses, -shift) + shift, capital + shift, pooled=True)
    return simulated(left.sum(axis=1) > 1e-6)


def failing(alpha: float, level: float = 0.25, members: int = 10) -> float:
    """Return the probability of it: that a loss exceeds its quantile over n^(1/α − 1)."""
    bound = float(stable(alpha, np.array(1.0 - level))) * members ** (1.0 - 1.0 / alpha)
    survival = {
        2.0: lambda x: 1.0 - ndtr(x),
        1.0: lambda x: 0.5 - np.arctan(x) / np.pi,
        0.5: lambda x: 2.0 * ndtr(x**-0.5) - 1.0,
    }
    return float(survival[alpha](bound))


for _alpha in (2.0, 1.0, 0.5):
    claim(
        TRAP, f"ten pooled funds, each failing at 25 % alone: the pool fails, stable losses, α = {_alpha:g}",
        failing(_alpha), IBRAGIMOV,
    )(lambda alpha=_alpha: pool_fails(alpha))  # fmt: skip


def ruined(funds: np.ndarray, premium: float, horizon: float, steps: int) -> np.ndarray:
    """Return which funds, (paths,) thousands, are ruined by then: claims of mean 1, one a time unit, against `premium`.

    Arrivals are the tape's own, claims exponential; income is the contribution of the treasury on open interest, paid
    step by step. A step stands for `horizon` / `steps` time units.

    Parameters
    ----------
    funds : (paths,) thousands of USD at the start.
    premium : income, mean claims a time unit.
    horizon : time units.
    steps : into which they are divided.
    """
    unit, paths = horizon / steps, len(funds)
    terms = RICH | {
        "steps": steps, "trader.number": 1, "trader.long_share": 1.0, "trader.attention": 0.0,
        "trader.alert_attention": 0.0, "market.interest": 0.0,
        "backstop.structure": "isolated", "backstop.allotment": "expected_loss",
        "backstop.expected_loss": tuple(funds.tolist()), "backstop.capital_ratio": funds.mean() / INTEREST,
        "fund.contribution_rate": (premium * unit / INTEREST * MINUTES_PER_YEAR,),
        "shock.exploit_share": 1.0 / INTEREST, "shock.exploit_intensity": -np.log1p(-unit) * MINUTES_A_DAY,
    }  # fmt: skip
    ecosystem = bare(terms, paths)
    claims = ecosystem.tape.exploit * exponential_losses(f"whole.ruin.{premium}", steps, paths)
    ecosystem.tape = ecosystem.tape._replace(exploit=claims, log_return=np.zeros_like(ecosystem.tape.log_return))
    ecosystem.run_for(steps)
    return np.array(ecosystem.protocol.exhausted_step >= 0)


@claim(
    RUIN, "probability of ruin of a fund of 5 by time 10, loading 20 %", 0.15798276, LUNDBERG,
    key="ruin/cases/1/finite_horizon/10",
)  # fmt: skip
def ruin_by_ten() -> Interval:
    """Take steps of a fiftieth of a time unit."""
    return simulated(ruined(np.full(1000, 5.0), 1.2, 10.0, 500))


@cache
def ruined_ever() -> np.ndarray:
    """Return which funds of 0, 1 and 2 are ruined within 30 time units, (3, paths); later ruins are some 1e-4."""
    return ruined(np.tile([0.0, 1.0, 2.0], 1000), 2.0, 30.0, 1200).reshape(-1, 3).T


for _fund in range(3):
    _psi = float(0.5 * np.exp(-0.5 * _fund))
    claim(RUIN, f"probability of ruin ever of a fund of {_fund}, loading 100 %", _psi, LUNDBERG)(
        lambda fund=_fund: simulated(ruined_ever()[fund])
    )


class Arbitrageur(mesa.Agent):
    """Trades a pool to the outside price in every step, whatever the price.

    Parameters
    ----------
    exchange : whose vault is the pool.
    path : (steps,) outside prices, USD per contract.
    """

    def __init__(self, model: Ecosystem, exchange: Exchange, path: np.ndarray) -> None:
        super().__init__(model)
        self.exchange, self.path = exchange, path
        self.account = exchange.open_account(collateral=1e15)

    def step(self) -> None:
        """Buy or sell until the pool quotes the outside price."""
        gap = np.log(self.path[self.model.clock] / self.exchange.mark)
        depth = self.model.market.depth[self.exchange.book]
        self.exchange.trade(self.account, bought_to(gap) * depth)


POOLS = 5
CONSTANT_PRODUCT: dict[str, Any] = {
    "price.process": "gbm", "market.impact": "constant_product", "market.permanent_share": 1.0, "market.interest": 0.0,
    "market.depth_volatility": 0.0, "asset.half_spread_bp": (0.0,), "exchange.trading_fee": 0.0, "trader.number": 0,
    "keeper.number": 0, "protocol.number": POOLS, "protocol.open_interest": (1e8,),
    "protocol.listings": (1,), "asset.depth_per_oi": (6.0,),
    "asset.name": tuple("ABCDE"), "asset.initial_price": (100.0,), "asset.correlation": 0.0, "minutes": 3.0,
    "steps": 480, "exposure.graph": "none", "provider.number": 1, "provider.tolerance": 1e6,
    "protocol.vault_ratio": 1.0,
}  # fmt: skip


def pool_losses(volatility: float, day: int) -> list[float]:
    """Return what each pool loses in a day against rebalancing at the outside price, over its value, in bp.

    Fundamentals stand still: only arbitrageurs, who know the outside prices, move the pools, at once and all the way.
    What the vault's contracts gain by the price is what rebalancing would have gained.
    """
    scenario = Scenario().replace(CONSTANT_PRODUCT | {"seed": SEED, "asset.daily_volatility": (volatility,)})
    ecosystem = Ecosystem(scenario, day)
    outside = ecosystem.tape.initial_price * np.exp(ecosystem.tape.log_return.cumsum(axis=0))
    ecosystem.tape = ecosystem.tape._replace(log_return=np.zeros_like(outside))
    for i, exchange in enumerate(ecosystem.agents_by_type[Exchange]):
        Arbitrageur(ecosystem, exchange, outside[:, i])
    before, held = ecosystem.vault_equity(), np.zeros(POOLS)
    for prices, last in zip(outside, np.vstack([ecosystem.tape.initial_price, outside[:-1]]), strict=True):
        held += ecosystem.exchange.vault_size * (prices - last)
        ecosystem.step()
    worth = 4.0 * ecosystem.exchange.supplied_depth  # a pool is worth 4 depths
    return (1e4 * (before + held - ecosystem.vault_equity()) / worth).tolist()


@claim(
    POOL, "loss versus rebalancing at 5 % a day, bp a day", 3.125, LOSS_VERSUS,
    key="constant_product/loss_versus_rebalancing/bp_per_day",
)  # fmt: skip
def loss_versus_rebalancing() -> Interval:
    """Four days of five pools."""
    return simulated([lost for day in range(4) for lost in pool_losses(0.05, day)])
