"""Money of owners with accounts at several protocols: withdrawn at one, some time on its way, posted at another.

When an owner sends money, and how much, is in :mod:`agents.trader.call`. Here is what an account can give,

    f = max(min(collateral, e − k I), 0),                                                      (1)

e the equity of its position, I its initial margin and k ``trader.margin_left``, and how the ledger follows the money.
It arrives ``trader.transfer_delay`` later, at once where that is 0: as margin, or in the wallet where the position is
gone or its protocol halted. Money of a cross account is counted position by position, each with its share of the
equity.
"""

from typing import NamedTuple

from agents.account.account import equity_of, fails, touch
from agents.account.cross_margin import share_of
from agents.account.margin_tier import initial_rate
from agents.account.owner import OwnerRoom, Owners, around
from agents.core.audit import money_there
from agents.core.kernel import rule
from agents.core.ledger import TRADE, TRADER, TRANSIT, WALLET, WHOLE, Book, check, pay, transfer
from agents.core.table import Accounts, Blocks, Exchanges, Protocols, Tiers
from agents.trader.attention import thin_test
from agents.trader.habit import Habit


class Transfers(NamedTuple):
    """How owners move money between protocols."""

    margin_left: float  # initial margins, >= 1, that stay at an account
    close_share: float  # 1, in [0, 1], largest part of a position that is closed at once
    delay: int  # steps


class Holdings(NamedTuple):
    """The tables that an owner's money moves in."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    protocol: Protocols
    book: Book
    tiers: Tiers
    owners: Owners
    room: OwnerRoom


@rule
def listing_of(held: Holdings, row: int) -> int:
    """Return the listing of an account."""
    return row // (held.accounts.size.shape[0] // held.exchange.shape[0])


@rule
def standing(held: Holdings, habit: Habit, row: int, i: int) -> tuple[float, bool]:
    """Return the equity of a position, its share of that of a cross account, USD; and whether its margin is thin.

    Parameters
    ----------
    held : tables, read.
    habit : its ``stop_buffer`` is used.
    row : of an open position.
    i : its listing.
    """
    accounts, exchange, tiers = held.accounts, held.exchange, held.tiers
    if accounts.cross[row] != 0:
        own, needed = share_of(accounts, exchange, tiers, row, i)
        return own, own < habit.stop_buffer * needed
    thin = fails(thin_test(exchange, habit, i), accounts.size[row], accounts.level[row], tiers)
    return equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i]), thin


@rule
def free_margin(held: Holdings, habit: Habit, terms: Transfers, row: int) -> tuple[float, float]:
    """Return what may be withdrawn from an account (1), and what its position has beyond that, USD >= 0 each.

    Parameters
    ----------
    held : tables, read.
    habit, terms : what owners do.
    row : of the account; one without a position has nothing.
    """
    accounts, exchange, size = held.accounts, held.exchange, held.accounts.size[row]
    if size == 0.0:
        return 0.0, 0.0
    i = listing_of(held, row)
    own, _ = standing(held, habit, row, i)
    notional = abs(size) * exchange.mark[i]
    needed = terms.margin_left * notional * initial_rate(exchange.initial_margin[i], notional, held.tiers)
    free = max(min(accounts.collateral[row], own - needed), 0.0)
    return free, max(own - free, 0.0)


@rule
def post(held: Holdings, row: int, column: int, amount: float) -> None:
    """Post money that is in ``transit`` in a column of the ledger as margin of an account.

    Parameters
    ----------
    held : tables; accounts, blocks and book are written.
    row : of the account.
    column : listing.
    amount : USD >= 0.
    """
    if amount > 0.0:
        held.accounts.collateral[row] += amount
        transfer(held.book, TRANSIT, column, TRADER, listing_of(held, row), amount)
        touch(held.accounts, held.blocks, row)


@rule
def withdraw(held: Holdings, habit: Habit, terms: Transfers, row: int, column: int) -> float:
    """Take what an account was asked for, as far as it has that; return how much, USD, in ``transit``.

    Parameters
    ----------
    held : tables; account, blocks, book and the sums of owners are written.
    habit, terms : what owners do.
    row : of the account.
    column : listing in whose column of the ledger the money is from now on.
    """
    accounts, owners, room, i = held.accounts, held.owners, held.room, listing_of(held, row)
    free, _ = free_margin(held, habit, terms, row)
    margin = min(room.asked[row], free)
    cash = min(room.asked[row] - margin, accounts.wallet[row])
    accounts.collateral[row] -= margin
    accounts.wallet[row] -= cash
    transfer(held.book, TRADER, i, TRANSIT, column, margin)
    transfer(held.book, WALLET, i, TRANSIT, column, cash)
    touch(accounts, held.blocks, row)
    closed = min(max(abs(room.before[row]) - abs(accounts.size[row]), 0.0), room.closing[row])
    owners.closed[i] += closed * held.exchange.mark[i]
    owners.moved[i] += margin + cash
    return margin + cash


@rule
def send(held: Holdings, row: int, amount: float, due: int) -> None:
    """Send money in ``transit`` to an owner's called accounts, in proportion to what they lack.

    Parameters
    ----------
    held : tables; book and owners are written.
    row : of the owner's first called account, in whose column the money is.
    amount : USD > 0.
    due : step in which it arrives.
    """
    partner, room, column = held.owners.partner, held.room, listing_of(held, row)
    lacks, left, other = around(partner, room.short, row), amount, row
    for _ in range(partner.shape[0]):
        other = partner[other]
        part = left if other == row else amount * (room.short[other] / lacks)
        if part > 0.0:
            left -= part
            transfer(held.book, TRANSIT, column, TRANSIT, listing_of(held, other), part)
            enqueue(held.owners, other, part, due)
        if other == row:
            break


@rule
def enqueue(owners: Owners, row: int, amount: float, due: int) -> None:
    """Note that money is on its way to an account.

    Parameters
    ----------
    owners : written.
    row : of the account, to which none is on its way.
    amount : USD > 0.
    due : step in which it arrives, no sooner than what was sent before.
    """
    owners.sent[row], owners.due[row] = amount, due
    owners.queue[(owners.waiting[0] + owners.waiting[1]) % owners.queue.shape[0]] = row
    owners.waiting[1] += 1


@rule
def receive(held: Holdings, step: int) -> None:
    """Let money arrive: as margin, or in the wallet where the position is gone or its protocol is halted.

    Parameters
    ----------
    held : tables; accounts, blocks, book and owners are written.
    step : present step.
    """
    accounts, owners = held.accounts, held.owners
    for _ in range(owners.waiting[1]):
        row = owners.queue[owners.waiting[0]]
        if owners.due[row] > step:
            break
        i, amount = listing_of(held, row), owners.sent[row]
        owners.sent[row] = 0.0
        owners.waiting[0] = (owners.waiting[0] + 1) % owners.queue.shape[0]
        owners.waiting[1] -= 1
        if accounts.size[row] != 0.0 and held.protocol.halted[held.exchange.protocol[i]] == 0:
            post(held, row, i, amount)
        else:
            accounts.wallet[row] += amount
            pay(held.book, TRANSIT, WALLET, i, amount)
            touch(accounts, held.blocks, row)


@rule
def check_transit(held: Holdings) -> None:
    """Compare what is on its way with the ledger."""
    owners, balance, found = held.owners, held.book.balance, 0.0
    for at in range(owners.waiting[1]):
        found += owners.sent[owners.queue[(owners.waiting[0] + at) % owners.queue.shape[0]]]
    for i in range(balance.shape[1]):
        found -= balance[TRANSIT, i]
    check(held.book, TRADE, TRANSIT, WHOLE, found, money_there(balance))
