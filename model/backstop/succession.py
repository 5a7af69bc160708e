"""The positions that a vault does not keep: those of a closed one, and what is taken over beyond its cap.

The vault is closed and its loss booked within the liquidations (:mod:`agents.provider.vault_closing`). By
``deleverage`` its contracts are then handed to accounts in profit on the other side, at the mark, so that no price
moves and nobody pays:

    nᵢ ≤ |qᵢ|,    Σ n = min(|v|, Σ |q| of those in profit)                                     (1)

divided by the venue's ranking (``loss.ranking``), in order or in proportion. What is not collected so, and by
``takeover`` everything, the successor holds with capital from outside.

What a vault took over beyond its cap (:mod:`agents.exchange.control.takeover`) is handed on in the same way, whatever
becomes of closed vaults, v in (1) being those contracts; what nobody in profit is there to take stays with the vault.
Units: contracts.
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
    closures: bool  # whether closed vaults' positions are handed on too


@lean_rule
def newly_closed(exchange: Exchanges, closed: Closed) -> bool:
    """Tell whether any vault was closed in this step, or took over more than it may keep."""
    found = False
    for i in range(closed.closed.shape[0]):
        found |= exchange.vault_closed[i] > closed.closed[i] or exchange.excess_long[i] + exchange.excess_short[i] > 0.0
    return found


@lean_kernel
def hand_to_winners(venue: Venue, terms: SuccessionTerms, room: Room, protocol: int, size: float, step: int) -> None:
    """Close winners against `size` contracts of a vault's position at the mark by (1).

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    terms : constants.
    room : lists, written.
    protocol : index.
    size : contracts, short < 0, what the vault gets rid of.
    step : present step, for lots.
    """
    count = line_up_winners(venue, terms.ranking, terms.key, room, protocol, np.sign(size), step)
    allot(terms.ranking.way, room.score, room.size, count, abs(size), room)
    for at in range(count):
        room.gap[at] = 0.0
    close(venue, protocol, room.row[:count], room.given, room.gap, terms.reaction)


@lean_kernel
def pass_on_vaults(venue: Venue, closed: Closed, terms: SuccessionTerms, room: Room, step: int) -> bool:
    """Close winners against what vaults do not keep by (1); return whether there was any.

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
        longs, shorts = exchange.excess_long[i], exchange.excess_short[i]
        if exchange.vault_closed[i] > closed.closed[i] and terms.closures:
            hand_to_winners(venue, terms, room, i, exchange.vault_size[i], step)
            found = True
        else:
            if longs > 0.0:
                hand_to_winners(venue, terms, room, i, longs, step)
            if shorts > 0.0:
                hand_to_winners(venue, terms, room, i, -shorts, step)
            found |= longs + shorts > 0.0
        closed.closed[i] = max(closed.closed[i], exchange.vault_closed[i])
        exchange.excess_long[i] = exchange.excess_short[i] = 0.0
    return found


class Succession:
    """The passing on of positions that vaults do not keep, in one run.

    Parameters
    ----------
    scenario : all parameters.
    key : names the draws of a random ranking.
    venue : tables and book.

    Attributes
    ----------
    terms : constants; None where a successor takes everything over and vaults keep all they take over.
    """

    def __init__(self, scenario: Scenario, key: int, venue: Venue) -> None:
        self.terms = None
        closures = scenario.protocol.vault_closure == "deleverage"
        if closures or (scenario.control.takeover and scenario.control.takeover_cap):
            ranking = ranking_code(scenario.loss.ranking)
            self.terms = SuccessionTerms(ranking, float(scenario.trader.haircut_reaction), np.uint64(key), closures)
        self.memory = Closed(venue.exchange["vault_closed"].copy())
