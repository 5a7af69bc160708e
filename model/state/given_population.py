"""The accounts at the start of a run that a file gives (:mod:`model.state.account_book`).

What the file leaves open is drawn for the slot, as in a drawn population (:mod:`model.state.population`): the wallet,
exponential around a multiple of equity, and the strategy. Leverage that is not given is what the account has at the
first price, up to what maintenance margin allows. Positions that share their margin count together.
"""

import numpy as np

from agents.account.account import OPEN, make_accounts
from agents.account.owner import ALONE
from agents.core.table import Accounts
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.extent import listing_counts
from model.state.account_book import Book, book_of, equity_and_notional
from model.state.population import LEAST_LEVERAGE, Contract, slots_per_listing, trader_terms

Array = np.ndarray


def given_population(scenario: Scenario, streams: Streams, contracts: list[Contract]) -> Accounts:
    """Return the accounts of all listings at the start, as the scenario's file says.

    Parameters
    ----------
    scenario : settled, with a file of accounts.
    streams : random numbers of the set-up.
    contracts : what each listing's accounts trade.
    """
    book, slots = book_of(scenario), slots_per_listing(scenario)
    accounts = make_accounts(slots * len(contracts))
    found, rows = book.positions, book.positions.listing * slots + book.slot
    accounts.size[rows] = accounts.anchor[rows] = found.size
    accounts.entry_price[rows], accounts.collateral[rows] = found.entry, found.collateral
    accounts.leverage[rows] = _leverage(book, contracts)
    wallet, strategy = _drawn(scenario, streams, book)
    accounts.wallet[rows] = np.where(np.isnan(found.wallet), wallet, found.wallet)
    accounts.strategy[rows] = np.where(found.strategy < 0, strategy, found.strategy)
    accounts.status[rows] = OPEN
    _share_margins(accounts, listing_counts(scenario), book, slots)
    return accounts


def given_owners(scenario: Scenario, rows: int) -> Array:
    """Return the number of each account's owner as the scenario's file says, (rows,); ALONE where there is none."""
    book, owner = book_of(scenario), np.full(rows, ALONE)
    owner[book.positions.listing * slots_per_listing(scenario) + book.slot] = book.positions.owner
    return owner


def _leverage(book: Book, contracts: list[Contract]) -> Array:
    """Return the leverage each owner will take, (rows,): the file's, or what the account has."""
    own, notional = equity_and_notional(book)
    highest = 1.0 / np.array([contract.maintenance for contract in contracts])[book.positions.listing]
    held = np.divide(notional, own, out=highest.copy(), where=own > notional / highest)
    return np.where(np.isnan(book.positions.leverage), np.maximum(held, LEAST_LEVERAGE), book.positions.leverage)


def _drawn(scenario: Scenario, streams: Streams, book: Book) -> tuple[Array, Array]:
    """Return wallets, USD, and strategies drawn for all positions, (rows,) each."""
    listing, number = book.positions.listing, max(book.number)
    terms = trader_terms(scenario.trader, listing_counts(scenario))
    wallet, strategy = (
        np.stack([streams.uniform(f"trader.{name}", i, size=number) for i in range(len(book.number))])
        for name in ("wallet", "strategy")
    )
    own, notional = equity_and_notional(book)
    size = np.abs(book.positions.size) * book.price[listing]
    equity = np.maximum(own, 0.0) * (size / notional)
    ratio = np.array([term.wallet_ratio for term in terms])[listing]
    code = np.searchsorted(terms[0].shares, strategy[listing, book.slot], side="right")
    return -ratio * equity * np.log1p(-wallet[listing, book.slot]), np.minimum(code, len(terms[0].shares) - 1)


def _share_margins(accounts: Accounts, counts: tuple[int, ...], book: Book, slots: int) -> None:
    """Mark the rows of owners with cross margin, those at listings where they have no position yet included.

    Parameters
    ----------
    accounts : (rows,) of all listings, written.
    counts : (protocols,) listings of each.
    book : the file's accounts.
    slots : of each listing.
    """
    several = np.array(counts)[book.protocol] > 1
    shared = np.flatnonzero(book.positions.cross & several)
    first = np.cumsum((0, *counts[:-1]))
    for number in range(max(counts)):
        has = shared[number < np.array(counts)[book.protocol[shared]]]
        rows = (first[book.protocol[has]] + number) * slots + book.slot[has]
        accounts.cross[rows], accounts.status[rows] = 1, OPEN
        flat = accounts.size[rows] == 0.0
        accounts.leverage[rows[flat]] = LEAST_LEVERAGE
