"""Owners with accounts at several protocols: a call at one is met at another, so that losses travel without any debt.

An account whose owner looks at it, finds it close to liquidation and adds margin (:mod:`agents.trader.trader`) is
called: it lacks what brings it back to its leverage appetite and is not in its wallet. For all called accounts of an
owner together, S, the money comes

1. from the wallets of its other accounts, at once: that money is outside all protocols;
2. from the free margin f, (1) of :mod:`agents.trader.transfer`, of its accounts at protocols where none is called,
   unless they are close to liquidation themselves or the protocol is halted;
3. where Σ f < S, by closing there as well: an account then gives f and the part (S − Σ f) / Σ (e − f), at most 1, of
   the rest of its equity e, and its position is reduced to what the equity left carries at k initial margins. At most
   the share ``trader.close_elsewhere`` of a position is closed at once, which may raise less.

Orders for 3. are filled with all others of the step and move prices there. After they are filled, each account sends
what it was asked for as far as (1) allows at the new marks, with what a closed position returned to its wallet. All
give, and all called accounts get, in proportion, so that no account comes first and one cut in two changes nothing. An
owner whose money is on its way to an account asks for no more there; nobody looks at one at a halted protocol.

Accounts of one owner at the same protocol do not pay for each other unless their margin is shared
(:mod:`agents.account.cross_margin`).
"""

import numpy as np

from agents.account.account import touch
from agents.account.margin_tier import allowed_notional, initial_rate
from agents.account.owner import OwnerRoom, around, calls_first
from agents.core.kernel import rule
from agents.core.ledger import TRANSIT, WALLET, transfer
from agents.core.random import key_of, uniform
from agents.core.table import Markets
from agents.trader.attention import is_alarmed
from agents.trader.habit import Habit, Keys
from agents.trader.trader import DUST, answer_margin, appetite
from agents.trader.transfer import (
    Holdings,
    Transfers,
    check_transit,
    free_margin,
    listing_of,
    post,
    receive,
    send,
    standing,
    withdraw,
)


@rule
def lacking(held: Holdings, market: Markets, habit: Habit, trait: np.uint64, row: int, i: int) -> float:
    """Return what an account lacks beyond its wallet, USD; 0 where it is not called or its owner adds no margin.

    Parameters
    ----------
    held, market : tables, read.
    habit : what traders have in common.
    trait : key of the traits of the listing's traders.
    row, i : the account's row, its listing.
    """
    accounts, exchange, size = held.accounts, held.exchange, held.accounts.size[row]
    slot = row - i * (accounts.size.shape[0] // exchange.shape[0])
    if size == 0.0 or is_alarmed(exchange.alarm[i], size, market.momentum[exchange.book[i]], trait, slot):
        return 0.0
    own, thin = standing(held, habit, row, i)
    if not thin:
        return 0.0
    mark = exchange.mark[i]
    leverage = appetite(accounts.leverage[row], initial_rate(exchange.initial_margin[i], abs(size) * mark, held.tiers))
    _, asked = answer_margin(uniform(trait, 0, slot), habit, size, own, mark, leverage)
    return max(asked - accounts.wallet[row], 0.0)


@rule
def clear_room(room: OwnerRoom) -> None:
    """Empty the room, which may hold anything."""
    for row in range(room.short.shape[0]):
        room.short[row] = room.asked[row] = room.closing[row] = room.before[row] = 0.0
        room.listed[row] = 0


@rule
def hear_calls(held: Holdings, market: Markets, habit: Habit, keys: Keys, rows: np.ndarray) -> bool:
    """Note what accounts lack whose owners have others, before anybody decides; return whether any lacks something.

    Parameters
    ----------
    held, market : tables; of them the room is written, where there is anything to note.
    habit, keys : what traders have in common, and the keys of their random numbers.
    rows : (n,) accounts that act.
    """
    owners, room, found = held.owners, held.room, False
    for row in rows:
        if owners.partner[row] >= 0 and owners.sent[row] == 0.0:
            i = listing_of(held, row)
            lacks = lacking(held, market, habit, key_of(keys.trait, i), row, i)
            if lacks > DUST:
                if not found:
                    clear_room(room)
                room.short[row] = lacks
                found = True
    return found


@rule
def answer_calls(held: Holdings, habit: Habit, terms: Transfers, acting: np.ndarray, count: int) -> int:
    """Pay calls from wallets, ask other accounts for the rest, and order what is to be closed for it.

    Parameters
    ----------
    held : tables; accounts, blocks, book and room are written.
    habit, terms : what owners do.
    acting : (rows,) accounts that act, the first `count` of them; those that get an order are added.
    count : how many act.

    Returns
    -------
    How many act or have an order.
    """
    partner, room, found = held.owners.partner, held.room, count
    for at in range(count):
        room.listed[acting[at]] = 1
    for at in range(count):
        row = acting[at]
        if calls_first(partner, room.short, row):
            pay_from_wallets(held, row)
            lacks = around(partner, room.short, row)
            if lacks > DUST:
                found = ask_others(
                    held=held, habit=habit, terms=terms, row=row, lacks=lacks, acting=acting, count=found
                )
    return found


@rule
def pay_from_wallets(held: Holdings, row: int) -> None:
    """Post what is in an owner's wallets at its called accounts, each giving and getting in proportion.

    Parameters
    ----------
    held : tables; accounts, blocks, book and room are written.
    row : of the owner's first called account.
    """
    accounts, blocks, book, room, partner = held.accounts, held.blocks, held.book, held.room, held.owners.partner
    lacks, there = around(partner, room.short, row), around(partner, accounts.wallet, row)
    paid = min(lacks, there)
    if not paid > 0.0:
        return
    other, column, taken = row, listing_of(held, row), 0.0
    for _ in range(partner.shape[0]):
        amount = accounts.wallet[other] * (paid / there)
        accounts.wallet[other] -= amount
        transfer(book, WALLET, listing_of(held, other), TRANSIT, column, amount)
        touch(accounts, blocks, other)
        taken += amount
        other = partner[other]
        if other == row:
            break
    left = taken
    for _ in range(partner.shape[0]):
        other = partner[other]
        amount = left if other == row else taken * (room.short[other] / lacks)
        left -= amount
        post(held, other, column, amount)
        if other == row:
            break
    for _ in range(partner.shape[0]):
        room.short[other] *= 1.0 - paid / lacks
        other = partner[other]
        if other == row:
            break


@rule
def gives(held: Holdings, habit: Habit, row: int) -> bool:
    """Tell whether an owner takes money from an account to meet a call.

    Parameters
    ----------
    held : tables, read.
    habit : its ``stop_buffer`` is used.
    row : of one of the owner's accounts.
    """
    exchange, partner = held.exchange, held.owners.partner
    i = listing_of(held, row)
    protocol = exchange.protocol[i]
    if held.accounts.size[row] == 0.0 or held.protocol.halted[protocol] != 0:
        return False
    other = row
    for _ in range(partner.shape[0]):
        if held.room.short[other] > 0.0 and exchange.protocol[listing_of(held, other)] == protocol:
            return False
        other = partner[other]
        if other == row:
            break
    _, thin = standing(held, habit, row, i)
    return not thin


@rule
def ask_others(
    held: Holdings, habit: Habit, terms: Transfers, row: int, lacks: float, acting: np.ndarray, count: int
) -> int:
    """Divide what an owner lacks among its other accounts, free margin first, and order what is to be closed.

    Parameters
    ----------
    held : tables; orders of accounts and the room are written.
    habit, terms : what owners do.
    row : of the owner's first called account.
    lacks : USD > 0.
    acting : (rows,) accounts that have an order; those that get one are added.
    count : how many they are.

    Returns
    -------
    How many accounts act or have an order.
    """
    room, partner, free, rest = held.room, held.owners.partner, 0.0, 0.0
    other = partner[row]
    for _ in range(partner.shape[0]):
        if other == row:
            break
        if gives(held, habit, other):
            room.asked[other], room.closing[other] = free_margin(held, habit, terms, other)
            free += room.asked[other]
            rest += room.closing[other]
        other = partner[other]
    part = min(lacks / free, 1.0) if free > 0.0 else 0.0
    more = min((lacks - free) / rest, 1.0) if lacks > free and rest > 0.0 and terms.close_share > 0.0 else 0.0
    other = partner[row]
    for _ in range(partner.shape[0]):
        if other == row:
            break
        if room.asked[other] + room.closing[other] > 0.0:
            whole = room.asked[other] + room.closing[other]
            room.asked[other] = room.asked[other] * part + room.closing[other] * more
            room.closing[other] = 0.0
            if more > 0.0:
                count = order_close(held, terms, other, whole - room.asked[other], acting, count)
        other = partner[other]
    return count


@rule
def order_close(held: Holdings, terms: Transfers, row: int, left: float, acting: np.ndarray, count: int) -> int:
    """Order what reduces a position to what the equity left carries, unless its owner closes as much anyhow.

    Parameters
    ----------
    held : tables; the account's order and the room are written.
    terms : what owners do.
    row : of the account.
    left : USD >= 0, equity that is to stay.
    acting : (rows,) accounts that have an order; this one is added.
    count : how many they are.

    Returns
    -------
    How many accounts have an order.
    """
    accounts, room, i = held.accounts, held.room, listing_of(held, row)
    size, first, wealth = accounts.size[row], held.exchange.initial_margin[i], left / terms.margin_left
    kept = allowed_notional(wealth / first, wealth, first, held.tiers) / held.exchange.mark[i]
    contracts = min(max(abs(size) - kept, 0.0), terms.close_share * abs(size))
    side = 1.0 if size > 0.0 else -1.0
    anyhow = min(max(-side * accounts.order[row], 0.0), abs(size))
    if contracts > anyhow:
        room.closing[row], room.before[row] = contracts - anyhow, size
        accounts.order[row] = -side * contracts
        if room.listed[row] == 0:
            room.listed[row] = 1
            acting[count] = row
            count += 1
    return count


@rule
def settle_calls(held: Holdings, habit: Habit, terms: Transfers, acting: np.ndarray, count: int, step: int) -> None:
    """Withdraw what was asked for, now that orders are filled, and send it to the called accounts.

    Parameters
    ----------
    held : tables; accounts, blocks, book and owners are written.
    habit, terms : what owners do.
    acting : (rows,) accounts that acted, the first `count` of them.
    count : how many they are.
    step : present step.
    """
    partner, room = held.owners.partner, held.room
    for at in range(count):
        row = acting[at]
        if calls_first(partner, room.short, row):
            column, found, other = listing_of(held, row), 0.0, partner[row]
            for _ in range(partner.shape[0]):
                if other == row:
                    break
                if room.asked[other] > 0.0:
                    found += withdraw(held, habit, terms, other, column)
                other = partner[other]
            if found > 0.0:
                send(held, row, found, step + terms.delay)
    receive(held, step)
    check_transit(held)
