r"""Attention: who acts in a step, found without drawing those who only look.

A trader looks with probability a and, having looked, would trade with probability τ (``turnover``), independently of
all else. Most looks end in nothing: who would not trade acts only where it has a reason, an alarm beyond its nerve or a
thin margin. So the looks are drawn in two parts. Everybody *arrives*, looks and would trade, with probability a τ, by
geometric gaps. Of the rest, only those with a reason draw whether they look, with probability

    b = a (1 − τ) / (1 − a τ),        a τ + (1 − a τ) b = a                                     (1)

so that who has a reason looks with probability a, and who has none trades with a τ: the law of all that anybody does is
that of drawing every look. Who arrives and has a reason heeds it and does not trade; given the look, whether it would
trade says nothing of its reasons. At a = 0 nobody is drawn; at τ = 0 nobody arrives and b = a; at τ = 1 all who look
arrive and b = 0. a = 1 counts as ``MOST``, so that (1) is never 0 / 0.

Thin margins are found through the blocks: with B maintenance margins for one, e < B m |q| p is the liquidation test at
the margin B m (:mod:`agents.account.position`), and a block whose extreme levels pass it is skipped. Where a protocol
alarms its customers, all of them are asked. Draws are addressed by protocol, step and slot, or step and number of the
arrival: no draw depends on who else has a reason.
"""

import numpy as np

from agents.account.account import BLOCK, OPEN, MarginTest, fails, margin_test, passes
from agents.account.cross_margin import is_short
from agents.core.kernel import inline, kernel, rule
from agents.core.random import key_at, key_of, next_arrival, uniform, uniform_at
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Tiers
from agents.protocol.confidence import flees, panics
from agents.trader.habit import Habit, Keys

NERVE = 1  # second draw of a person's traits; the first is its answer to a thin margin
MOST = 0.999999  # 1, largest probability to look


@rule
def arrival_chance(attention: float, turnover: float) -> float:
    """Return a τ, the probability of looking and trading."""
    return min(attention, MOST) * turnover


@rule
def idle_chance(attention: float, turnover: float) -> float:
    """Return b of (1), the probability that one looks who does not arrive."""
    looks = min(attention, MOST)
    return looks * (1.0 - turnover) / (1.0 - looks * turnover)


@rule
def thin_test(exchange: Exchanges, habit: Habit, i: int) -> MarginTest:
    """Return the test whether a margin is thin at protocol `i`: below ``stop_buffer`` maintenance margins."""
    return margin_test(exchange.mark[i], habit.stop_buffer * exchange.maintenance[i], exchange.funding_index[i])


@rule
def is_alarmed(alarm: float, size: float, move: float, key: np.uint64, slot: int) -> bool:
    """Tell whether a person flees its protocol, or stays away from it.

    Parameters
    ----------
    alarm : sensitivity times alarm of the protocol, >= 0.
    size : contracts, short < 0, 0 for a flat account.
    move : running return of the asset's price, log.
    key : of the traits of the protocol's traders.
    slot : the account's place among those of the protocol.
    """
    return alarm > 0.0 and flees(size, move) and panics(uniform(key, NERVE, slot), alarm)


@inline
def arrive(
    accounts: Accounts, exchange: Exchanges, habit: Habit, keys: Keys, step: int, i: int, acting: np.ndarray, found: int
) -> int:
    """Add the rows of protocol `i` that look and would trade to `acting`, in order of slot; return how many it holds.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    habit, keys : what traders have in common, and of their random numbers that of attention, are used.
    step : present step.
    i : protocol.
    acting : (rows,) room for the rows, the first `found` of them written before.
    found : number of rows.
    """
    slots, chance = accounts.size.shape[0] // exchange.shape[0], arrival_chance(exchange.attention[i], habit.turnover)
    if chance > 0.0:
        log_miss = np.log1p(-chance)
        draw = 0
        slot = next_arrival(key_of(keys.attention, i), step, draw, log_miss)
        while slot < slots:
            if accounts.status[i * slots + slot] == OPEN:
                acting[found] = i * slots + slot
                found += 1
            draw += 1
            slot += 1 + next_arrival(key_of(keys.attention, i), step, draw, log_miss)
    return found


@inline
def take_fright(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, tiers: Tiers, habit: Habit, keys: Keys,
    step: int, i: int, acting: np.ndarray, first: int, last: int,
) -> int:  # fmt: skip
    """Add the rows of protocol `i` that look for a reason, not having arrived; return how many rows there are.

    A stale block is not skipped: its extremes are of an earlier state.

    Parameters
    ----------
    accounts, blocks, exchange, market : tables of the run, read.
    tiers : the schedule of margins.
    habit, keys : what traders have in common, and of their random numbers those of margin and traits, are used.
    step : present step.
    i : protocol.
    acting : (rows,) room for the rows.
    first, last : those of the protocol that arrived are acting[first:last], in order of slot.
    """
    slots, per_protocol = accounts.size.shape[0] // exchange.shape[0], blocks.shape[0] // exchange.shape[0]
    sizes, levels, status = accounts.size, accounts.level, accounts.status
    worst_long, worst_short, longs, shorts = blocks.worst_long, blocks.worst_short, blocks.long_size, blocks.short_size
    stale, test = blocks.stale, thin_test(exchange, habit, i)
    alarm, move = exchange.alarm[i], market.momentum[exchange.book[i]]
    chance, key = idle_chance(exchange.attention[i], habit.turnover), key_at(key_of(keys.margin, i), step)
    found, at = last, first
    for block in range(i * per_protocol, (i + 1) * per_protocol):
        calm = passes(test, worst_long[block], worst_short[block], longs[block], shorts[block], tiers)
        if calm and not stale[block] and not alarm > 0.0:
            continue
        for row in range(block * BLOCK, block * BLOCK + BLOCK):
            thin, slot = fails(test, sizes[row], levels[row], tiers), row - i * slots
            thin = thin and is_short(accounts, exchange, tiers, row, i, habit.stop_buffer)
            if not (thin or alarm > 0.0) or status[row] != OPEN or not uniform_at(key, slot) < chance:
                continue
            if thin or is_alarmed(alarm, sizes[row], move, key_of(keys.trait, i), slot):
                while at < last and acting[at] < row:
                    at += 1
                if at == last or acting[at] != row:
                    acting[found] = row
                    found += 1
    return found


@inline
def act(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, tiers: Tiers, habit: Habit, keys: Keys,
    step: int, acting: np.ndarray,
) -> int:  # fmt: skip
    """Write the rows that act in this step into `acting`; return how many.

    Protocol by protocol, first those who look and would trade, then those who look for a reason, each in order of slot.

    Parameters
    ----------
    accounts, blocks, exchange, market : tables of the run, read.
    tiers : the schedule of margins.
    habit : what traders have in common.
    keys : of the traders' random numbers; those of attention, margin and traits are used.
    step : present step.
    acting : (rows,) room for the rows, written from its start.
    """
    found = 0
    for i in range(exchange.shape[0]):
        if exchange.attention[i] > 0.0:
            first = found
            last = arrive(
                accounts=accounts, exchange=exchange, habit=habit, keys=keys, step=step, i=i, acting=acting, found=first
            )  # fmt: skip
            found = take_fright(
                accounts=accounts, blocks=blocks, exchange=exchange, market=market, tiers=tiers, habit=habit, keys=keys,
                step=step, i=i, acting=acting, first=first, last=last,
            )  # fmt: skip
    return found


@kernel
def look(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, tiers: Tiers, habit: Habit, keys: Keys,
    step: int, acting: np.ndarray,
) -> int:  # fmt: skip
    """Return how many traders act in this step, their rows in `acting`: for single agents.

    Parameters
    ----------
    accounts, blocks, exchange, market : tables of the run, read.
    tiers : the schedule of margins.
    habit : what traders have in common.
    keys : of the traders' random numbers.
    step : present step.
    acting : (rows,) room for the rows, written from its start.
    """
    return act(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, tiers=tiers, habit=habit, keys=keys,
        step=step, acting=acting,
    )  # fmt: skip
