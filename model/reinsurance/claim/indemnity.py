"""Indemnity: the pool pays losses, at once or after they were assessed, in part only after a dispute.

A claim of c is disputed with probability p; then a part d of it waits. What is not disputed falls due after the
assessment delay a, the rest after a further delay b, and is then paid with probability q, else refused:

    at t + a: (1 − d 1{disputed}) c,   at t + a + b: d c 1{disputed} 1{upheld}                (1)

What is not paid in the step of the loss goes on down the protocol's waterfall, and others bear it. What falls due later
pays debt that is still open, those a tear-up left short among it, then gives own fund, skin and treasury back what they
paid in the pool's place. Nothing more is paid: an indemnity never exceeds the loss that the member still bears
(Castellain v Preston 1883), and what others have borne for good by then lapses and stays in the pool. Sub-limits and
treaties count a claim when it is made. Nothing is set aside for open claims, but capital providers' shares are valued
net of them, and no provider is paid out of what they need. Draws are keyed by step and protocol. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.random import uniform
from model.backstop.context import Context
from model.backstop.due import Due, add, make_due, take, waiting
from model.reinsurance.claim.base import Array, ClaimsHandler
from model.reinsurance.retrocession import Retrocession

UPHELD = np.uint64(0x5851F42D4C957F2D)


class Docket(NamedTuple):
    """What is remembered of claims made."""

    assessed: Due  # (members,) USD by the step at which they fall due
    disputed: Due  # (members,) USD by the step at which they are decided
    refused: Array  # (members,) USD >= 0, claims refused so far
    lapsed: Array  # (members,) USD >= 0, claims that were due when others had borne the loss


class Indemnity(ClaimsHandler):
    """Claims on losses."""

    def __init__(self, context: Context, second: Retrocession, key: np.uint64) -> None:
        super().__init__(context, second, key)
        terms, minutes = self.terms, self.minutes
        self.delay = round(terms.assessment_delay / minutes)
        self.dispute_delay = max(round(terms.dispute_delay / minutes), 1)
        members, steps = len(self.kept), len(context.tape().log_return)
        assessed = make_due(min(self.delay, steps) + 1, members)
        disputed = make_due(min(self.delay + self.dispute_delay, steps) + 1, members)
        self.memory = Docket(assessed, disputed, np.zeros(members), np.zeros(members))
        self.docket, self.contested, self.refused, self.lapsed = self.memory

    @property
    def open(self) -> Array:
        """Return claims made and not yet decided, (members,) USD."""
        if not (self.docket.ends[1] or self.contested.ends[1]):
            return np.zeros_like(self.kept)
        return np.vstack((waiting(self.docket), waiting(self.contested))).sum(axis=0)

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what members may claim and have paid at once: nothing where it is assessed first."""
        return np.zeros_like(claim) if self.delay else super().due(deficit, claim, step)

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return what falls due and is paid now; file what does not."""
        made = super().due(deficit, claim, step)
        disputed = made * self.disputed(step)
        now = np.zeros_like(made) if self.delay else made - disputed
        paid = self.settle(now, cash, priority)
        self.file(made - disputed - now, disputed, step)
        self.claims += made
        reserve = np.maximum(cash - self.structure.by_pool(paid), 0.0)
        short = np.maximum(self.structure.by_pool(self.open) - reserve, 0.0)
        self.lacking[:] = np.minimum(self.structure.by_pool(made - now), short)
        self.structure.settled(deficit, made, made - now + paid, step)
        return now, paid

    def disputed(self, step: int) -> Array:
        """Return the part of each member's claim of this step that is disputed, (members,)."""
        terms, members = self.terms, range(len(self.kept))
        if not terms.dispute_probability:
            return np.zeros_like(self.kept)
        drawn = np.array([uniform(self.key, step, i) for i in members])
        return terms.disputed_share * (drawn < terms.dispute_probability)

    def file(self, assessed: Array, disputed: Array, step: int) -> None:
        """File claims: an entry for every step, removed when it falls due."""
        if assessed.any():
            add(self.docket, step + self.delay, assessed)
        if disputed.any():
            add(self.contested, step + self.delay + self.dispute_delay, disputed)

    def late(self, step: int) -> None:
        """Pay what falls due at `step`: assessed claims, and disputes that are upheld."""
        due, disputed = take(self.docket, step), take(self.contested, step)
        if disputed is not None:
            upheld = disputed * self._upheld(step - self.delay - self.dispute_delay)
            self.refused += disputed - upheld
            due = upheld if due is None else due + upheld
        if due is not None:
            borne = np.minimum(due, self.context.late.borne() + self.structure.fronted.sum(axis=0))
            self.lapsed += due - borne
            self.reimburse(borne, step)

    def give(self, rest: Array) -> None:
        """Give own fund, skin and the rest of the treasury back, in this order, what they paid in the pool's place."""
        fronted, late = self.structure.fronted, self.context.late
        fund = np.minimum(rest, fronted[0])
        skin = np.minimum(rest - fund, fronted[1])
        fronted -= fund, skin
        late.restore(fund, skin, "paid_claims")
        late.repay(rest - fund - skin, "paid_claims")

    def _upheld(self, made: int) -> Array:
        """Return which disputes over claims made at that step are decided for the member, (members,) bool."""
        drawn = np.array([uniform(self.key ^ UPHELD, made, i) for i in range(len(self.kept))])
        return drawn < self.terms.dispute_success
