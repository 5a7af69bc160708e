"""The reference workload's numbers, state and draws, shared by both ways of running it.

See :mod:`experiments.benchmark.reference` for the workload itself.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.core.kernel import rule
from agents.core.random import uniform

VOLATILITY = 0.005  # 1 per step, log
FUNDING = 1e-5  # 1 per step, of notional, paid by longs
MAINTENANCE = 0.05  # 1, of notional
IMPACT = 0.003  # 1, fall of the price per N x 1,000 USD of longs closed, net
MEAN_COLLATERAL = 1000.0  # USD
START_PRICE = 100.0  # USD per contract
TURN = 200  # steps between two withdrawals of an account
ROUNDS = 20  # at most, per step
BURN_IN = 400  # steps
SEED = 5  # its steps after the burn-in are typical: 0.22 % of accounts liquidated in a step, 0.23 % in the long run
OPENING = 1 << 32  # the step that keys the draws of the start, beyond all others
BLOCK = 16  # rows; measured fastest of 8, 16, 32 and 64 here


class State(NamedTuple):
    """The workload's state; rows beyond `number` are empty and fill the last block."""

    number: int  # accounts
    block_size: int  # rows of a block; a variable, as the compiler makes slower code of a constant
    size: np.ndarray  # (rows,) contracts, short < 0
    entry_price: np.ndarray  # (rows,) USD per contract, > 0
    entry_funding: np.ndarray  # (rows,) USD per contract, funding index at entry
    collateral: np.ndarray  # (rows,) USD, >= 0
    level: np.ndarray  # (rows,) USD per contract, see agents.account.position
    worst_long: np.ndarray  # (blocks,) USD per contract, -inf without longs
    worst_short: np.ndarray  # (blocks,) USD per contract, +inf without shorts
    market: np.ndarray  # (3,) price USD per contract, funding index USD per contract, fund USD of either sign
    suspect: np.ndarray  # (blocks,) scratch: blocks that may hold an endangered row
    flagged: np.ndarray  # (rows + 1,) scratch: endangered rows

    def copied(self) -> "State":
        """Return a copy that shares no array."""
        return State(self.number, self.block_size, *(column.copy() for column in self[2:]))


class Keys(NamedTuple):
    """Keys of the accounts' draws."""

    leverage: np.uint64
    collateral: np.uint64


class Series(NamedTuple):
    """What a run records, step by step."""

    price: np.ndarray  # (steps,) USD per contract, at the end of the step
    fund: np.ndarray  # (steps,) USD, either sign
    liquidations: np.ndarray  # (steps,) positions closed
    rounds: np.ndarray  # (steps,) rounds in which a position was closed


def draw_keys(seed: int) -> Keys:
    """Return the keys of the accounts' draws."""
    return Keys(*(np.uint64(word) for word in np.random.SeedSequence(seed).generate_state(2, np.uint64)))


def log_returns(seed: int, steps: int) -> np.ndarray:
    """Return log returns of a driftless geometric Brownian motion, (steps,), by inverse transform."""
    uniforms = np.random.default_rng([seed, 1]).random(steps)
    return VOLATILITY * ndtri(np.maximum(uniforms, 1e-300)) - 0.5 * VOLATILITY**2


@rule
def drawn_leverage(keys: Keys, step: int, slot: int) -> float:
    """Return the leverage of a position opened in `step`, uniform in 2 … 15."""
    return 2.0 + 13.0 * uniform(keys.leverage, step, slot)


@rule
def drawn_collateral(keys: Keys, step: int, slot: int) -> float:
    """Return the collateral of a position opened in `step`, uniform in 500 … 1 500 USD."""
    return 500.0 + 1000.0 * uniform(keys.collateral, step, slot)


@rule
def moved_price(price: float, contracts: float, number: int) -> float:
    """Return the price after `contracts` of positions were closed, longs less shorts, equation (1)."""
    return price * (1.0 - IMPACT * contracts * price / (number * MEAN_COLLATERAL))


def empty_state(number: int) -> State:
    """Return the state before any account is open."""
    blocks = -(-number // BLOCK)
    columns = tuple(np.zeros(blocks * BLOCK) for _ in range(5))
    worst = tuple(np.full(blocks, extreme) for extreme in (-np.inf, np.inf))
    market = np.array([START_PRICE, 0.0, 0.0])
    return State(
        number,
        BLOCK,
        *columns,  # type: ignore[call-arg]
        *worst,
        market,
        np.zeros(blocks, np.int64),
        np.zeros(blocks * BLOCK + 1, np.int64),
    )


def empty_series(steps: int) -> Series:
    """Return room for the series of `steps` steps."""
    return Series(np.zeros(steps), np.zeros(steps), np.zeros(steps, np.int64), np.zeros(steps, np.int64))
