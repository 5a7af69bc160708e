"""One ledger through which all money moves.

Money is held in named accounts, one balance per account and protocol (those of the whole ecosystem in column 0).
Every movement is a :func:`transfer` from one account to another, so the sum over all accounts, the outside world
included, stays what it was at the start:

    Σ balances = 0,    Σ balances without the outside world = initial sum + what entered          (1)

Balances of the many are kept by their owners, row by row, and by a control account here (double entry with
subsidiary ledgers). After each phase that touches rows the two are compared: traders by their cash values
c − q (p₀ − Φ₀), which makes profit and loss cancel between traders and vault (see :mod:`agents.position`). A
difference above ``TOLERANCE`` of the gross amounts, a negative balance that cannot be negative, or contracts that do
not sum to zero is written down with phase, account and protocol, and stops the run.

Units: USD. Signs: assets of the holder > 0. Codes are NumPy integers: a kernel takes them as values, where it would be
compiled once more for every literal of Python's.
"""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from agents.kernel import kernel, part, rule

ACCOUNTS = (
    "trader",  # cash values of all positions, control account, either sign
    "wallet",  # traders' money outside the exchange, control account
    "vault",  # cash value of the vault, counterparty of every fill, either sign
    "fund",  # the protocol's own insurance fund
    "pool",  # shared pots, pot j in column j
    "treasury",  # the protocol's own capital
    "trading_fee",  # fees of this step, not yet distributed
    "liquidation_fee",  # liquidation fees of this step, not yet distributed
    "keeper",  # cash of all keepers, column 0, control account
    "provider",  # cash of liquidity providers, control account
    "deficit",  # losses on their way down the waterfall, <= 0, nil at the end of a step
    "bad_debt",  # losses nobody paid, <= 0
    "outside",  # the rest of the world, column 0, either sign
    "frozen_debt",  # losses carried until withdrawals or fees have repaid them, <= 0
    "lent",  # the part of the own fund that is lent out
    "pool_lent",  # the part of a pot that is lent out, column j
    "investor",  # cash of capital providers, column 0, control account
    "retrocession",  # the pool above all pots, column 0
)
TRADER, WALLET, VAULT, FUND, POOL, TREASURY, TRADING_FEE, LIQUIDATION_FEE = np.arange(8)
KEEPER, PROVIDER, DEFICIT, BAD_DEBT, OUTSIDE, FROZEN_DEBT, LENT, POOL_LENT = np.arange(8, 16)
INVESTOR, RETROCESSION = np.arange(16, 18)
MAY_BE_NEGATIVE = (TRADER, VAULT, DEFICIT, BAD_DEBT, OUTSIDE, FROZEN_DEBT)
SIGNED = np.array([account in MAY_BE_NEGATIVE for account in range(len(ACCOUNTS))])

PHASES = (
    "set-up",
    "shock",
    "price",
    "funding",
    "trade",
    "liquidation",
    "waterfall",
    "clearing",
    "capital",
    "record",
)
SET_UP, SHOCK, PRICE, FUNDING, TRADE, LIQUIDATION, WATERFALL, CLEARING, CAPITAL, RECORD = np.arange(10)

CONTRACTS, TOTAL = np.array([-1, -2])
WHOLE = np.int64(0)
SPECIAL = {-1: "contracts", -2: "sum of all accounts"}
TOLERANCE = 1e-9

type Code = int | np.integer
Book = namedtuple("Book", ["balance", "breach"])


class LedgerError(RuntimeError):
    """An accounting identity is violated; the message names account, protocol, step and phase."""


@rule
def transfer(book: Any, payer: Code, payer_column: Code, payee: Code, payee_column: Code, amount: float) -> None:
    """Move `amount` USD (negative: the other way) from one account to another."""
    book.balance[payer, payer_column] -= amount
    book.balance[payee, payee_column] += amount


@rule
def pay(book: Any, payer: Code, payee: Code, protocol: Code, amount: float) -> None:
    """Move `amount` USD between two accounts of the same protocol."""
    transfer(book, payer, protocol, payee, protocol, amount)


@rule
def breach(book: Any, phase: Code, account: Code, protocol: Code, amount: float) -> None:
    """Write down the first violated identity; later ones are its consequences."""
    if book.breach[0] < 0.0:
        book.breach[0], book.breach[1], book.breach[2], book.breach[3] = phase, account, protocol, amount


@rule
def check(book: Any, phase: Code, account: Code, protocol: Code, difference: float, scale: float) -> None:
    """Record a breach where a difference is not finite, or not nil within ``TOLERANCE`` of the gross `scale`."""
    if not abs(difference) <= TOLERANCE * (scale + 1.0):
        breach(book, phase, account, protocol, difference)


@rule
def reconcile(book: Any, exchange: Any, phase: Code) -> None:
    """Compare rows with control accounts and contracts with zero, for every protocol; cost a few additions each.

    Contracts are rounded as they were traded, so their sum is judged by the most there ever were, at today's mark.
    """
    balance, bases, collaterals, wallets = book.balance, exchange.basis, exchange.collateral, exchange.wallet
    longs, shorts, vaults = exchange.long_size, exchange.short_size, exchange.vault_size
    peaks, marks = exchange.peak_size, exchange.mark
    for i in range(exchange.shape[0]):
        scale = abs(bases[i])
        for account in range(balance.shape[0]):
            scale += abs(balance[account, i])
        peaks[i] = max(peaks[i], longs[i] + shorts[i])
        check(book, phase, TRADER, i, collaterals[i] - bases[i] - balance[TRADER, i], scale)
        check(book, phase, WALLET, i, wallets[i] - balance[WALLET, i], scale)
        contracts = longs[i] - shorts[i] + vaults[i]
        check(book, phase, CONTRACTS, i, contracts * marks[i], scale + peaks[i] * marks[i])


@part
def audit(book: Any, phase: Code) -> None:
    """Check that all balances sum to zero and that none is negative that cannot be, rounding apart."""
    total = gross = 0.0
    for account in range(book.balance.shape[0]):
        for i in range(book.balance.shape[1]):
            total += book.balance[account, i]
            gross += abs(book.balance[account, i])
    check(book, phase, TOTAL, WHOLE, total, gross)
    for account in range(book.balance.shape[0]):
        for i in range(book.balance.shape[1]):
            if book.balance[account, i] < 0.0 and not SIGNED[account]:
                check(book, phase, account, i, book.balance[account, i], gross)


@kernel
def reconcile_all(book: Any, exchange: Any, phase: Code) -> None:
    """Reconcile rows and audit balances after a phase that ran in Python."""
    reconcile(book, exchange, phase)
    audit(book, phase)


class Ledger:
    """The ledger of one run.

    Parameters
    ----------
    protocols : number of columns.

    Attributes
    ----------
    book : what kernels read and write: `balance` (accounts, protocols) USD; `breach` (4,) phase (−1: none), account,
        protocol, amount.
    subsidiaries : control account → function that counts its owners' rows afresh, (protocols,) USD.
    """

    def __init__(self, protocols: int) -> None:
        self.book = Book(np.zeros((len(ACCOUNTS), protocols)), np.full(4, -1.0))
        self.subsidiaries: dict[Code, Callable[[], np.ndarray]] = {}

    @property
    def balance(self) -> np.ndarray:
        """Balances, (accounts, protocols), USD."""
        return self.book.balance

    def transfer(self, payer: Code, payee: Code, amounts: np.ndarray) -> None:
        """Move amounts between two accounts, protocol by protocol, (protocols,) USD."""
        self.balance[payer] -= amounts
        self.balance[payee] += amounts

    def enter(self, account: Code, amounts: np.ndarray | float, column: Code | slice = slice(None)) -> None:
        """Let money enter an account from the outside world (negative: leave)."""
        self.balance[account, column] += amounts
        self.balance[OUTSIDE, WHOLE] -= np.sum(amounts)

    def imbalance(self) -> float:
        """Return the conservation error relative to the gross amounts, about 1e-16 when all is well.

        The balances are counted afresh from the rows of traders, keepers and providers; with the outside world among
        them they must sum to nil.
        """
        counted = self.balance.copy()
        for account, count in self.subsidiaries.items():
            counted[account] = count()
        return float(abs(counted.sum()) / max(np.abs(counted).sum(), 1.0))

    def stop_if_broken(self, step: int) -> None:
        """Raise LedgerError naming account, protocol, step and phase if an identity was violated."""
        if self.book.breach[0] < 0.0:
            return
        phase, account, protocol, amount = self.book.breach
        name = SPECIAL.get(int(account)) or ACCOUNTS[int(account)]
        raise LedgerError(
            f"account {name!r} of protocol {int(protocol)} is off by {amount:.6g} "
            f"at step {step} in phase {PHASES[int(phase)]!r}"
        )
