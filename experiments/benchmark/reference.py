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
Mesa agent per account. Level, thresholds, equity and draws are those of :mod:`agents.account.position` and
:mod:`agents.core.random`, as in the full model.

Two columns decide all: a position's size q and its level ℓ, for equity is q (p − ℓ) − q Φ, that of a position without
collateral entered at its level. Longs and shorts stand apart, and each keeps s ℓ, its edge
(:class:`experiments.benchmark.workload.State`), so that one comparison tests it. A block of ``FAN`` places keeps a
number no less than any of its edges, a group of ``FAN`` blocks another: whatever is not above the limit is passed
over. Opening raises these numbers, a visit brings them down to what is there.

Places are unsigned: to every signed index numba adds a test whether it counts from the end.
"""

import numpy as np

from agents.account.position import equity, level, long_threshold, short_threshold
from agents.core.kernel import lean_kernel, lean_rule
from experiments.benchmark.workload import (
    FAN,
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
    keys_at,
    moved_price,
)

LONGS, SHORTS, SIDES, WIDTH = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(FAN)


@lean_rule
def signed(side: int, value: float) -> float:
    """Return `value` for the longs and −`value` for the shorts."""
    return -value if side else value


@lean_rule
def open_place(state: State, keys: Keys, side: int, place: int, price: float, funding: float) -> float:
    """Open a position at the market; return its edge, USD per contract.

    Parameters
    ----------
    state : of the workload; size and edge are written.
    keys : of the step's draws.
    side : 0 longs, 1 shorts.
    place : the account's place on that side.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    slot = SIDES * place + side
    collateral = drawn_collateral(keys, slot)
    size = signed(side, drawn_leverage(keys, slot) * collateral / price)
    edge = signed(side, level(collateral, size, price, funding))
    state.size[side, place], state.edge[side, place] = size, edge
    return edge


@lean_rule
def raise_bounds(state: State, side: int, place: int, edge: float) -> None:
    """Raise the bounds of block and group to the edge of a position just opened.

    Parameters
    ----------
    state : of the workload; the bounds are written.
    side : 0 longs, 1 shorts.
    place : the account's place on that side.
    edge : USD per contract, of the new position.
    """
    block = place // WIDTH
    group = block // WIDTH
    state.worst[side, block] = max(state.worst[side, block], edge)
    state.highest[side, group] = max(state.highest[side, group], edge)


@lean_rule
def open_slots(state: State, keys: Keys, first: int, last: int, price: float, funding: float) -> None:
    """Open the accounts of slots first … last − 1.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    first, last : first slot, and the one after the last.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    for side in range(SIDES):
        for place in range((first + SHORTS - side) // SIDES, (last + SHORTS - side) // SIDES):
            raise_bounds(state, side, place, open_place(state, keys, side, place, price, funding))


@lean_rule
def withdraw_in_turn(state: State, keys: Keys, step: int, price: float, funding: float) -> None:
    """Let the accounts whose turn it is withdraw and open again: slots N s / T … N (s + 1) / T − 1, s = step mod T.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    step : present step.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    turn = step % TURN
    first, last = -(-state.number * turn // TURN), -(-state.number * (turn + 1) // TURN)
    open_slots(state, keys, np.uint64(first), np.uint64(last), price, funding)


@lean_rule
def close_place(
    state: State, keys: Keys, side: int, place: int, price: float, funding: float
) -> tuple[float, float, float]:
    """Close a position and open it again; return contracts closed, their equity, USD, and the new edge.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    side : 0 longs, 1 shorts.
    place : the account's place on that side.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.

    Returns
    -------
    Contracts, short < 0; equity, USD, either sign; new edge, USD per contract.
    """
    size = state.size[side, place]
    own = equity(0.0, size, signed(side, state.edge[side, place]), price, funding)
    return size, own, open_place(state, keys, side, place, price, funding)


@lean_rule
def close_block(
    state: State, keys: Keys, side: int, block: int, limit: float, price: float, funding: float
) -> tuple[int, float, float, float]:
    """Close what is above the limit in a block; return as :func:`close_group`.

    Parameters
    ----------
    state : of the workload; sizes and edges are written.
    keys : of the step's draws.
    side : 0 longs, 1 shorts.
    block : its number on that side.
    limit : USD per contract, edge above which a position is closed.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    closed, contracts, left, worst = 0, 0.0, 0.0, -np.inf
    for place in range(block * WIDTH, block * WIDTH + WIDTH):
        edge = state.edge[side, place]
        if edge > limit:
            size, own, edge = close_place(state, keys, side, place, price, funding)
            closed, contracts, left = closed + 1, contracts + size, left + own
        worst = max(worst, edge)
    return closed, contracts, left, worst


@lean_rule
def close_group(
    state: State, keys: Keys, side: int, group: int, limit: float, price: float, funding: float
) -> tuple[int, float, float, float]:
    """Close what is above the limit in a group; return positions closed, contracts, equity, USD, and highest edge.

    Parameters
    ----------
    state : of the workload; sizes, edges and bounds of the blocks are written.
    keys : of the step's draws.
    side : 0 longs, 1 shorts.
    group : its number on that side.
    limit : USD per contract, edge above which a position is closed.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.

    Returns
    -------
    Positions closed; net contracts, short < 0; equity, USD, either sign; edge, USD per contract, that none exceeds.
    """
    closed, contracts, left, highest = 0, 0.0, 0.0, -np.inf
    for block in range(group * WIDTH, group * WIDTH + WIDTH):
        worst = state.worst[side, block]
        if worst > limit:
            found, size, own, worst = close_block(state, keys, side, block, limit, price, funding)
            closed, contracts, left = closed + found, contracts + size, left + own
            state.worst[side, block] = worst
        highest = max(highest, worst)
    return closed, contracts, left, highest


@lean_rule
def close_side(
    state: State, keys: Keys, side: int, limit: float, price: float, funding: float
) -> tuple[int, float, float]:
    """Close what is above the limit on one side; return positions closed, net contracts and equity, USD.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    side : 0 longs, 1 shorts.
    limit : USD per contract, edge above which a position is closed.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    closed, contracts, left = 0, 0.0, 0.0
    for group in range(np.uint64(state.highest.shape[1])):
        if state.highest[side, group] > limit:
            found, size, own, highest = close_group(state, keys, side, group, limit, price, funding)
            closed, contracts, left = closed + found, contracts + size, left + own
            state.highest[side, group] = highest
    return closed, contracts, left


@lean_rule
def liquidation_round(state: State, keys: Keys, price: float, funding: float) -> tuple[int, float, float]:
    """Close what is below maintenance margin, at one price; return as :func:`close_side`.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    price : USD per contract, > 0.
    funding : USD per contract, funding index.
    """
    longs = close_side(state, keys, LONGS, long_threshold(price, MAINTENANCE, funding), price, funding)
    shorts = close_side(state, keys, SHORTS, -short_threshold(price, MAINTENANCE, funding), price, funding)
    return longs[0] + shorts[0], longs[1] + shorts[1], longs[2] + shorts[2]


@lean_rule
def liquidate(state: State, keys: Keys, price: float, funding: float) -> tuple[float, float, int, int]:
    """Run rounds until nobody is closed; return price, change of the fund, positions closed and rounds.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the step's draws.
    price : USD per contract, > 0, before the first round.
    funding : USD per contract, funding index.

    Returns
    -------
    Price, USD per contract; change of the fund, USD, a loss < 0; positions closed; rounds that closed any.
    """
    fund, total, rounds = 0.0, 0, 0
    while rounds < ROUNDS:
        closed, contracts, left = liquidation_round(state, keys, price, funding)
        if closed == 0:
            break
        price = moved_price(price, contracts, state.number)
        fund += left
        total += closed
        rounds += 1
    return price, fund, total, rounds


@lean_kernel
def run(state: State, keys: Keys, begin: int, factors: np.ndarray, series: Series) -> None:
    """Run steps begin, begin + 1, …, one per price factor exp(log return), and record them.

    Parameters
    ----------
    state : of the workload, written.
    keys : of the draws of all steps.
    begin : first step.
    factors : (steps,) 1, > 0.
    series : (steps,) each, written.
    """
    price, funding, fund = state.market
    for i in range(factors.shape[0]):
        price *= factors[i]
        funding += FUNDING * price
        drawn = keys_at(keys, begin + i)
        withdraw_in_turn(state, drawn, begin + i, price, funding)
        price, change, closed, rounds = liquidate(state, drawn, price, funding)
        fund += change
        series.price[i], series.fund[i], series.liquidations[i], series.rounds[i] = price, fund, closed, rounds
    state.market[0], state.market[1], state.market[2] = price, funding, fund


@lean_kernel
def open_all(state: State, keys: Keys) -> None:
    """Open all accounts."""
    drawn = keys_at(keys, OPENING)
    open_slots(state, drawn, np.uint64(0), np.uint64(state.number), state.market[0], state.market[1])


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
