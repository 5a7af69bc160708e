"""The successor to the position of a closed vault.

The vault is closed and its loss booked within the liquidations (:mod:`agents.provider.vault_closing`). By
``deleverage`` its contracts are then handed to accounts in profit on the other side, at the mark, so that no price
moves and nobody pays:

    nᵢ ≤ |qᵢ|,    Σ n = min(|v|, Σ |q| of those in profit)                                     (1)

divided by the venue's ranking (``loss.ranking``), in order or in proportion. What is not collected so, and by
``takeover`` everything, the successor holds with capital from outside. Units: contracts.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.table import Exchanges
from model.backstop.loss_regime.allocation import allot
from model.backstop.loss_regime.deleveraging import close, line_up_winners
from model.backstop.loss_regime.room import Room
from model.backstop.loss_regime.score import RankingCode, ranking_code
from model.scenario import Scenario


class Closed(NamedTuple):
    """What is remembered of vaults."""

    closed: np.ndarray  # (protocols,) 1 where the vault had been closed by the last step, else 0


class SuccessionTerms(NamedTuple):
    """Constants of the passing on of closed vaults' positions."""

    ranking: RankingCode
    reaction: float  # fall of a trader's leverage appetite per fraction of equity lost
    key: np.uint64  # names the draws of a random ranking


@lean_rule
def newly_closed(exchange: Exchanges, closed: Closed) -> bool:
    """Tell whether any vault was closed in this step."""
    found = False
    for i in range(closed.closed.shape[0]):
        found |= exchange.vault_closed[i] > closed.closed[i]
    return found


@lean_kernel
def pass_on_vaults(venue: Venue, closed: Closed, terms: SuccessionTerms, room: Room, step: int) -> bool:
    """Close winners against the positions of vaults closed in this step by (1); return whether one was.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    closed : written.
    terms : constants.
    room : lists, written.
    step : present step, for lots.
    """
    found, exchange = False, venue.exchange
    for i in range(closed.closed.shape[0]):
        if exchange.vault_closed[i] > closed.closed[i]:
            size = exchange.vault_size[i]
            count = line_up_winners(venue, terms.ranking, terms.key, room, i, np.sign(size), step)
            allot(terms.ranking.way, room.score, room.size, count, abs(size), room)
            for at in range(count):
                room.gap[at] = 0.0
            close(venue, i, room.row[:count], room.given, room.gap, terms.reaction)
            closed.closed[i] = 1.0
            found = True
    return found


class Succession:
    """The passing on of closed vaults' positions in one run.

    Parameters
    ----------
    scenario : all parameters.
    key : names the draws of a random ranking.
    venue : tables and book.

    Attributes
    ----------
    terms : constants; None where a successor takes everything over.
    """

    def __init__(self, scenario: Scenario, key: int, venue: Venue) -> None:
        self.terms = None
        if scenario.protocol.vault_closure == "deleverage":
            ranking = ranking_code(scenario.loss.ranking)
            self.terms = SuccessionTerms(ranking, float(scenario.trader.haircut_reaction), np.uint64(key))
        self.memory = Closed(venue.exchange["vault_closed"].copy())
