"""The reference workload: a fixed exercise of the engine's own kernels, by which its speed is measured.

N accounts at one venue, every other one short, each opened at the market with leverage λ uniform in 2 … 15 and
collateral c uniform in 500 … 1 500 USD, so q = ± λ c / p contracts. One step:

1. the price moves by a geometric Brownian motion with 0.5 % a step;
2. every position pays funding, r p per contract (longs to shorts);
3. the accounts whose turn it is withdraw and open again, all of them once in ``TURN`` steps, in order of slot, so that
   the book does not empty;
4. in up to ``ROUNDS`` rounds the positions below maintenance margin are closed at the mark price, what they leave or
   owe goes to one fund, and they open again at once; the net notional then moves the price in proportion,

       p ← p (1 + α Σ(−q) p / (N × 1 000 USD)),                                                (1)

   and all are tested again.

Steps, accounts and price path are the same for :mod:`experiments.reference_mesa`, which does the same work with one
Mesa agent per account. Here levels, thresholds, blocks and draws are those of :mod:`agents.account`,
:mod:`agents.position` and :mod:`agents.hash`, as in the full model, and a whole run is one kernel.
"""

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.account import BLOCK, in_danger, make_accounts, make_blocks, refresh_block
from agents.hash import uniform
from agents.kernel import kernel, rule
from agents.position import equity, level, long_threshold, short_threshold

VOLATILITY = 0.005  # 1 per step, log
FUNDING = 1e-5  # 1 per step, of notional, paid by longs
MAINTENANCE = 0.05  # 1, of notional
IMPACT = 0.003  # 1, relative move of the price per N x 1,000 USD of liquidated notional
MEAN_COLLATERAL = 1000.0  # USD
START_PRICE = 100.0  # USD per contract
TURN = 200  # steps between two withdrawals of an account
ROUNDS = 20  # at most, per step
BURN_IN = 400  # steps

Market = np.dtype(
    [
        ("price", "f8"),  # USD per contract, > 0
        ("funding_index", "f8"),  # USD per contract, cumulative, owed by a long
        ("fund", "f8"),  # USD, either sign
        ("step", "i8"),  # steps done
    ],
    align=True,
)
Series = namedtuple("Series", ["price", "fund", "liquidations", "rounds"])


class State(NamedTuple):
    """The workload's state."""

    accounts: Any  # table of agents.account, rows a multiple of BLOCK
    blocks: Any  # blocks of agents.account
    market: Any  # record array of one row
    number: int  # accounts, the remaining rows are empty
    leverage_key: np.uint64
    collateral_key: np.uint64


def log_returns(seed: int, steps: int) -> np.ndarray:
    """Return the price's log returns, (steps,), of a driftless geometric Brownian motion."""
    draws = np.random.default_rng(seed).random(steps)
    return VOLATILITY * ndtri(np.maximum(draws, 1e-300)) - 0.5 * VOLATILITY**2


@rule
def draw_leverage(key: np.uint64, step: int, slot: int) -> float:
    """Return the leverage of an account opened in `step`, uniform in 2 … 15."""
    return 2.0 + 13.0 * uniform(key, step, slot)


@rule
def draw_collateral(key: np.uint64, step: int, slot: int) -> float:
    """Return the collateral of an account opened in `step`, uniform in 500 … 1 500 USD."""
    return 500.0 + 1000.0 * uniform(key, step, slot)


@rule
def moved_price(price: float, contracts: float, number: int) -> float:
    """Return the price after a net `contracts` of closed positions were sold, equation (1)."""
    return price * (1.0 - IMPACT * contracts * price / (number * MEAN_COLLATERAL))


@rule
def first_in_turn(number: int, step: int) -> int:
    """Return the first slot whose turn to withdraw comes in `step`; those before the first of the next step follow."""
    return number * step // TURN


@rule
def open_position(accounts, row, price, funding, leverage, collateral):
    side = 1.0 - 2.0 * (row & 1)
    size = side * leverage * collateral / price
    accounts.size[row], accounts.entry_price[row], accounts.entry_funding[row] = size, price, funding
    accounts.collateral[row] = collateral
    accounts.level[row] = level(collateral, size, price, funding)


@rule
def reopen(state, row, price, funding, step):
    open_position(state.accounts, row, price, funding, draw_leverage(state.leverage_key, step, row), draw_collateral(state.collateral_key, step, row))

@rule
def rotate(state, step, price, funding):
    first, last = first_in_turn(state.number, step % TURN), first_in_turn(state.number, step % TURN + 1)
    for row in range(first, last):
        reopen(state, row, price, funding, step)
    if last > first:
        for block in range(first // BLOCK, (last - 1) // BLOCK + 1):
            refresh_block(state.accounts, state.blocks, block)

@rule
def close_block(state, block, price, funding, long_limit, short_limit, step):
    accounts = state.accounts
    closed, contracts, left = 0, 0.0, 0.0
    for row in range(block * BLOCK, block * BLOCK + BLOCK):
        if in_danger(accounts.size[row], accounts.level[row], long_limit, short_limit):
            left += equity(accounts.collateral[row], accounts.size[row], accounts.entry_price[row], price, funding - accounts.entry_funding[row])
            contracts += accounts.size[row]
            closed += 1
            reopen(state, row, price, funding, step)
    refresh_block(accounts, state.blocks, block)
    return closed, contracts, left

@rule
def sweep(state, price, funding, step):
    long_limit, short_limit = long_threshold(price, MAINTENANCE, funding), short_threshold(price, MAINTENANCE, funding)
    blocks = state.blocks
    closed, contracts, left = 0, 0.0, 0.0
    for block in range(blocks.worst_long.shape[0]):
        if blocks.worst_long[block] <= long_limit and blocks.worst_short[block] >= short_limit:
            continue
        c, q, e = close_block(state, block, price, funding, long_limit, short_limit, step)
        closed += c
        contracts += q
        left += e
    return closed, contracts, left

@kernel
def run(state, returns, series):
    market = state.market
    price, funding, fund = market.price[0], market.funding_index[0], market.fund[0]
    begin = market.step[0]
    for t in range(returns.shape[0]):
        step = begin + t
        price *= np.exp(returns[t])
        funding += FUNDING * price
        rotate(state, step, price, funding)
        total = rounds = 0
        while rounds < ROUNDS:
            closed, contracts, left = sweep(state, price, funding, step)
            if closed == 0:
                break
            fund += left
            total += closed
            price = moved_price(price, contracts, state.number)
            rounds += 1
        series.price[t], series.fund[t], series.liquidations[t], series.rounds[t] = price, fund, total, rounds
    market.price[0], market.funding_index[0], market.fund[0] = price, funding, fund
    market.step[0] = begin + returns.shape[0]

@kernel
def fill_all(state):
    for row in range(state.number):
        reopen(state, row, state.market.price[0], 0.0, -1)
    for block in range(state.blocks.worst_long.shape[0]):
        refresh_block(state.accounts, state.blocks, block)


def make_state(number, seed=0):
    rows = -(-number // BLOCK) * BLOCK
    market = np.zeros(1, Market).view(np.recarray)
    market.price[0] = START_PRICE
    s = State(make_accounts(rows), make_blocks(rows), market, number, np.uint64(seed * 2 + 1), np.uint64(seed * 2 + 2))
    fill_all(s)
    return s

def make_series(n):
    return Series(np.zeros(n), np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64))
