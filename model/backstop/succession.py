"""The successor to the position of a closed vault.

The vault is closed and its loss booked within the liquidations (:mod:`agents.provider.vault_closing`). By
``deleverage`` its contracts are then handed to accounts in profit on the other side, at the mark, so that no price
moves and nobody pays:

    nᵢ ≤ |qᵢ|,    Σ n = min(|v|, Σ |q| of those in profit)                                     (1)

divided by the venue's ranking (``loss.ranking``), in order or in proportion. What is not placed so, and by ``takeover``
everything, the successor holds with capital from outside. Units: contracts.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from model.backstop.loss_regime.base import Terms
from model.backstop.loss_regime.deleveraging import AutoDeleveraging, close
from model.scenario import Scenario
from model.scenario.registry import RANKINGS


class Closed(NamedTuple):
    """What is remembered of vaults."""

    closed: np.ndarray  # (protocols,) 1 where the vault had been closed by the last step, else 0


class Succession:
    """The passing on of closed vaults' positions in one run.

    Parameters
    ----------
    scenario : all parameters.
    key : names the draws of a random ranking.
    venue : tables and book.
    """

    def __init__(self, scenario: Scenario, key: int, venue: Venue) -> None:
        self.venue = venue
        self.deleverages = scenario.protocol.vault_closure == "deleverage"
        self.winners = AutoDeleveraging(Terms(scenario.loss.ranking), scenario.trader.haircut_reaction, key)
        self.memory = Closed(venue.exchange["vault_closed"].copy())
        self.closed = self.memory.closed

    def pass_on(self, step: int) -> bool:
        """Deleverage against the vaults closed in this step, where that is the rule; return whether one was."""
        if not self.deleverages:
            return False
        fresh = np.flatnonzero(self.venue.exchange["vault_closed"] > self.closed)
        for i in fresh:
            self.deleverage(int(i), step)
        self.closed[fresh] = 1.0
        return bool(len(fresh))

    def deleverage(self, protocol: int, step: int) -> None:
        """Close winners against the position of one closed vault by (1)."""
        size = float(self.venue.exchange["vault_size"][protocol])
        rows, standing = self.winners.winners(self.venue, protocol, float(np.sign(size)), step)
        ranking = RANKINGS[self.winners.terms.ranking]
        contracts = ranking.allot(ranking.score(standing), np.abs(standing.size), abs(size))
        close(self.venue, protocol, rows, contracts, np.zeros(len(rows)), self.winners.reaction)
