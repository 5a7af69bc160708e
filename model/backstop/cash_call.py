"""Calls for cash that take time: a mutual's members are assessed now and pay later.

With ``reinsurance.assessment_delay`` a > 0 what contributions leave of a loss c is not asked of the members' treasuries
in the step of the loss. It goes on to the loss regime, and at t + a the members who are sound and short of nothing
themselves pay, each up to its assessment power left, min(c, what the member that lost still bears of it): first its
debts still open, then its treasury for those it has paid (:mod:`model.backstop.late_money`). Nasdaq Clearing's
members had until the second business day to pay in after 10 September 2018; LCH calls by the next. Units: USD.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.core.ledger import TREASURY
from agents.core.table import Protocols
from agents.protocol.protocol import SOUND
from model.backstop.default_fund import contribute_pro_rata
from model.backstop.late_money import LateMoney
from model.backstop.structure.base import Structure
from model.price.tape import Tape

Array = np.ndarray


class Called(NamedTuple):
    """What is remembered of the calls."""

    due: Array  # (delay + 1, members) USD >= 0, what was asked, by step of payment in turn


class CashCalls:
    """The calls of one run.

    Parameters
    ----------
    structure : whose assessment power and settlement rule hold.
    late : what members still bear.
    tape : the present one; its order of arrival is read.
    delay : steps from loss to payment, >= 1.
    """

    def __init__(self, structure: Structure, late: LateMoney, tape: Callable[[], Tape], delay: int) -> None:
        self.structure, self.late, self.tape, self.delay = structure, late, tape, delay
        self.memory = Called(np.zeros((delay + 1, len(structure.capital))))
        self.due = self.memory.due

    def file(self, left: Array, step: int) -> None:
        """Call for what contributions left of losses, (members,) USD."""
        if left.any():
            self.due[(step + self.delay) % len(self.due)] = left

    def pay(self, protocol: Protocols, step: int) -> None:
        """Let members pay what was called for and is still borne."""
        called_for = self.due[step % len(self.due)]
        if not called_for.any():
            return
        asked, treasury = np.minimum(called_for, self.late.borne()), self.late.ledger.own[TREASURY]
        called_for[:] = 0.0
        called = (asked == 0.0) & (protocol.status == SOUND)
        room = np.where(called, self.structure.assessable(treasury, protocol.assessed), 0.0)
        paid = self.structure.settlement(asked, float(room.sum()), np.zeros_like(asked), self.tape().priority[step])
        given = contribute_pro_rata(room, float(paid.sum()))
        treasury -= given
        protocol.assessed[:] += given
        self.late.repay(self.late.pay(paid, "paid_assessment"), "paid_assessment")
