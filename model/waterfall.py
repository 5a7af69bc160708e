"""Phase 6: deficits go down each protocol's waterfall.

    own fund → skin in the game → shared pool → loss regime → bad debt                         (1)

Each layer pays what its rule and its cash allow and passes on the rest. Claims of all protocols are settled together
at the end of the step. Uncovered loss U is what the first three layers leave, whoever bears it then. Units: USD.
"""

from typing import Any

import numpy as np

from agents.ledger import BAD_DEBT, DEFICIT, FUND, POOL, TREASURY, Ledger
from agents.loss_regime.chain import Chain
from agents.structure.base import Structure
from agents.venue import Venue

ROUNDING = 1e-12
Array = np.ndarray


class Waterfall:
    """The layers of all protocols, in order.

    Parameters
    ----------
    structure : who holds the capital.
    regime : who pays the residual, with its fallback.
    """

    def __init__(self, structure: Structure, regime: Chain) -> None:
        self.structure = structure
        self.regime = regime

    def absorb(self, venue: Venue, ledger: Ledger, protocol: Any, pool: Any, priority: Array, step: int) -> bool:
        """Send this step's deficits down the layers; return whether there were any."""
        if not ledger.balance[DEFICIT].any():
            return False
        deficit = np.maximum(-ledger.balance[DEFICIT], 0.0)
        protocol.deficit[:] += deficit
        left = self._own_fund(ledger, protocol, deficit)
        left = self._skin(ledger, protocol, left)
        left = self._pool(ledger, protocol, pool, deficit, left, priority, step)
        self._residual(venue, ledger, protocol, left, step)
        return True

    def _own_fund(self, ledger: Ledger, protocol: Any, left: Array) -> Array:
        paid = np.minimum(left, ledger.balance[FUND])
        ledger.transfer(FUND, DEFICIT, paid)
        protocol.paid_fund[:] += paid
        return left - paid

    def _skin(self, ledger: Ledger, protocol: Any, left: Array) -> Array:
        paid = np.minimum(left, np.minimum(protocol.skin, ledger.balance[TREASURY]))
        ledger.transfer(TREASURY, DEFICIT, paid)
        protocol.skin[:] -= paid
        protocol.paid_skin[:] += paid
        return left - paid

    def _pool(
        self,
        ledger: Ledger,
        protocol: Any,
        pool: Any,
        deficit: Array,
        left: Array,
        priority: Array,
        step: int,
    ) -> Array:
        cash = float(ledger.balance[POOL, 0])
        due, paid = self.structure.pay(deficit, left, cash, priority)
        ledger.balance[POOL, 0] -= paid.sum()
        ledger.balance[DEFICIT] += paid
        protocol.paid_pool[:] += paid
        pool.claims_due[0] += due.sum()
        pool.claims_paid[0] += paid.sum()
        if pool.exhausted_step[0] < 0 and paid.sum() < due.sum() * (1.0 - ROUNDING):
            pool.exhausted_step[0] = step
        return np.where(left - paid > ROUNDING * left, left - paid, 0.0)

    def _residual(self, venue: Venue, ledger: Ledger, protocol: Any, left: Array, step: int) -> None:
        protocol.uncovered[:] += left
        protocol.exhausted_step[(left > 0.0) & (protocol.exhausted_step < 0)] = step
        for i in np.flatnonzero(left):
            placement = self.regime.place(venue, int(i), float(left[i]), step)
            protocol.paid_regime[i] += placement.placed
            protocol.paid_fallback[i] += placement.fallback
            protocol.overshoot[i] += placement.overshoot
            protocol.infeasible[i] += left[i] - placement.placed
        ledger.transfer(BAD_DEBT, DEFICIT, -ledger.balance[DEFICIT])
