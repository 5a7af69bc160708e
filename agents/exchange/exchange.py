"""The exchange: the margin engine of one listing, an asset traded at one venue of a protocol.

It marks positions, charges funding and holds the margin schedule; its record also carries the running totals of its
accounts (see :mod:`agents.account.account`) and what happened in the step. The listing's vault takes the other side of
every fill, and market makers, where there are any, take some of it over from the vault and pass it on outside, so

    long contracts − short contracts + vault, taken over, makers' and outside contracts = 0    (1)

those taken over being what the backstop took of failing accounts and has not sold yet
(:mod:`model.market.liquidation.inventory`).

Funding: with premium index P = mark / index − 1 and interest I, the rate per eight hours is

    F = P + clamp(I − P, −w, w)                                                                (2)

bounded by ± cap; per step the funding index Φ (USD per contract, owed by longs to shorts) grows by F · mark · Δt / 8 h.
References: BitMEX, Binance and Hyperliquid contract specifications.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import EMPTY, GUEST, Account, touch
from agents.account.margin_tier import allowed_notional
from agents.core.column import Column, RowAgent
from agents.core.kernel import inline, rule
from agents.core.ledger import SET_UP
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Tiers

EIGHT_HOURS = 480.0


class Exchange(RowAgent):
    """The margin engine of one listing; a protocol has one or several."""

    asset = Column("i8", "index", "asset the contracts are on")
    book = Column("i8", "index", "book in which they trade, a row of the market")
    protocol = Column("i8", "index", "protocol that runs the venue, whose backstop stands behind it")
    mark = Column("f8", "USD per contract, > 0", "mark price")
    funding_index = Column("f8", "USD per contract", "cumulative funding owed by a long")
    funding_rate = Column("f8", "1 per 8 h", "funding rate, paid by longs when positive")
    maintenance = Column("f8", "1, > 0", "maintenance margin as a fraction of notional, of the first tier")
    initial_margin = Column("f8", "1, > maintenance", "initial margin likewise, the inverse of the maximal leverage")
    liquidation_fee = Column("f8", "1, >= 0", "liquidation fee as a fraction of liquidated notional")
    interest_cap = Column("f8", "USD, > 0", "most open interest of a side that new orders may make, inf for any")
    asked_long = Column("f8", "contracts, >= 0", "growth of longs that the last orders to be limited asked for")
    asked_short = Column("f8", "contracts, >= 0", "growth of shorts that the last orders to be limited asked for")
    halt = Column("f8", "steps, >= 0", "steps for which trading is still halted")
    suspension = Column("f8", "steps, >= 0", "steps for which liquidations are still suspended")
    spread = Column("f8", "1, >= 0", "half spread as a fraction of the price")
    attention = Column("f8", "1 per step", "probability that a trader looks at its account in this step")
    alarm = Column("f8", "1, >= 0", "alarm that traders who may panic respond to, times sensitivity")
    vault_size = Column("f8", "contracts, short < 0", "position of the vault")
    maker_size = Column("f8", "contracts, short < 0", "what market makers hold, taken over from the vault")
    outside_size = Column("f8", "contracts, short < 0", "what capital from outside has taken off market makers")
    vault_start = Column("f8", "USD, >= 0", "vault capital at the start")
    vault_shares = Column("f8", "shares, >= 0", "vault shares outstanding; worth 1 USD each at the start")
    vault_closed = Column("f8", "flag", "1 once its providers' vault was closed and a successor has its position")
    successor_profit = Column("f8", "USD", "what the successor of a closed vault has gained so far, fees included")
    supplied_depth = Column("f8", "USD per unit log price", "depth the full vault supplies")
    long_size = Column("f8", "contracts, >= 0", "open longs")
    short_size = Column("f8", "contracts, >= 0", "open shorts")
    peak_size = Column("f8", "contracts, >= 0", "most longs and shorts there were so far")
    basis = Column("f8", "USD", "sum of q (entry price − funding index at entry)")
    collateral = Column("f8", "USD, >= 0", "sum of collateral")
    wallet = Column("f8", "USD, >= 0", "sum of traders' wallets")
    volume = Column("f8", "USD, >= 0", "notional traded in this step, liquidations apart")
    liquidated_long = Column("f8", "USD, >= 0", "notional of longs liquidated in this step")
    liquidated_short = Column("f8", "USD, >= 0", "notional of shorts liquidated in this step")
    liquidations = Column("f8", "positions", "positions closed in whole or part in this step")
    deficit = Column("f8", "USD, >= 0", "losses below bankruptcy in this step, the sum of the next three")
    trader_deficit = Column("f8", "USD, >= 0", "of it, left by accounts closed below bankruptcy")
    vault_deficit = Column("f8", "USD, >= 0", "of it, lost by the vault beyond its equity when it was closed")
    exploit_loss = Column("f8", "USD, >= 0", "of it, taken by exploits")
    unpaid = Column("f8", "USD, >= 0", "by which what a protocol cannot pay of this step's losses is handed back")
    bankrupt_long = Column("f8", "contracts, >= 0", "longs that left a deficit in this step, less what was handed on")
    bankrupt_long_value = Column("f8", "USD, >= 0", "their contracts times bankruptcy price")
    bankrupt_short = Column("f8", "contracts, >= 0", "shorts that left a deficit in this step, less what was handed on")
    bankrupt_short_value = Column("f8", "USD, >= 0", "their contracts times bankruptcy price")
    unserved = Column("f8", "USD, >= 0", "negative equity of positions no keeper would serve")
    taken_over = Column("f8", "USD, >= 0", "notional of positions the vault took over so far")
    kept_over = Column(
        "f8", "USD, >= 0", "of it, what counts against the vault's cap: kept, of positions above bankruptcy"
    )
    excess_long = Column("f8", "contracts, >= 0", "longs taken over beyond the vault's cap, still to be handed on")
    excess_short = Column("f8", "contracts, >= 0", "shorts taken over beyond the vault's cap, still to be handed on")
    liquidated = Column("f8", "USD, >= 0", "notional of positions liquidated so far")
    taken_size = Column("f8", "contracts, short < 0", "position that the backstop took over and has not sold yet")
    unsold_long = Column("f8", "contracts, >= 0", "of it, longs that winners are to be closed against in this step")
    unsold_long_value = Column("f8", "USD", "those contracts times their level")
    unsold_short = Column("f8", "contracts, >= 0", "of it, shorts that winners are to be closed against in this step")
    unsold_short_value = Column("f8", "USD", "those contracts times their level")
    passed_on = Column("f8", "USD, >= 0", "notional of positions that the backstop took over so far")
    takeover_profit = Column("f8", "USD", "what it has gained by selling them so far")
    replaced = Column("f8", "USD, >= 0", "notional of winners closed in place of a sale so far")
    needed = Column("f8", "USD, >= 0", "by which accounts not closed in the book were below zero at the mark, so far")

    def open_account(self, collateral: float, wallet: float = 0.0) -> Account:
        """Open an account for an agent of your own, with money from outside, and return a view of it.

        The account is liquidated, charged funding and haircut like any other; only its owner trades it.

        Raises
        ------
        ValueError : if an amount is negative, or no slot is free (``trader.reserve``).
        """
        if collateral < 0 or wallet < 0:
            raise ValueError(f"collateral {collateral} and wallet {wallet} must be 0 or more")
        account = self.model.trader(self._free_slot())
        account.status = GUEST
        account.leverage = 1.0 / self.initial_margin
        account.collateral, account.wallet = collateral, wallet
        return account

    def trade(self, account: Account, contracts: float) -> float:
        """Buy `contracts` (sell if negative) for `account` at the market, at once; return the contracts filled.

        The order is cut to what the initial margin allows on the account's equity, and to what a halt or a cap on open
        interest lets through. It moves the price every protocol marks to, and the vault is the counterparty, as for
        every other trader. Nothing is filled while the protocol is halted after a default.
        """
        if self.model.protocol.halted[self.protocol]:
            return 0.0
        before = account.size
        own, tiers = account.equity, self.model.tiers
        account.order = allowed_order(before, contracts, own, self.mark, self.initial_margin, tiers)
        self.model.fill(np.array([account.row], dtype=np.int64))
        return float(account.size - before)

    def _free_slot(self) -> int:
        first, last = self.model.slots(self.row)
        free = np.flatnonzero(self.model.accounts.status[first:last] == EMPTY)
        if not len(free):
            raise ValueError(f"listing {self.row} has no free account slot; raise trader.reserve")
        return first + int(free[0])

    def after_change(self) -> None:
        """Reconcile after a column was set from Python."""
        self.model.reconcile(SET_UP)


@rule
def funding_rate(premium: float, interest: float, clamp: float) -> float:
    """Return the funding rate (2) per funding interval, before the cap."""
    return premium + min(max(interest - premium, -clamp), clamp)


class Funding(NamedTuple):
    """Constants of the funding rate."""

    interest: float  # 1 per 8 h
    clamp: float  # 1 per 8 h, most that interest adds or takes
    cap: float  # 1 per 8 h, most that a rate is
    minutes: float  # length of a step


@inline
def charge_funding(exchange: Exchanges, market: Markets, terms: Funding) -> None:
    """Phase 3: set each exchange's funding rate from mark and index price and advance its funding index."""
    cap = terms.cap
    for i in range(exchange.shape[0]):
        premium = exchange.mark[i] / market.fundamental[exchange.book[i]] - 1.0
        rate = min(max(funding_rate(premium, terms.interest, terms.clamp), -cap), cap)
        exchange.funding_rate[i] = rate
        exchange.funding_index[i] += rate * exchange.mark[i] * terms.minutes / EIGHT_HOURS


@rule
def allowed_order(size: float, order: float, own: float, mark: float, initial_margin: float, tiers: Tiers) -> float:
    """Return the part of an order that leaves |q| p ≤ equity / initial margin, or the position no larger than it is.

    Parameters
    ----------
    size : contracts held, short < 0.
    order : contracts wanted, sale < 0.
    own : equity, USD; below zero counts as zero.
    mark : USD per contract, > 0.
    initial_margin : fraction of notional, > 0, of the first tier.
    tiers : the schedule of margins; nor may an order go beyond its last bound.

    Returns
    -------
    Contracts, sale < 0.
    """
    bound = max(own, 0.0) / (initial_margin * mark)
    bound = min(bound, allowed_notional(np.inf, max(own, 0.0), initial_margin, tiers) / mark)
    return min(max(size + order, min(-bound, size)), max(bound, size)) - size


def listings_of(exchange: Exchanges, protocol: int) -> slice:
    """Return which rows are the listings of a protocol."""
    first, last = np.searchsorted(exchange["protocol"], [protocol, protocol + 1])
    return slice(int(first), int(last))


def leading(exchange: Exchanges) -> np.ndarray:
    """Return the first listing of every protocol, (protocols,)."""
    return np.flatnonzero(np.diff(exchange["protocol"], prepend=-1))


@rule
def leads(exchange: Exchanges, i: int) -> bool:
    """Tell whether a listing is its protocol's first: listings of one protocol follow each other."""
    return i == 0 or exchange.protocol[i - 1] != exchange.protocol[i]


@rule
def book_trader_deficit(exchange: Exchanges, i: int, amount: float) -> None:
    """Note `amount` USD that an account left below bankruptcy."""
    exchange.deficit[i] += amount
    exchange.trader_deficit[i] += amount


@inline
def book_failure(exchange: Exchanges, i: int, side: float, contracts: float, price: float) -> None:
    """Note contracts whose close left a deficit, for deleveraging against them at their bankruptcy price.

    Parameters
    ----------
    exchange : its contracts gone bankrupt in the step and their value are written.
    i : the protocol.
    side : 1 for a long, -1 for a short.
    contracts : > 0 on either side.
    price : bankruptcy price, USD per contract.
    """
    if side > 0.0:
        exchange.bankrupt_long[i] += contracts
        exchange.bankrupt_long_value[i] += contracts * price
    else:
        exchange.bankrupt_short[i] += contracts
        exchange.bankrupt_short_value[i] += contracts * price


@inline
def record_liquidation(exchange: Exchanges, i: int, side: float, notional: float) -> None:
    """Add a liquidation to the step's record.

    Parameters
    ----------
    exchange : its liquidations of the step are written.
    i : the protocol.
    side : 1 for a long, -1 for a short.
    notional : USD, >= 0.
    """
    exchange.liquidations[i] += 1.0
    exchange.liquidated[i] += notional
    if side > 0.0:
        exchange.liquidated_long[i] += notional
    else:
        exchange.liquidated_short[i] += notional


@rule
def put_collateral(accounts: Accounts, blocks: Blocks, row: int, amount: float) -> None:
    """Move `amount` USD from a wallet to the posted collateral (negative: back).

    Parameters
    ----------
    accounts, blocks : tables of the run; money, level and staleness are written. The ledger is left to the caller.
    row : account's row.
    amount : at most the wallet, and not less than minus the collateral.
    """
    accounts.wallet[row] -= amount
    accounts.collateral[row] += amount
    touch(accounts, blocks, row)
