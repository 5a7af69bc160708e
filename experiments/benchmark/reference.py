"""The reference workload: a fixed exercise of the engine's own rules, by which its speed is measured.

N accounts at one venue, every other one short, each opened at the market with leverage λ uniform in 2 … 15 and
collateral c uniform in 500 … 1 500 USD, so q = ± λ c / p contracts. One step:

1. the price moves by a geometric Brownian motion with 0.5 % a step;
2. every position pays funding, r p per contract (longs to shorts);
3. the accounts whose turn it is withdraw and open again, all of them once in ``TURN`` steps, in order of slot, so that
   the book does not empty;
4. in up to ``ROUNDS`` rounds the positions below maintenance margin are closed at the mark price, what they leave or
   owe goes to one fund, and they open again at once; then the contracts closed, Q net, move the price in proportion,

       p ← p (1 − α Q p / (N × 1 000 USD)),                                                    (1)

   and all are tested again.

Draws are keyed by account and step, so that :mod:`experiments.benchmark.reference_mesa` can do the same work with one
Mesa agent per account. Here levels, thresholds, extremes and draws are those of :mod:`agents.account.position`,
:mod:`agents.account.account`, :mod:`agents.core.extreme` and :mod:`agents.core.random`, as in the full model. Three
passes, each a tight loop, make a round: blocks that may hold an endangered row, endangered rows, their closing.
"""

import numpy as np

from agents.account.account import in_danger
from agents.account.position import equity, level, long_threshold, short_threshold
from agents.core.extreme import extremes
from agents.core.kernel import kernel, rule
from experiments.benchmark.workload import (
    FUNDING,
    MAINTENANCE,
    OPENING,
    ROUNDS,
    TURN,
    Keys,
    Series,
    State,
    drawn_collateral,
    drawn_leverage,
    empty_series,
    empty_state,
    moved_price,
)


@rule
def open_row(state: State, keys: Keys, step: int, row: int, price: float, funding: float) -> None:
    """Open a position at the market: long in even slots, short in odd ones."""
    collateral = drawn_collateral(keys, step, row)
    size = (1.0 - 2.0 * (row & 1)) * drawn_leverage(keys, step, row) * collateral / price
    state.size[row], state.entry_price[row], state.entry_funding[row] = size, price, funding
    state.collateral[row] = collateral
    state.level[row] = level(collateral, size, price, funding)


@rule
def refresh(state: State, block: int) -> None:
    """Recompute the extremes of one block."""
    first = block * state.block_size
    state.worst_long[block], state.worst_short[block] = extremes(
        state.size, state.level, first, first + state.block_size
    )


@rule
def open_rows(state: State, keys: Keys, step: int, first: int, last: int, price: float, funding: float) -> None:
    """Open rows first … last − 1 and refresh their blocks."""
    for row in range(first, last):
        open_row(state, keys, step, row, price, funding)
    if last > first:
        for block in range(first // state.block_size, (last - 1) // state.block_size + 1):
            refresh(state, block)


@rule
def withdraw_in_turn(state: State, keys: Keys, step: int, price: float, funding: float) -> None:
    """Let the accounts whose turn it is withdraw and open again: slots N s / T … N (s + 1) / T − 1, s = step mod T."""
    turn = step % TURN
    first, last = -(-state.number * turn // TURN), -(-state.number * (turn + 1) // TURN)
    open_rows(state, keys, step, first, last, price, funding)


@rule
def suspect_blocks(state: State, long_limit: float, short_limit: float) -> int:
    """Write the blocks whose extremes are not safe into `state.suspect`; return how many there are."""
    found = 0
    for block in range(state.worst_long.shape[0]):
        state.suspect[found] = block
        found += (state.worst_long[block] > long_limit) | (state.worst_short[block] < short_limit)
    return found


@rule
def flag_rows(state: State, suspects: int, long_limit: float, short_limit: float) -> int:
    """Write the rows below maintenance margin into `state.flagged`, in order of slot; return how many there are."""
    found = 0
    for position in range(suspects):
        first = state.suspect[position] * state.block_size
        for row in range(first, first + state.block_size):
            state.flagged[found] = row
            found += in_danger(state.size[row], state.level[row], long_limit, short_limit)
    return found


@rule
def close_flagged(state: State, keys: Keys, step: int, found: int, price: float, funding: float) -> tuple[float, float]:
    """Close the flagged positions and open them again; return net contracts closed and their equity, USD."""
    contracts = left = 0.0
    for position in range(found):
        row = state.flagged[position]
        size, owed = state.size[row], funding - state.entry_funding[row]
        contracts += size
        left += equity(state.collateral[row], size, state.entry_price[row], price, owed)
        open_row(state, keys, step, row, price, funding)
    return contracts, left


@rule
def liquidation_round(state: State, keys: Keys, step: int, price: float, funding: float) -> tuple[int, float, float]:
    """Flag and close; return how many positions were closed, their net contracts and their equity, USD."""
    long_limit = long_threshold(price, MAINTENANCE, funding)
    short_limit = short_threshold(price, MAINTENANCE, funding)
    suspects = suspect_blocks(state, long_limit, short_limit)
    found = flag_rows(state, suspects, long_limit, short_limit)
    contracts, left = close_flagged(state, keys, step, found, price, funding)
    for position in range(suspects):
        refresh(state, state.suspect[position])
    return found, contracts, left


@rule
def liquidate(state: State, keys: Keys, step: int, price: float, funding: float) -> tuple[float, float, int, int]:
    """Run rounds until nobody is flagged; return price, change of the fund, positions closed and rounds."""
    fund, total, rounds = 0.0, 0, 0
    while rounds < ROUNDS:
        closed, contracts, left = liquidation_round(state, keys, step, price, funding)
        if closed == 0:
            break
        price = moved_price(price, contracts, state.number)
        fund += left
        total += closed
        rounds += 1
    return price, fund, total, rounds


@kernel
def run(state: State, keys: Keys, begin: int, factors: np.ndarray, series: Series) -> None:
    """Run steps begin, begin + 1, …, one per price factor exp(log return), and record them."""
    price, funding, fund = state.market
    for i in range(factors.shape[0]):
        price *= factors[i]
        funding += FUNDING * price
        withdraw_in_turn(state, keys, begin + i, price, funding)
        price, change, closed, rounds = liquidate(state, keys, begin + i, price, funding)
        fund += change
        series.price[i], series.fund[i], series.liquidations[i], series.rounds[i] = (
            price,
            fund,
            closed,
            rounds,
        )
    state.market[0], state.market[1], state.market[2] = price, funding, fund


@kernel
def open_all(state: State, keys: Keys) -> None:
    """Open all accounts."""
    open_rows(state, keys, OPENING, 0, state.number, state.market[0], state.market[1])


def make_state(number: int, keys: Keys) -> State:
    """Return the workload's state at the start, all accounts open."""
    state = empty_state(number)
    open_all(state, keys)
    return state


def advance(state: State, keys: Keys, begin: int, returns: np.ndarray) -> Series:
    """Run one step per log return from step `begin`, change `state`, and return the series.

    Parameters
    ----------
    state : of the reference model, written in place.
    keys : of its random numbers.
    begin : first step.
    returns : (steps,) log returns.
    """
    series = empty_series(len(returns))
    run(state, keys, begin, np.exp(returns), series)
    return series
