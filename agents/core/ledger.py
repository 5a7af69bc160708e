"""One ledger through which all money moves.

Money is held in named accounts, one balance per account and listing, protocol or pool, as the account has it: traders,
vaults, fees, shortfalls and frozen debt are a listing's; funds, treasuries, deficits and bad debt a protocol's, in the
first columns; what is the whole ecosystem's is in column 0.
Every movement is a :func:`transfer` from one account to another, so the sum over all accounts, the outside world
included, stays what it was at the start:

    Σ balances = 0,    Σ balances without the outside world = initial sum + what entered          (1)

Balances of the many are kept by their owners, row by row, and by a control account here (double entry with
subsidiary ledgers). After each phase that touches rows the two are compared: traders by their cash values
c − q (p₀ − Φ₀), which makes profit and loss cancel between traders and vault (see :mod:`agents.account.position`).
What does not agree within ``TOLERANCE`` of the money there,

    M = Σ |balances| without debts, the outside world and losses on their way,                 (2)

stops the run (:mod:`agents.core.audit`). M is what is held now; losses so far, which only grow, are not part of it. The
sum of all is allowed ``ROUNDING`` of the most there ever was besides, for its last bits.

Units: USD. Signs: assets of the holder > 0. Codes are NumPy integers: a kernel takes them as values, where it would be
compiled once more for every literal of Python's.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule

ACCOUNTS = (
    "trader",  # cash values of all positions, control account, either sign
    "wallet",  # traders' money outside the exchange, control account
    "vault",  # cash value of the vault, counterparty of every fill, either sign
    "fund",  # the protocol's own insurance fund
    "pool",  # shared pools, pool j in column j
    "treasury",  # the protocol's own capital
    "trading_fee",  # fees of this step, not yet distributed
    "liquidation_fee",  # liquidation fees of this step, not yet distributed
    "keeper",  # cash of all keepers, column 0, control account
    "provider",  # cash of liquidity providers, control account
    "deficit",  # losses on their way down the waterfall, <= 0, zero at the end of a step
    "bad_debt",  # losses nobody paid, <= 0
    "outside",  # the rest of the world, column 0, either sign
    "frozen_debt",  # losses carried until withdrawals or fees have repaid them, <= 0
    "lent",  # the part of the own fund that is lent out
    "pool_lent",  # the part of a pool that is lent out, column j
    "investor",  # cash of capital providers, column 0, control account
    "retrocession",  # the pool above all pools, column 0
    "shortfall",  # losses of a listing that its protocol has not taken on, or has handed back for its accounts to pay
    "transit",  # traders' money on its way to a listing from another protocol, control account
    "taken",  # cash value of positions that the backstop took over and has not sold yet, either sign
    "maker",  # cash values of market makers, by listing, their capital in the first, control account, either sign
)
TRADER, WALLET, VAULT, FUND, POOL, TREASURY, TRADING_FEE, LIQUIDATION_FEE = np.arange(8)
KEEPER, PROVIDER, DEFICIT, BAD_DEBT, OUTSIDE, FROZEN_DEBT, LENT, POOL_LENT = np.arange(8, 16)
INVESTOR, RETROCESSION, SHORTFALL, TRANSIT, TAKEN, MAKER = np.arange(16, 22)
MAY_BE_NEGATIVE = (TRADER, VAULT, DEFICIT, BAD_DEBT, OUTSIDE, FROZEN_DEBT, SHORTFALL, TAKEN, MAKER)
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

WHOLE = np.int64(0)
CONTRACTS, TOTAL, PRICE_RANGE, ROUNDS = np.array([-1, -2, -3, -4])
SPECIAL = {-1: "contracts", -2: "sum of all accounts"}
TOLERANCE = 1e-9
ROUNDING = 1e-6
"""Of the most that all balances came to: 1e-15 of it, a few last bits, is what sums lose by rounding, and that stays
lost when the money has gone."""
NO_MONEY = (DEFICIT, BAD_DEBT, OUTSIDE, FROZEN_DEBT, SHORTFALL)
OF_LISTINGS = (
    *(TRADER, WALLET, VAULT, TRADING_FEE, LIQUIDATION_FEE, PROVIDER, FROZEN_DEBT, SHORTFALL),
    *(TRANSIT, TAKEN, MAKER),
)
THERE = np.array([account not in NO_MONEY for account in range(len(ACCOUNTS))])

type Code = int | np.integer


class Book(NamedTuple):
    """The ledger as kernels take it."""

    balance: np.ndarray  # (accounts, listings) USD
    breach: np.ndarray  # (5,) the first breach: phase, account, protocol, difference, money there; -1 for none
    peak: np.ndarray  # (1,) USD, most that all balances came to in absolute value


class LedgerError(RuntimeError):
    """An accounting identity is violated; the message names account, protocol, step and phase."""


class PriceRangeError(RuntimeError):
    """A price is not finite, or so far from the first one that a double no longer holds both."""


class LoopError(RuntimeError):
    """A loop of a kernel did not end within the rounds it can need."""


@rule
def transfer(book: Book, payer: Code, payer_column: Code, payee: Code, payee_column: Code, amount: float) -> None:
    """Move `amount` USD (negative: the other way) from one account to another.

    Parameters
    ----------
    book : its balances are written.
    payer, payee : codes of accounts, indices into ``ACCOUNTS``.
    payer_column, payee_column : protocol, pool, or ``WHOLE``, as the account has it.
    amount : USD.
    """
    book.balance[payer, payer_column] -= amount
    book.balance[payee, payee_column] += amount


@rule
def pay(book: Book, payer: Code, payee: Code, protocol: Code, amount: float) -> None:
    """Move `amount` USD between two accounts of the same protocol.

    Parameters
    ----------
    book : its balances are written.
    payer, payee : codes of accounts, indices into ``ACCOUNTS``.
    protocol : column of both.
    amount : USD, negative: the other way.
    """
    transfer(book, payer, protocol, payee, protocol, amount)


@rule
def breach(book: Book, phase: Code, account: Code, protocol: Code, amount: float, scale: float) -> None:
    """Record the first breach; later ones are its consequences.

    Parameters
    ----------
    book : its breach is written, unless there is one.
    phase : code, index into ``PHASES``.
    account : code of an account, >= 0, or of another kind of breach, < 0.
    protocol : column of the account; index of the asset for prices and rounds.
    amount : difference, USD; of a price out of range, the price, USD per contract; of a loop, the rounds allowed.
    scale : money there, USD; of a price out of range or a loop, the price at the start, USD per contract.
    """
    if book.breach[0] < 0.0:
        book.breach[0], book.breach[1], book.breach[2] = phase, account, protocol
        book.breach[3], book.breach[4] = amount, scale


@rule
def check(book: Book, phase: Code, account: Code, protocol: Code, difference: float, scale: float) -> None:
    """Record a breach where a difference is not finite, or not zero within ``TOLERANCE`` of the `scale`.

    Parameters
    ----------
    book : a breach is written.
    phase : code, index into ``PHASES``.
    account : code of an account, ``CONTRACTS`` or ``TOTAL``.
    protocol : column of the account.
    difference : USD, either sign.
    scale : USD, >= 0, money that the difference is compared with.
    """
    if not abs(difference) <= TOLERANCE * (scale + 1.0):
        breach(book, phase, account, protocol, difference, scale)


def broken(found: np.ndarray, step: int) -> RuntimeError:
    """Return the error of a breach."""
    code, protocol, when = int(found[1]), int(found[2]), f"at step {step} in phase {PHASES[int(found[0])]!r}"
    if code == PRICE_RANGE:
        return PriceRangeError(
            f"prices left the range in which this model means anything: asset {protocol} stands at {found[3]:.6g} USD, "
            f"from {found[4]:.6g} USD before the first step, {when}"
        )
    if code == ROUNDS:
        return LoopError(f"a loop of asset or listing {protocol} did not end within {found[3]:.0f} rounds {when}")
    name, whose = SPECIAL.get(code) or ACCOUNTS[code], "listing" if code < 0 or code in OF_LISTINGS else "protocol"
    return LedgerError(
        f"account {name!r} of {whose} {protocol} is off by {found[3]:.6g} USD {when}: "
        f"more than {TOLERANCE:g} of the {found[4]:.6g} USD there"
    )


class Ledger:
    """The ledger of one run.

    Parameters
    ----------
    protocols : how many there are.
    listings : number of columns, no less; none: one a protocol.

    Attributes
    ----------
    book : what kernels read and write: `balance` (accounts, listings) USD; `breach` (5,) phase (−1: none), account or
        kind of breach, column, amount, what it is compared with (:mod:`agents.core.audit`); `peak` (1,) the most that
        all balances, regardless of sign, have come to, or have moved at once, USD.
    own : (accounts, protocols) USD, the columns of protocols and pools: the same memory.
    subsidiaries : control account → function that counts its owners' rows afresh, (listings,) USD.
    """

    def __init__(self, protocols: int, listings: int | None = None) -> None:
        self.book = Book(np.zeros((len(ACCOUNTS), listings or protocols)), np.full(5, -1.0), np.zeros(1))
        self.own = self.book.balance[:, :protocols]
        self.subsidiaries: dict[Code, Callable[[], np.ndarray]] = {}

    @property
    def balance(self) -> np.ndarray:
        """Balances, (accounts, listings), USD."""
        return self.book.balance

    def transfer(self, payer: Code, payee: Code, amounts: np.ndarray) -> None:
        """Move amounts between two accounts of the same protocols or listings, (protocols,) or (listings,) USD."""
        self.balance[payer, : len(amounts)] -= amounts
        self.balance[payee, : len(amounts)] += amounts

    def enter(self, account: Code, amounts: np.ndarray | float, column: Code | slice | None = None) -> None:
        """Let money enter an account, in its first columns unless one is named, from outside (negative: leave)."""
        self.balance[account, slice(np.size(amounts)) if column is None else column] += amounts
        self.balance[OUTSIDE, WHOLE] -= np.sum(amounts)

    def moved(self, amount: float) -> None:
        """Note that `amount` USD moved at once, which may be more than anybody had: sums round by its last bits."""
        self.book.peak[0] = max(self.book.peak[0], amount)

    def imbalance(self) -> float:
        """Return the conservation error relative to the money there (2), about 1e-16 when all is well.

        To that money comes ``ROUNDING`` of the most that all balances came to.

        The balances are counted afresh from the rows of traders, keepers and providers; with the outside world among
        them they must sum to zero.
        """
        counted = self.balance.copy()
        for account, count in self.subsidiaries.items():
            counted[account] = count()
        there = np.abs(counted[THERE]).sum() + ROUNDING * self.book.peak[0]
        return float(abs(counted.sum()) / max(there, 1.0))

    def stop_if_broken(self, step: int) -> None:
        """Raise the error of a breach written down by a kernel, naming what is wrong, step and phase."""
        if self.book.breach[0] >= 0.0:
            raise broken(self.book.breach, step)
