"""The protocol: the balance sheet behind its listings.

Assets: treasury T, own insurance fund, claims on other protocols. Against them: what it owes to others, and bad debt
B, losses that nobody in the waterfall paid. The treasury pays bad debt as far as it goes; what is left makes the
protocol default, as do claims on failed protocols that leave it unable to pay its own (see
:mod:`model.network.clearing`).
"""

from typing import Any

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.kernel import lean_rule
from agents.core.ledger import BAD_DEBT, FUND, TREASURY, Code
from agents.core.table import Protocols

SOUND, DEFAULTED = 0, 1
CAUSES = ("none", "own loss", "exposure", "debts")
NONE, OWN_LOSS, EXPOSURE, DEBTS = range(len(CAUSES))


def _stands[T: (int, np.ndarray)](halted: T, status: T, halt_step: T) -> T:
    return (halted == 0) & ((status != DEFAULTED) | (halt_step >= 0))


stands = lean_rule(_stands)
"""Tell whether a protocol can default: a sound one, or one that trades again after a halt."""


def standing(protocol: Protocols) -> np.ndarray:
    """Return who can default, (protocols,) bool."""
    return _stands(protocol.halted, protocol.status, protocol.halt_step)


class Protocol(RowAgent):
    """The balance sheet of one protocol; its cash is in the ledger."""

    open_interest = Column("f8", "USD, > 0", "one-sided open interest of its listings at the start")
    capital = Column("f8", "USD, >= 0", "backstop capital allotted at the start, own and pooled")
    skin = Column("f8", "USD, >= 0", "treasury still committed ahead of others' money")
    status = Column("i8", "code", "SOUND or DEFAULTED")
    cause = Column("i8", "code", "index into CAUSES")
    default_step = Column("i8", "step", "step of default, -1 for none")
    exhausted_step = Column("i8", "step", "first step at which the backstop could not pay all, -1 for none")
    halted = Column("i8", "code", "1 while trading is halted after a default, else 0")
    takeover_room = Column("f8", "USD, >= 0", "notional that its backstop may still take over in this step")
    halt_step = Column("i8", "step", "step of the last halt, -1 for none")
    wave = Column("i8", "wave", "wave of the default cascade, 0 the first, -1 for none")
    deficit = Column("f8", "USD, >= 0", "losses below bankruptcy so far, the sum of the next three")
    trader_deficit = Column("f8", "USD, >= 0", "of it, left by accounts closed below bankruptcy")
    vault_deficit = Column("f8", "USD, >= 0", "of it, lost by the vault beyond its equity when it was closed")
    exploit_loss = Column("f8", "USD, >= 0", "of it, taken by exploits")
    backstop_loss = Column("f8", "USD, >= 0", "of it, what the backstop's layers stand for")
    paid_fund = Column("f8", "USD, >= 0", "paid by the own fund so far")
    paid_skin = Column("f8", "USD, >= 0", "paid by the treasury as skin in the game so far")
    paid_pool = Column("f8", "USD, >= 0", "paid by the shared pool so far")
    paid_mutual = Column("f8", "USD, >= 0", "paid by other members' contributions so far")
    paid_assessment = Column("f8", "USD, >= 0", "paid by capital on call so far, the member's own first")
    assessed = Column("f8", "USD, >= 0", "capital on call that was called so far, for itself and others")
    paid_regime = Column("f8", "USD, >= 0", "collected by the loss regime so far")
    paid_treasury = Column(
        "f8", "USD, >= 0", "bad debt paid by the rest of the treasury so far, less what late claims repaid"
    )
    uncovered = Column("f8", "USD, >= 0", "left after fund, skin and pool so far, before the loss regime")
    infeasible = Column("f8", "USD, >= 0", "what the loss regime could not collect so far")
    paid_fallback = Column("f8", "USD, >= 0", "of that, collected by the fallback regime so far")
    overshoot = Column("f8", "USD, >= 0", "taken by the loss regime above what was needed so far")
    paid_late = Column("f8", "USD, >= 0", "open debt paid by recalled money of own fund or pool so far")
    paid_claims = Column("f8", "USD, >= 0", "open debt paid, or its payer repaid, by late and parametric claims so far")
    paid_outsiders = Column("f8", "USD, >= 0", "open debt paid by outsiders who recapitalised it so far")
    paid_creditors = Column("f8", "USD, >= 0", "bad debt paid in clearing at the cost of protocols it owed so far")
    paid_customers = Column("f8", "USD, >= 0", "bad debt its traders bore when it was torn up, less what they got back")
    paid_providers = Column("f8", "USD, >= 0", "bad debt its vault bore when it was torn up, less what it got back")
    thawed = Column("f8", "USD, >= 0", "frozen debt, collected by the loss regime, that late money has paid so far")
    income = Column("f8", "USD, >= 0", "fees that reached its fund or pool so far")
    by_others = Column("f8", "USD, >= 0", "of uncovered, while its own capital and income exceeded its own losses")

    reimbursed = Column("f8", "USD, >= 0", "paid by the pool next to the waterfall so far: late and parametric claims")
    recapitalised = Column("f8", "USD, >= 0", "paid in by outsiders after a default so far")

    @property
    def fund(self) -> float:
        """Cash of the own insurance fund, USD."""
        return self._cash(FUND)

    @property
    def treasury(self) -> float:
        """Cash of the treasury, USD."""
        return self._cash(TREASURY)

    @property
    def bad_debt(self) -> float:
        """Losses nobody paid, USD, >= 0."""
        return -self._cash(BAD_DEBT)

    def _cash(self, account: Code) -> float:
        ledger: Any = self.model.ledger
        return float(ledger.balance[account, self.row])
