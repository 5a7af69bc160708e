"""A clearing house's default fund: members stand in for each other, after the defaulter's own money.

A member with capital c pays k = c / (1 + α) into its own fund and keeps the rest, α k, in its treasury, on call: α is
its assessment power in contributions paid in (LCH: up to 200 %). So what may be called is what every other structure
holds. What a member's contribution, its own capital on call and its skin in the game cannot pay is asked of the members
without a claim: first of their contributions in proportion to what is left of them, then of their capital on call.
Its own capital on call stands where in other structures its own fund or its entitlement would, so without other members
it is `isolated`. References: PFMI, principle 4; EMIR, articles 43 and 45.
"""

from typing import Any

from model.backstop.structure.base import Structure
from model.scenario.section.backstop import BackstopSection


class Mutual(Structure):
    """Own contribution, own capital on call, skin in the game, survivors' contributions, assessments."""

    own_share = 1.0
    mutual = True

    def __init__(self, terms: BackstopSection, *rest: Any) -> None:
        self.paid_share = 1.0 / (1.0 + terms.assessment)
        super().__init__(terms, *rest)
