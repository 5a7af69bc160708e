"""What the app records at every step besides the run's own record: who paid so far, by layer.

The model counts what was paid in a column ``paid_*`` per payer. The page shows fewer layers, in the order in which they
are asked: :data:`LAYERS` says which columns each adds up, and every such column of the protocols is in exactly one, so
the layers add up to the losses below bankruptcy. Two things differ from the columns:

* What a pool or capital on call pays is the claimant's **own part** first. With E the member's entitlement in the pool
  before the step, a what of its capital on call was called in it, and ΔP and ΔA what pool and calls paid for it, the
  own part is min(ΔP, E) + min(ΔA, a); all the rest is **others' money**.
* Frozen debt was collected by the loss regime; what late money has paid of it (``thawed``) is late money's.
"""

from typing import NamedTuple

import numpy as np

from agents.core.ledger import BAD_DEBT
from agents.trader.strategy import STRATEGIES
from model.ecosystem import Ecosystem

OWN_PART, OTHERS, REGIME, UNPAID = "own part of shared money", "others' money", "loss regime", "bad debt"
LAYERS: dict[str, tuple[str, ...]] = {
    "own fund": ("paid_fund",),
    OWN_PART: (),
    "skin in the game": ("paid_skin",),
    OTHERS: ("paid_pool", "paid_mutual", "paid_assessment"),
    REGIME: ("paid_regime", "paid_fallback"),
    "treasury": ("paid_treasury",),
    "creditors and customers": ("paid_creditors", "paid_customers", "paid_providers"),
    "late money": ("paid_late", "paid_claims", "paid_outsiders"),
    UNPAID: (),
}
"""Layer → columns of the protocols it adds up; own part is taken out of others' money, bad debt is what nobody paid."""
ROWS = {name: row for row, name in enumerate(LAYERS)}
STRATEGY_NAMES = tuple(STRATEGIES)
Array = np.ndarray


class Standing(NamedTuple):
    """What the own part of a step is computed from, (protocols,) USD."""

    entitlement: Array
    assessed: Array
    pool: Array
    assessment: Array


def standing(ecosystem: Ecosystem) -> Standing:
    """Return the present state of `ecosystem`."""
    protocol = ecosystem.protocol
    values = ecosystem.structure.entitlement, protocol.assessed, protocol.paid_pool, protocol.paid_assessment
    return Standing(*(np.array(value) for value in values))


def own_part(before: Standing, after: Standing) -> Array:
    """Return what the claimants' own parts of pool and capital on call paid in between, (protocols,) USD >= 0."""
    pool = np.minimum(after.pool - before.pool, before.entitlement)
    called = np.minimum(after.assessment - before.assessment, after.assessed - before.assessed)
    return np.maximum(pool, 0.0) + np.maximum(called, 0.0)


class Trace:
    """Cumulative payments of one run.

    Attributes
    ----------
    paid : (steps, layers, protocols) USD so far.
    borne : (steps, strategies) USD of others' losses borne by traders so far, by their strategy.
    hit : (steps,) accounts that have borne any.
    own : (protocols,) USD, what claimants' own parts of pool and capital on call have paid so far.
    """

    def __init__(self, steps: int, protocols: int) -> None:
        self.paid = np.zeros((steps, len(LAYERS), protocols))
        self.borne = np.zeros((steps, len(STRATEGY_NAMES)))
        self.hit = np.zeros(steps)
        self.own = np.zeros(protocols)

    def write(self, ecosystem: Ecosystem, step: int, before: Standing) -> None:
        """Write what has been paid at the end of `step`; `before` is what stood at its beginning."""
        protocol, accounts, paid = ecosystem.protocol, ecosystem.accounts, self.paid[step]
        self.own += own_part(before, standing(ecosystem))
        for name, columns in LAYERS.items():
            paid[ROWS[name]] = sum(getattr(protocol, column) for column in columns)
        paid[ROWS[OWN_PART]] += self.own
        paid[ROWS[OTHERS]] -= self.own
        paid[ROWS[REGIME]] -= protocol.thawed
        paid[ROWS[UNPAID]] -= ecosystem.ledger.own[BAD_DEBT]
        self.borne[step] = np.bincount(accounts.strategy, accounts.haircut, len(STRATEGY_NAMES))[: len(STRATEGY_NAMES)]
        self.hit[step] = np.count_nonzero(accounts.haircut)

    def between(self, first: int, last: int) -> Array:
        """Return what each layer paid at each protocol in steps `first` to `last` included, (layers, protocols)."""
        before = self.paid[first - 1] if first > 0 else np.zeros_like(self.paid[0])
        return np.array(self.paid[last] - before)
