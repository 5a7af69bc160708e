"""Phase 4, second half: the market fills all waiting orders together.

The net flow of a book moves its price once; every order in the book is filled at the average of that path plus or
minus the half spread, so the outcome does not depend on the order of traders. The vault of the trader's protocol takes
the other side. With Φ the funding index, a purchase of Δ contracts at price x changes the trader's cash value by
−Δ (x − Φ) and the vault's by the same with the other sign.
"""

import numpy as np

from agents.account.account import total, touch
from agents.account.cross_margin import draw_from_others
from agents.account.owner import OwnerRoom, Owners
from agents.account.position import after_fill, filled
from agents.core.audit import reconcile
from agents.core.kernel import inline, kernel, rule
from agents.core.ledger import SHORTFALL, TRADE, TRADER, TRADING_FEE, VAULT, WALLET, Book, pay
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Protocols, Tiers
from agents.exchange.control.order_limit import is_limited, limit_orders
from agents.exchange.exchange import book_trader_deficit
from agents.trader.attention import act
from agents.trader.call import answer_calls, hear_calls, settle_calls
from agents.trader.habit import Habit, Keys
from agents.trader.trader import decide_all
from agents.trader.transfer import Holdings, Transfers, receive
from model.market.market import MarketRule, mark_all, move_all


@rule
def fill_price(average: float, half_spread: float, contracts: float) -> float:
    """Return the price of a fill: the average of the impact path, half the spread up for a buyer, down for a seller."""
    return average * (1.0 + (half_spread if contracts > 0.0 else -half_spread))


@inline
def settle_flat(accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, row: int, i: int) -> None:
    """Return a flat account's collateral to its wallet; a loss beyond it, and other positions, is a shortfall.

    Parameters
    ----------
    accounts, blocks, exchange, book : of the run; collateral, wallet, shortfalls and balances are written.
    row : account's row.
    i : its listing.
    """
    left = accounts.collateral[row]
    left += draw_from_others(accounts, blocks, exchange, book, row, i, -left)
    accounts.collateral[row] = 0.0
    if left >= 0.0:
        accounts.wallet[row] += left
        pay(book, TRADER, WALLET, i, left)
    else:
        pay(book, SHORTFALL, TRADER, i, -left)
        book_trader_deficit(exchange, i, -left)


@inline
def fill_one(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, fee: np.ndarray, row: int
) -> None:
    """Fill the order waiting in one account against its protocol's vault.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run; all but `market` are written.
    fee : (listings,) 1, share of notional, >= 0.
    row : account's row.
    """
    i = row // (accounts.size.shape[0] // exchange.shape[0])
    traded, funding = filled(accounts.size[row], accounts.order[row]), exchange.funding_index[i]
    accounts.order[row] = 0.0
    paid = fill_price(market.average[exchange.book[i]], exchange.spread[i], traded)
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    size, entry, realised = after_fill(accounts.size[row], entry, traded, paid)
    charge = fee[i] * abs(traded) * paid
    accounts.size[row], accounts.entry_price[row], accounts.entry_funding[row] = size, entry, funding
    accounts.collateral[row] += realised - charge
    accounts.realised[row] += realised - charge
    exchange.vault_size[i] -= traded
    exchange.volume[i] += abs(traded) * paid
    pay(book, TRADER, VAULT, i, traded * (paid - funding))
    pay(book, TRADER, TRADING_FEE, i, charge)
    if size == 0.0:
        settle_flat(accounts, blocks, exchange, book, row, i)
    elif accounts.collateral[row] < 0.0:
        accounts.entry_price[row] -= accounts.collateral[row] / size
        accounts.collateral[row] = 0.0
    touch(accounts, blocks, row)


@inline
def clear_market(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, rules: MarketRule,
    fee: np.ndarray, oracle_error: np.ndarray, rows: np.ndarray,
) -> None:  # fmt: skip
    """Fill the orders waiting in `rows`, all at the average price of their joint impact, and mark again.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run, written.
    rules : constants of the market.
    fee : (listings,) 1, share of notional, >= 0.
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    rows : (n,) accounts, each once.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    if is_limited(exchange):
        limit_orders(accounts, exchange, rows)
    for k in range(market.shape[0]):
        market.flow[k] = 0.0
    for row in rows:
        if accounts.order[row] != 0.0:
            market.flow[exchange.book[row // slots]] += accounts.order[row]
    move_all(market, rules)
    for row in rows:
        if accounts.order[row] != 0.0:
            fill_one(accounts, blocks, exchange, market, book, fee, row)
    mark_all(market, exchange, oracle_error)
    total(accounts, blocks, exchange)
    reconcile(book, exchange, TRADE)


@kernel
def fill(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, rules: MarketRule,
    fee: np.ndarray, oracle_error: np.ndarray, rows: np.ndarray,
) -> None:  # fmt: skip
    """Fill the orders waiting in `rows` together: for a researcher's own agents and single traders.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run, written.
    rules : constants of the market.
    fee : (listings,) 1, share of notional, >= 0.
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    rows : (n,) accounts, each once.
    """
    clear_market(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, rules=rules, fee=fee,
        oracle_error=oracle_error, rows=rows,
    )  # fmt: skip


@inline
def trade(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, protocol: Protocols, market: Markets, book: Book,
    owners: Owners, room: OwnerRoom, rules: MarketRule, tiers: Tiers, habit: Habit, keys: Keys, fee: np.ndarray,
    transfers: Transfers, step: int, oracle_error: np.ndarray, acting: np.ndarray,
) -> None:  # fmt: skip
    """Run phase 4 for the population: those who act decide, and the market fills their orders.

    Money that owners have sent to another protocol arrives first; calls that they meet from other accounts are noted
    before anybody decides, and settled when all orders are filled.

    Parameters
    ----------
    accounts, blocks, exchange, protocol, market, book : tables of the run; all but `protocol` are written.
    owners, room : of owners with accounts at several protocols, written; without rows where there are none.
    rules : constants of the market.
    tiers : the schedule of margins.
    habit : what all traders have in common.
    keys : of their random numbers.
    fee : (listings,) 1, share of notional, >= 0.
    transfers : how owners move money.
    step : present step.
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    acting : (rows,) room for the accounts that act.
    """
    called, held = False, Holdings(
        accounts=accounts, blocks=blocks, exchange=exchange, protocol=protocol, book=book, tiers=tiers, owners=owners,
        room=room,
    )  # fmt: skip
    if owners.waiting[1] > 0:
        receive(held, step)
    count = act(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, tiers=tiers, habit=habit, keys=keys,
        step=step, acting=acting,
    )  # fmt: skip
    if owners.partner.shape[0] > 0:
        called = hear_calls(held, market, habit, keys, acting[:count])
    decide_all(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, tiers=tiers, habit=habit,
        keys=keys, step=step, rows=acting[:count],
    )  # fmt: skip
    if called:
        count = answer_calls(held, habit, transfers, acting, count)
    clear_market(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, rules=rules, fee=fee,
        oracle_error=oracle_error, rows=acting[:count],
    )  # fmt: skip
    if called:
        settle_calls(held, habit, transfers, acting, count, step)
        total(accounts, blocks, exchange)
        reconcile(book, exchange, TRADE)
