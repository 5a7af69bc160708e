"""A venue of one protocol made by hand, on which a loss regime can be tried without a market."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.account.account import BLOCK, level_all, make_accounts, make_blocks, recount
from agents.account.margin_tier import make_tiers
from agents.core.audit import reconcile_all
from agents.core.books import Venue
from agents.core.column import bare
from agents.core.ledger import OUTSIDE, SET_UP, SHORTFALL, TRADER, VAULT, WALLET, Ledger
from agents.exchange.exchange import Exchange
from model.backstop.loss_regime.base import Terms
from model.backstop.loss_regime.chain import Chain, Collected
from model.scenario.registry import REGIMES

# size, entry price, collateral, wallet, profit realised since the settlement; settled at 100, marked at 90
CROWD = (
    (-10.0, 100.0, 300.0, 50.0, 30.0),
    (-5.0, 120.0, 50.0, 0.0, 10.0),
    (-20.0, 91.0, 400.0, 900.0, -40.0),
    (-1.0, 101.0, 1000.0, 10.0, 0.0),
    (-2.0, 80.0, 60.0, 5.0, 25.0),
    (12.0, 99.0, 260.0, 20.0, -30.0),
    (3.0, 70.0, 40.0, 7.0, 12.0),
    (0.0, 0.0, 0.0, 200.0, 80.0),
)
LONG_FAILED = {"bankrupt_long": 16.0, "bankrupt_long_value": 16.0 * 95.0}


@dataclass
class LossCase:
    """One protocol with a vault on the other side of its accounts, and a regime begun at the settlement price.

    Parameters
    ----------
    regime, terms, reaction, fallback : the loss regime.
    crowd : accounts, as ``CROWD``.
    money : factor on all prices and balances.
    """

    regime: str
    crowd: Any = CROWD
    money: float = 1.0
    terms: Terms = field(default_factory=Terms)
    reaction: float = 0.0
    fallback: str = "bad_debt"
    failed: dict[str, float] = field(default_factory=lambda: LONG_FAILED)

    def __post_init__(self) -> None:
        self.count, self.accounts = len(self.crowd), make_accounts(BLOCK)
        size, entry, collateral, wallet, realised = np.array(self.crowd).T
        for name, values in (("size", size), ("entry_price", self.money * entry), ("wallet", self.money * wallet)):
            getattr(self.accounts, name)[: self.count] = values
        self.accounts.collateral[: self.count] = self.money * collateral
        self.accounts.leverage[: self.count] = 10.0
        self.exchange, self.ledger = Exchange.make_table(1), Ledger(1)
        self.exchange.mark[0], self.exchange.maintenance[0] = 100.0 * self.money, 0.05
        self.blocks = make_blocks(BLOCK)
        self.venue = Venue(self.accounts, bare(self.blocks), bare(self.exchange), self.ledger.book, bare(make_tiers()))
        self.open_books()
        self.chain = Chain(*(REGIMES[name](self.terms, self.reaction, 7) for name in (self.regime, self.fallback)))
        self.chain.begin(self.venue)
        self.exchange.mark[0] = 90.0 * self.money
        self.accounts.realised[: self.count] = self.money * realised
        self.exchange.bankrupt_long[0] = self.failed.get("bankrupt_long", 0.0)
        self.exchange.bankrupt_long_value[0] = self.money * self.failed.get("bankrupt_long_value", 0.0)

    def open_books(self) -> None:
        """Give the vault the other side and let all money enter."""
        level_all(self.accounts)
        recount(self.accounts, self.venue.blocks, self.venue.exchange)
        self.exchange.vault_size[:] = self.exchange.short_size - self.exchange.long_size
        self.ledger.enter(TRADER, self.exchange.collateral - self.exchange.basis)
        self.ledger.enter(WALLET, self.exchange.wallet)
        self.ledger.enter(VAULT, 1e4 * self.money)

    def owe(self, loss: float) -> None:
        """Let a deficit of `loss` USD, before ``money``, arise."""
        self.ledger.balance[SHORTFALL, 0] -= self.money * loss
        self.ledger.balance[OUTSIDE, 0] += self.money * loss

    def collect_loss(self, loss: float, step: int = 0) -> Collected:
        """Let a deficit arise and the regime collect it; audit the books."""
        self.owe(loss)
        collected = self.chain.collect_loss(self.venue, 0, self.money * loss, step)
        self.audit()
        return collected

    def advance(self, step: int = 0) -> bool:
        """Let the regime do what is due at the end of a step; audit the books."""
        moved = self.chain.advance(self.venue, step)
        self.audit()
        return moved

    def audit(self) -> None:
        """Assert that rows, control accounts and contracts agree, and that nothing is negative that cannot be."""
        recount(self.accounts, self.venue.blocks, self.venue.exchange)
        reconcile_all(self.ledger.book, self.venue.exchange, SET_UP)
        assert self.ledger.book.breach[0] < 0, self.ledger.book.breach
        assert (self.accounts.collateral >= 0).all() and (self.accounts.wallet >= 0).all()
        contracts = self.exchange.long_size - self.exchange.short_size + self.exchange.vault_size
        assert abs(contracts[0]) < 1e-9

    @property
    def gain(self) -> np.ndarray:
        """Unrealised profit of every account, USD."""
        accounts = self.accounts
        owed = self.exchange.funding_index[0] - accounts.entry_funding
        return (accounts.size * (self.exchange.mark[0] - accounts.entry_price - owed))[: self.count]

    @property
    def equity(self) -> np.ndarray:
        """Collateral plus unrealised profit, USD."""
        return self.accounts.collateral[: self.count] + self.gain

    @property
    def wealth(self) -> np.ndarray:
        """Equity plus wallet, USD."""
        return self.equity + self.accounts.wallet[: self.count]
