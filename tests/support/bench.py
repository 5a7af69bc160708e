"""The model's own waterfall on losses given from outside: many protocols, no market."""

from typing import Any

import numpy as np

from agents.account.account import BLOCK, make_accounts, make_blocks
from agents.account.margin_tier import make_tiers
from agents.core.books import Venue
from agents.core.column import bare
from agents.core.kernel import kernel
from agents.core.ledger import DEFICIT, FUND, OUTSIDE, POOL, TRADING_FEE, TREASURY, WHOLE, Ledger
from agents.exchange.exchange import Exchange
from agents.protocol.protocol import Protocol
from agents.reinsurer.reinsurer import Reinsurer
from model.backstop.loss_regime.base import Terms as LossTerms
from model.backstop.loss_regime.chain import Chain
from model.backstop.waterfall import Waterfall
from model.market.fee import CapitalTerms, share_fees
from model.scenario.registry import REGIMES, STRUCTURES
from model.scenario.section.backstop import BackstopSection


@kernel
def distribute(book: Any, exchange: Any, protocol: Any, pool: Any, entitlement: np.ndarray, terms: Any) -> None:
    """Share out every protocol's fees, as phase 8 does."""
    for i in range(entitlement.shape[0]):
        share_fees(book, exchange, protocol, pool, entitlement, i, terms)


class Bench:
    """Funds and pools of one structure with bad debt as loss regime.

    Parameters
    ----------
    structure : its name.
    capital : (members,) USD.
    backstop : parameters of the backstop section.
    """

    def __init__(self, structure: str, capital: Any, **backstop: Any) -> None:
        terms = BackstopSection(structure=structure, **backstop)
        self.structure = STRUCTURES[structure](terms, np.asarray(capital, dtype=float))
        members = len(capital)
        self.ledger = Ledger(members)
        self.ledger.enter(FUND, self.structure.own_capital)
        self.ledger.enter(TREASURY, self.structure.on_call)
        self.ledger.enter(POOL, self.structure.pool_capital, slice(self.structure.pots))
        self.protocol, self.pool = Protocol.make_table(members), Reinsurer.make_table(self.structure.pots)
        self.protocol.exhausted_step[:] = self.pool.exhausted_step[:] = -1
        exchange, rows = bare(Exchange.make_table(members)), members * BLOCK
        exchange["protocol"] = np.arange(members)
        self.venue = Venue(make_accounts(rows), bare(make_blocks(rows)), exchange, self.ledger.book, bare(make_tiers()))
        regimes = (REGIMES["bad_debt"](LossTerms(), 0.0, 7) for _ in range(2))
        self.waterfall = Waterfall(self.structure, Chain(*regimes))
        own = np.full(members, float(self.structure.own_share))
        limit = np.full(members, np.inf)
        whole, none = np.ones(members), np.zeros(members)
        calm = dict.fromkeys(CapitalTerms._fields, 0.0) | {
            "vault": none,
            "fund": whole,
            "own_share": own,
            "holds": True,
            "minutes": 1.0,
        }
        self.terms = CapitalTerms(
            **calm | {"pool_of": self.structure.pool_of, "target": limit, "strain": np.zeros(members)}
        )

    def earn(self, fees: np.ndarray) -> None:
        """Let fees come in and reach funds and pools, (members,) USD >= 0."""
        self.ledger.enter(TRADING_FEE, fees)
        stakes = self.structure.entitlement
        distribute(self.ledger.book, self.venue.exchange, self.protocol, self.pool, stakes, self.terms)

    def lose(self, losses: np.ndarray, step: int = 0) -> None:
        """Send losses down the waterfall, (members,) USD >= 0."""
        self.ledger.balance[DEFICIT] -= losses
        self.ledger.balance[OUTSIDE, WHOLE] += losses.sum()
        arrival = np.linspace(0.01, 0.99, len(losses))
        self.waterfall.absorb(self.venue, self.ledger, self.protocol, self.pool, arrival, step)

    @property
    def fails(self) -> np.ndarray:
        """Which members' losses were not covered, (members,) bool."""
        return np.array(self.protocol.uncovered > 0.0)
