"""The audit of the ledger after a phase, and of the range of prices.

Rows are compared with control accounts, contracts with zero, and the sum of all balances, counted from the rows, with
zero. Each difference is judged by the money there, (2) of :mod:`agents.core.ledger`; contracts, at the mark, by that
and by the positions they belong to, with ``ROUNDING`` of the most there were, whose last bits stay when they are
closed. A breach is recorded in the book, and the run stops when it is next checked.

Prices are judged too. A double has 53 bits: where a price is ``FARTHEST`` times the first one, what was paid at the
start is less than its last bit, so that gains and losses of old positions are noise; and no perpetual was ever quoted
so far from its first price.
"""

import numpy as np

from agents.core.kernel import inline, kernel, rule
from agents.core.ledger import (
    CONTRACTS,
    PRICE_RANGE,
    ROUNDING,
    SIGNED,
    THERE,
    TOTAL,
    TRADER,
    WALLET,
    WHOLE,
    Book,
    Code,
    breach,
    check,
)
from agents.core.table import Exchanges

FARTHEST = 1e15
"""Largest ratio of a price to the first one, up or down."""


@rule
def money_there(balance: np.ndarray) -> float:
    """Return M, (2) of :mod:`agents.core.ledger`, USD."""
    even = odd = 0.0  # two sums, as an addition has to wait for the one before
    columns = balance.shape[1]
    for account in range(balance.shape[0]):
        if THERE[account]:
            for i in range(1, columns, 2):
                even += abs(balance[account, i - 1])
                odd += abs(balance[account, i])
            even += abs(balance[account, columns - 1]) if columns % 2 else 0.0
    return even + odd


@rule
def reconcile(book: Book, exchange: Exchanges, phase: Code) -> float:
    """Compare rows with control accounts and contracts with zero, for every protocol; return M, USD."""
    balance, bases, collaterals, wallets = book.balance, exchange.basis, exchange.collateral, exchange.wallet
    longs, shorts, vaults, taken = exchange.long_size, exchange.short_size, exchange.vault_size, exchange.taken_size
    makers, outside = exchange.maker_size, exchange.outside_size
    peaks, marks = exchange.peak_size, exchange.mark
    money = money_there(balance)
    for i in range(exchange.shape[0]):
        peaks[i] = max(peaks[i], longs[i] + shorts[i])
        check(book, phase, TRADER, i, collaterals[i] - bases[i] - balance[TRADER, i], money)
        check(book, phase, WALLET, i, wallets[i] - balance[WALLET, i], money)
        contracts = longs[i] - shorts[i] + vaults[i] + taken[i] + makers[i] + outside[i]
        others = abs(vaults[i]) + abs(taken[i]) + abs(makers[i]) + abs(outside[i])
        held = longs[i] + shorts[i] + others + ROUNDING * peaks[i]
        check(book, phase, CONTRACTS, i, contracts * marks[i], money + held * marks[i])
    return money


@inline
def audit(book: Book, exchange: Exchanges, phase: Code) -> None:
    """Check that all balances, counted from the rows, sum to zero and none is negative that cannot be."""
    balance, total, money = book.balance, 0.0, money_there(book.balance)
    for i in range(exchange.shape[0]):
        total += exchange.collateral[i] - exchange.basis[i] - balance[TRADER, i]
        total += exchange.wallet[i] - balance[WALLET, i]
    whole = 0.0
    for account in range(balance.shape[0]):
        for i in range(balance.shape[1]):
            total += balance[account, i]
            whole += abs(balance[account, i])
    book.peak[0] = max(book.peak[0], whole)
    check(book, phase, TOTAL, WHOLE, total, money + ROUNDING * book.peak[0])
    for account in range(balance.shape[0]):
        for i in range(balance.shape[1]):
            if balance[account, i] < 0.0 and not SIGNED[account]:
                check(book, phase, account, i, balance[account, i], money)


@rule
def check_price(book: Book, phase: Code, k: int, price: float, first: float) -> None:
    """Record a breach where the price of asset k is not finite or too far from its first one.

    Parameters
    ----------
    book : the ledger's; a breach is written.
    phase : code, index into ``PHASES``.
    k : index of the asset.
    price, first : USD per contract, now and before the first step; `first` > 0.
    """
    if not (price <= first * FARTHEST and first <= price * FARTHEST):
        breach(book, phase, PRICE_RANGE, k, price, first)


@kernel
def reconcile_all(book: Book, exchange: Exchanges, phase: Code) -> None:
    """Reconcile rows and audit balances after a phase that ran in Python."""
    reconcile(book, exchange, phase)
    audit(book, exchange, phase)
