"""Failing accounts: who they are, and what closing a part of one leaves.

A part a of a position with collateral share c' and break-even entry p₀ is sold (a long; bought, a short) at x. What it
leaves is e' = c' + s a (x − p₀). The keeper's bounty b a x comes first and is guaranteed (as MakerDAO's ``tip`` and
``chip``); then :func:`agents.exchange.insurance_fund.fund_delta` gives the fund its fee or asks for the deficit; the
rest is the trader's. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import equity_of, flag, total, touch
from agents.account.cross_margin import draw_from_others, keep_for_others, one_of_each, share_all
from agents.account.position import bankruptcy_price, closed_of
from agents.core.audit import reconcile
from agents.core.kernel import inline
from agents.core.ledger import (
    KEEPER,
    LIQUIDATION,
    LIQUIDATION_FEE,
    OUTSIDE,
    SHORTFALL,
    TRADER,
    VAULT,
    WALLET,
    WHOLE,
    Book,
    check,
    pay,
    transfer,
)
from agents.core.table import Accounts, Blocks, Exchanges, Keepers, Markets, Tiers
from agents.exchange.control.partial_liquidation import PartialRule, contracts_to_sell
from agents.exchange.control.takeover import Takeover
from agents.exchange.exchange import book_failure, book_trader_deficit, record_liquidation
from agents.exchange.insurance_fund import fund_delta
from agents.provider.vault_closing import close_vaults
from model.market.order_clearing import fill_price


class Tariff(NamedTuple):
    """What liquidation costs and how far it goes."""

    bounty: np.ndarray  # (listings,) share of notional that a keeper earns
    rounds: int  # most in a step
    surcharge: np.ndarray  # (listings,) share of the rest of the collateral that is confiscated
    takeover: Takeover | None  # when the vault takes a position over, and how much it keeps; None: never
    partial: PartialRule | None  # how much of a position is closed at once
    cross: bool  # whether there are accounts with cross margin
    order: int  # in which their positions are closed: LARGEST, WORST or LISTED


@inline
def to_sell(
    accounts: Accounts, exchange: Exchanges, tiers: Tiers, tariff: Tariff, row: int, i: int, step: int
) -> float:
    """Return the contracts of a flagged row that are for keepers in this round.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    tiers : the schedule of margins.
    tariff : its rule of partial liquidation.
    row : account's row.
    i : its protocol.
    step : present step.

    Returns
    -------
    Contracts, > 0, of a long as of a short.
    """
    last = accounts.partial_step[row]
    since = step + 1.0 - last if last > 0 else np.inf
    return contracts_to_sell(accounts.size[row], exchange.mark[i], since, tariff.partial, tiers)


@inline
def reduce_position(accounts: Accounts, row: int, side: float, contracts: float) -> float:
    """Close `contracts` of a row, take their share of the collateral out and return it, USD.

    Parameters
    ----------
    accounts : table of the run; size and collateral are written.
    row : account's row.
    side : 1 for a long, -1 for a short.
    contracts : > 0, at most the position.
    """
    size = abs(accounts.size[row])
    share = accounts.collateral[row] if contracts == size else accounts.collateral[row] * (contracts / size)
    accounts.collateral[row] -= share
    accounts.size[row] = 0.0 if contracts == size else accounts.size[row] - side * contracts
    return share


@inline
def return_rest(accounts: Accounts, book: Book, row: int, i: int, rest: float) -> None:
    """Give what is left of a liquidated part to the owner: to the wallet if flat, else to the remaining collateral.

    Parameters
    ----------
    accounts, book : of the run; wallet or collateral, and balances, are written.
    row : account's row.
    i : its protocol.
    rest : USD, >= 0.
    """
    if accounts.size[row] == 0.0:
        accounts.wallet[row] += rest
        pay(book, TRADER, WALLET, i, rest)
    else:
        accounts.collateral[row] += rest


@inline
def liquidate_part(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, keepers: Keepers, book: Book,
    tariff: Tariff, gas: float, row: int, keeper: int, contracts: float,
) -> None:  # fmt: skip
    """Close part of a position against the vault and share out what it leaves.

    Parameters
    ----------
    accounts, blocks, exchange, market, keepers, book : tables of the run; all but `market` are written.
    tariff : bounty and surcharge.
    gas : USD per liquidation, >= 0, before the keeper's own multiple.
    row : account's row.
    keeper : keeper's row; below zero where the venue closes it itself, without a bounty.
    contracts : > 0, at most the position.
    """
    i = row // (accounts.size.shape[0] // exchange.shape[0])
    size, funding = accounts.size[row], exchange.funding_index[i]
    side = 1.0 if size > 0.0 else -1.0
    part = closed_of(size, contracts)
    paid = fill_price(market.average[exchange.book[i]], exchange.spread[i], -side)
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    gain, notional = side * part * (paid - entry), part * paid
    share = reduce_position(accounts, row, side, part)
    rate = tariff.bounty[i] if keeper >= 0 else 0.0
    bounty = rate * notional
    left, fee = share + gain - bounty, exchange.liquidation_fee[i] - rate
    drawn = draw_from_others(accounts, blocks, exchange, book, row, i, fee * notional - left) if tariff.cross else 0.0
    left, share = left + drawn, share + drawn
    delta = fund_delta(notional, notional - left, fee, tariff.surcharge[i])
    exchange.vault_size[i] += side * part
    pay(book, TRADER, VAULT, i, -side * part * (paid - funding))
    transfer(book, TRADER, i, KEEPER, WHOLE, bounty)
    if delta >= 0.0:
        rest = max(left - delta, 0.0)
        pay(book, TRADER, LIQUIDATION_FEE, i, left - rest)
        accounts.realised[row] += rest - share
        if tariff.cross and accounts.size[row] == 0.0:
            rest = keep_for_others(accounts, blocks, exchange, book, row, i, rest)
        return_rest(accounts, book, row, i, rest)
    else:
        accounts.realised[row] -= share
        pay(book, SHORTFALL, TRADER, i, -delta)
        book_trader_deficit(exchange, i, -delta)
        book_failure(exchange, i, side, part, bankruptcy_price(entry, side * part, share))
    if keeper >= 0:
        pay_keeper(keepers, book, keeper, bounty, gas)
    record_liquidation(exchange, i, side, notional)
    touch(accounts, blocks, row)


@inline
def pay_keeper(keepers: Keepers, book: Book, keeper: int, bounty: float, gas: float) -> None:
    """Credit a keeper's bounty and charge its gas, which leaves the ecosystem.

    Parameters
    ----------
    keepers, book : of the run, written.
    keeper : keeper's row.
    bounty : USD, >= 0.
    gas : USD per liquidation, >= 0, before the keeper's own multiple.
    """
    cost = gas * keepers.cost[keeper]
    keepers.cash[keeper] += bounty - cost
    keepers.bounties[keeper] += bounty
    keepers.gas_paid[keeper] += cost
    keepers.served[keeper] += 1.0
    transfer(book, KEEPER, WHOLE, OUTSIDE, WHOLE, cost)


@inline
def record_unserved(accounts: Accounts, exchange: Exchanges, flagged: np.ndarray, found: int) -> None:
    """Sum the negative equity of the positions nobody served.

    Parameters
    ----------
    accounts, exchange : tables of the run; `unserved` of exchanges is written, USD >= 0.
    flagged : (rows,) accounts, the first `found` of them.
    found : number of positions that nobody served.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    for position in range(found):
        row = flagged[position]
        i = row // slots
        own = equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i])
        exchange.unserved[i] += max(-own, 0.0)


@inline
def find_failing(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, tiers: Tiers, tariff: Tariff,
    flagged: np.ndarray,
) -> int:  # fmt: skip
    """Write the rows below maintenance margin into `flagged`, of a cross account the next to close; return how many.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run; margins of cross accounts and totals are written.
    tiers : the schedule of margins.
    tariff : whether there are cross accounts, and in which order their positions are closed.
    flagged : (rows,) room.
    """
    found = flag(accounts, blocks, exchange, tiers, flagged)
    if not tariff.cross or found == 0:
        return found
    if not share_all(accounts, blocks, exchange, book, tiers, flagged, found):
        return found
    total(accounts, blocks, exchange)
    return one_of_each(accounts, exchange, tariff.order, flagged, flag(accounts, blocks, exchange, tiers, flagged))


@inline
def end_liquidations(
    accounts: Accounts, exchange: Exchanges, market: Markets, keepers: Keepers, book: Book, flagged: np.ndarray,
    found: int,
) -> None:  # fmt: skip
    """End phase 5: note what nobody served, close vaults without equity, and reconcile.

    Parameters
    ----------
    accounts, market, keepers : tables of the run, read.
    exchange, book : written.
    flagged : (rows,) accounts, the first `found` of them.
    found : number of positions that nobody served.
    """
    record_unserved(accounts, exchange, flagged, found)
    close_vaults(exchange, market, book)
    cash = 0.0
    for j in range(keepers.shape[0]):
        cash += keepers.cash[j]
    money = reconcile(book, exchange, LIQUIDATION)
    check(book, LIQUIDATION, KEEPER, WHOLE, cash - book.balance[KEEPER, 0], money)
