"""The reference workload's numbers, state and draws, shared by both ways of running it.

See :mod:`experiments.benchmark.reference` for the workload itself.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.core.kernel import lean_rule
from agents.core.random import key_at, uniform_at

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
FAN = 32  # rows of a block, and blocks of a group; measured fastest of 16, 32 and 64 here


class State(NamedTuple):
    """The workload's state: a row of each column for the longs, in even slots, and one for the shorts, in odd ones.

    The **edge** of a position of size q and level ℓ (:mod:`agents.account.position`) is s ℓ, s the sign of q: longs and
    shorts alike are liquidated when theirs is above a limit. Places beyond the last account are empty and fill the last
    group.
    """

    number: int  # accounts
    edge: np.ndarray  # (2, places) USD per contract, -inf where empty
    size: np.ndarray  # (2, places) contracts, short < 0
    worst: np.ndarray  # (2, blocks) USD per contract, no less than any edge of the block
    highest: np.ndarray  # (2, groups) USD per contract, no less than any edge of the group
    market: np.ndarray  # (3,) price USD per contract, funding index USD per contract, fund USD of either sign

    def copied(self) -> "State":
        """Return a copy that shares no array."""
        return State(self.number, *(column.copy() for column in self[1:]))

    def by_slot(self) -> tuple[np.ndarray, np.ndarray]:
        """Return size, contracts, and level, USD per contract, of every account, (number,) each."""
        signed = np.array([[1.0], [-1.0]])
        size, level = (column.T.ravel()[: self.number] for column in (self.size, signed * self.edge))
        return size, level


class Keys(NamedTuple):
    """Keys of the accounts' draws, of all steps or of one."""

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


@lean_rule
def keys_at(keys: Keys, step: int) -> Keys:
    """Return the keys of one step's draws."""
    return Keys(key_at(keys.leverage, step), key_at(keys.collateral, step))


@lean_rule
def drawn_leverage(keys: Keys, slot: int) -> float:
    """Return the leverage of a position opened in the step of `keys`, uniform in 2 … 15."""
    return 2.0 + 13.0 * uniform_at(keys.leverage, slot)


@lean_rule
def drawn_collateral(keys: Keys, slot: int) -> float:
    """Return the collateral of a position opened in the step of `keys`, uniform in 500 … 1 500 USD."""
    return 500.0 + 1000.0 * uniform_at(keys.collateral, slot)


@lean_rule
def moved_price(price: float, contracts: float, number: int) -> float:
    """Return the price after `contracts` of positions were closed, longs less shorts, equation (1)."""
    return price * (1.0 - IMPACT * contracts * price / (number * MEAN_COLLATERAL))


def empty_state(number: int) -> State:
    """Return the state before any account is open."""
    groups = -(-((number + 1) // 2) // FAN**2)
    size = np.zeros((2, groups * FAN**2))
    edge, worst, highest = (np.full((2, groups * width), -np.inf) for width in (FAN**2, FAN, 1))
    return State(number, edge, size, worst, highest, np.array([START_PRICE, 0.0, 0.0]))


def empty_series(steps: int) -> Series:
    """Return room for the series of `steps` steps."""
    return Series(np.zeros(steps), np.zeros(steps), np.zeros(steps, np.int64), np.zeros(steps, np.int64))
