"""Indemnity: the pot pays losses, at once or after they were assessed, in part only after a dispute.

A claim of c is disputed with probability p; then a part d of it waits. What is not disputed falls due after the
assessment delay a, the rest after a further delay b, and is then paid with probability q, else refused:

    at t + a: (1 − d 1{disputed}) c,   at t + a + b: d c 1{disputed} 1{upheld}                (1)

What is not paid in the step of the loss goes on down the protocol's waterfall, and others bear it. What falls due later
pays debt that is still open, those a tear-up left short among it, then gives own fund, skin and treasury back what they
paid in the pot's place. Nothing more is paid: an indemnity never exceeds the loss that the member still bears
(Castellain v Preston 1883), and what others have borne for good by then lapses and stays in the pot. Sub-limits and
treaties count a claim when it is made. Nothing is set aside for open claims, but capital providers' shares are valued
net of them, and no provider is paid out of what they need. Draws are keyed by step and protocol. Units: USD.
"""

import numpy as np

from agents.core.random import uniform
from model.reinsurance.claim.base import Array, ClaimsContext, ClaimsHandler

UPHELD = np.uint64(0x5851F42D4C957F2D)


class Indemnity(ClaimsHandler):
    """Claims on losses.

    Attributes
    ----------
    docket : step at which they fall due → (due, undecided) amounts, (members,) USD each.
    refused, lapsed : (members,) USD, claims so far that were refused, and that were due when others had borne the loss.
    """

    def __init__(self, context: ClaimsContext) -> None:
        super().__init__(context)
        terms, minutes = context.terms, context.minutes
        self.delay = round(terms.assessment_delay / minutes)
        self.dispute_delay = max(round(terms.dispute_delay / minutes), 1)
        self.docket: dict[int, Array] = {}
        self.contested: dict[int, tuple[Array, int]] = {}
        self.refused, self.lapsed = np.zeros((2, len(self.kept)))

    @property
    def open(self) -> Array:
        """Return claims made and not yet decided, (members,) USD."""
        if not (self.docket or self.contested):
            return np.zeros_like(self.kept)
        waiting = [*self.docket.values(), *(amounts for amounts, _ in self.contested.values())]
        return np.sum(waiting, axis=0)

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
        reserve = np.maximum(cash - self.structure.by_pot(paid), 0.0)
        short = np.maximum(self.structure.by_pot(self.open) - reserve, 0.0)
        self.lacking = np.minimum(self.structure.by_pot(made - now), short)
        self.structure.settled(deficit, made, made - now + paid, step)
        return now, paid

    def disputed(self, step: int) -> Array:
        """Return the part of each member's claim of this step that is disputed, (members,)."""
        terms, members = self.context.terms, range(len(self.kept))
        if not terms.dispute_probability:
            return np.zeros_like(self.kept)
        drawn = np.array([uniform(self.context.key, step, i) for i in members])
        return terms.disputed_share * (drawn < terms.dispute_probability)

    def file(self, assessed: Array, disputed: Array, step: int) -> None:
        """File claims: an entry for every step, removed when it falls due."""
        due, decided = step + self.delay, step + self.delay + self.dispute_delay
        if assessed.any():
            self.docket[due] = assessed + self.docket.get(due, 0.0)
        if disputed.any():
            self.contested[decided] = (disputed + self.contested.get(decided, (0.0, step))[0], step)

    def late(self, step: int) -> None:
        """Pay what falls due at `step`: assessed claims, and disputes that are upheld."""
        due = self.docket.pop(step, None)
        disputed, made = self.contested.pop(step, (None, -1))
        if disputed is not None:
            upheld = disputed * self._upheld(made)
            self.refused += disputed - upheld
            due = upheld if due is None else due + upheld
        if due is not None:
            borne = np.minimum(due, self.context.late.borne() + self.structure.fronted.sum(axis=0))
            self.lapsed += due - borne
            self.reimburse(borne, step)

    def give(self, rest: Array) -> None:
        """Give own fund, skin and the rest of the treasury back, in this order, what they paid in the pot's place."""
        fronted, late = self.structure.fronted, self.context.late
        fund = np.minimum(rest, fronted[0])
        skin = np.minimum(rest - fund, fronted[1])
        fronted -= fund, skin
        late.restore(fund, skin, "paid_claims")
        late.repay(rest - fund - skin, "paid_claims")

    def _upheld(self, made: int) -> Array:
        """Return which disputes over claims made at that step are decided for the member, (members,) bool."""
        drawn = np.array([uniform(self.context.key ^ UPHELD, made, i) for i in range(len(self.kept))])
        return drawn < self.context.terms.dispute_success
