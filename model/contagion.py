"""Phase 7: bad debt is paid from treasuries, and where it cannot be, default spreads along the exposures.

Protocol i has treasury Tᵢ, bad debt Bᵢ owed to its traders, and owes Lᵢⱼ to protocol j. While Tᵢ ≥ Bᵢ everywhere the
treasury simply pays. Otherwise i defaults, which closes out the network: everything owed falls due and is settled at
the greatest clearing vector (:func:`model.clearing.settle`) with external assets T and outside debt B, which ranks
first or equally; protocols that cannot pay once their claims are cut default in later waves. What bankruptcy destroys
leaves the ecosystem; the exposures are gone. What becomes of the defaulters is the matter of :mod:`model.resolution`:
tearing up their positions may add bad debt, so that clearing is repeated until nobody fails anew. Units: USD.
"""

from typing import Any

import numpy as np

from agents.ledger import BAD_DEBT, OUTSIDE, TREASURY, Ledger
from agents.protocol import DEFAULTED, standing
from agents.venue import Venue
from model.clearing import Settlement, settle
from model.foundation import treasuries
from model.network import liabilities
from model.resolution import Continue, Cover, make_resolution
from model.scenario import Scenario
from model.scenario.exposure import ExposureSection
from model.streams import Streams

DUST = 1e-6


class Contagion:
    """The exposure network of a run and what defaults do to it.

    Parameters
    ----------
    liabilities : (P, P) USD, row owes column.
    exposure : recoveries and seniority of the clearing.
    resolution : what becomes of defaulters.
    venue : tables of accounts and exchanges, for winding up.

    Attributes
    ----------
    liabilities : what is still owed; nil once the network was closed out.
    """

    def __init__(self, liabilities: np.ndarray, exposure: ExposureSection, resolution: Continue, venue: Venue) -> None:
        self.liabilities = liabilities
        self.exposure, self.resolution, self.venue = exposure, resolution, venue

    def clear(self, protocol: Any, ledger: Ledger, step: int) -> bool:
        """Let halted protocols resume, pay bad debt from treasuries, settle defaults; return whether money moved."""
        resumed = self.resolution.resume(protocol, ledger, step)
        return self._pay(protocol, ledger, step) or resumed

    def _pay(self, protocol: Any, ledger: Ledger, step: int) -> bool:
        if not ledger.balance[BAD_DEBT].any():
            return False
        treasury, debt = ledger.balance[TREASURY], -ledger.balance[BAD_DEBT]
        payable, alive = np.minimum(treasury, debt), standing(protocol)
        if not payable.any() and not ((debt > DUST) & alive).any():
            return False
        if ((debt > treasury + DUST) & alive).any():
            self._close_out(protocol, ledger, alive, step)
        else:
            protocol.paid_treasury[:] += payable
            ledger.transfer(TREASURY, BAD_DEBT, payable)
        return True

    def _close_out(self, protocol: Any, ledger: Ledger, alive: np.ndarray, step: int) -> None:
        failed = np.zeros(len(alive), dtype=bool)
        outcome = self._settle(ledger, alive)
        while self.resolution.halt(self.venue, protocol, outcome.default & alive & ~failed, step):
            failed |= outcome.default
            outcome = self._settle(ledger, alive)
        self._book(protocol, ledger, outcome)
        mark_defaults(protocol, outcome, step)
        self.resolution.distribute(self.venue, outcome.default & alive)

    def _settle(self, ledger: Ledger, alive: np.ndarray) -> Settlement:
        treasury, debt = ledger.balance[TREASURY], -ledger.balance[BAD_DEBT]
        rules = self.exposure
        return settle(self.liabilities, treasury * alive, rules.alpha, rules.beta, debt * alive, rules.seniority)

    def _book(self, protocol: Any, ledger: Ledger, outcome: Settlement) -> None:
        """Move the money of a settlement; what bankruptcy destroys goes outside."""
        treasury = ledger.balance[TREASURY]
        protocol.paid_treasury[:] += outcome.outside
        ledger.transfer(TREASURY, BAD_DEBT, outcome.outside)
        treasury += outcome.received - outcome.payments - outcome.lost
        ledger.balance[OUTSIDE, 0] += outcome.lost.sum()
        treasury[np.abs(treasury) < DUST] = np.maximum(treasury[np.abs(treasury) < DUST], 0.0)
        self.liabilities = np.zeros_like(self.liabilities)


def make_contagion(scenario: Scenario, streams: Streams, venue: Venue, cover: Cover) -> Contagion:
    """Return the exposures of a scenario at the start; protocols are named ``protocol_0`` and so on."""
    exposure, names = scenario.exposure, [f"protocol_{i}" for i in range(scenario.protocol.number)]
    treasury = treasuries(scenario)
    owed = liabilities(exposure, treasury, streams.generator("exposure"), names)
    return Contagion(owed, exposure, make_resolution(scenario, cover), venue)


def mark_defaults(protocol: Any, outcome: Settlement, step: int) -> None:
    """Write status, cause (1 own loss, 2 exposure), wave and step of every new default."""
    new = outcome.default & (protocol.status != DEFAULTED)
    protocol.status[new] = DEFAULTED
    protocol.default_step[new] = step
    protocol.wave[new] = outcome.waves[new]
    protocol.cause[new] = np.where(outcome.waves[new] == 0, 1, 2)
