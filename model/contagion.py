"""Phase 7: bad debt is paid from treasuries, and where it cannot be, default spreads along the exposures.

Protocol i has treasury Tᵢ, bad debt Bᵢ owed to its traders, who rank first, and owes Lᵢⱼ to protocol j. While Tᵢ ≥ Bᵢ
everywhere the treasury simply pays. Otherwise i defaults, which closes out the network: everything owed falls due and
is settled at the greatest clearing vector (:func:`model.clearing.settle`) with external assets T and senior debt B;
protocols that cannot pay once their claims are cut default in later waves. What bankruptcy destroys leaves the
ecosystem; the exposures are gone. Units: USD.
"""

from typing import Any

import numpy as np

from agents.ledger import BAD_DEBT, OUTSIDE, TREASURY, Ledger
from agents.protocol import DEFAULTED
from model.clearing import Settlement, settle
from model.foundation import treasuries
from model.network import liabilities
from model.scenario import Scenario
from model.streams import Streams

DUST = 1e-6


class Contagion:
    """The exposure network of a run and what defaults do to it.

    Parameters
    ----------
    liabilities : (P, P) USD, row owes column.
    alpha, beta : recovered parts of a defaulter's external assets and of what it receives.

    Attributes
    ----------
    liabilities : what is still owed; nil once the network was closed out.
    """

    def __init__(self, liabilities: np.ndarray, alpha: float, beta: float) -> None:
        self.liabilities = liabilities
        self.alpha, self.beta = alpha, beta

    def clear(self, protocol: Any, ledger: Ledger, step: int) -> bool:
        """Pay bad debt from treasuries and settle defaults; return whether there was bad debt to pay."""
        if not ledger.balance[BAD_DEBT].any():
            return False
        treasury, debt = ledger.balance[TREASURY], -ledger.balance[BAD_DEBT]
        payable = np.minimum(treasury, debt)
        if not payable.any() and not ((debt > DUST) & (protocol.status != DEFAULTED)).any():
            return False
        if ((debt > treasury + DUST) & (protocol.status != DEFAULTED)).any():
            self._close_out(protocol, ledger, debt, step)
        else:
            protocol.paid_treasury[:] += payable
            ledger.transfer(TREASURY, BAD_DEBT, payable)
        return True

    def _close_out(self, protocol: Any, ledger: Ledger, debt: np.ndarray, step: int) -> None:
        treasury, alive = ledger.balance[TREASURY], protocol.status != DEFAULTED
        outcome = settle(self.liabilities, treasury * alive, self.alpha, self.beta, outside=debt * alive)
        protocol.paid_treasury[:] += outcome.outside
        ledger.transfer(TREASURY, BAD_DEBT, outcome.outside)
        treasury += outcome.received - outcome.payments - outcome.lost
        ledger.balance[OUTSIDE, 0] += outcome.lost.sum()
        treasury[np.abs(treasury) < DUST] = np.maximum(treasury[np.abs(treasury) < DUST], 0.0)
        self.liabilities = np.zeros_like(self.liabilities)
        mark_defaults(protocol, outcome, step)


def make_contagion(scenario: Scenario, streams: Streams) -> Contagion:
    """Return the exposures of a scenario at the start; protocols are named ``protocol_0`` and so on."""
    exposure, names = scenario.exposure, [f"protocol_{i}" for i in range(scenario.protocol.number)]
    treasury = treasuries(scenario)
    owed = liabilities(exposure, treasury, streams.generator("exposure"), names)
    return Contagion(owed, exposure.alpha, exposure.beta)


def mark_defaults(protocol: Any, outcome: Settlement, step: int) -> None:
    """Write status, cause (1 own loss, 2 exposure), wave and step of every new default."""
    new = outcome.default & (protocol.status != DEFAULTED)
    protocol.status[new] = DEFAULTED
    protocol.default_step[new] = step
    protocol.wave[new] = outcome.waves[new]
    protocol.cause[new] = np.where(outcome.waves[new] == 0, 1, 2)
