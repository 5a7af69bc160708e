"""The layers of a member's own money: its fund, its skin in the game, its capital on call.

Each pays what is asked of it as far as it goes,

    x = min(L, most, cash)                                                                    (1)

with L what the layers before left of a member's loss, from its account to that of deficits. Units: USD.
"""

import numpy as np

from agents.core.kernel import rule
from agents.core.ledger import DEFICIT, FUND, TREASURY
from agents.protocol.standby import callable_still

Array = np.ndarray
ROUNDING = 1e-12


@rule
def without_dust(left: float, paid: float) -> float:
    """Return what is left after a payment, zero where only rounding is."""
    return left - paid if left - paid > ROUNDING * left else 0.0


@rule
def pay_from_fund(balance: Array, paid_fund: Array, left: Array) -> None:
    """Let each member's own fund pay.

    Parameters
    ----------
    balance : the ledger's, (accounts, members) USD, written.
    paid_fund : (members,) USD >= 0, so far, written.
    left : (members,) USD >= 0, of the losses, written.
    """
    for i in range(left.shape[0]):
        paid = min(left[i], balance[FUND, i])
        balance[FUND, i] -= paid
        balance[DEFICIT, i] += paid
        paid_fund[i] += paid
        left[i] -= paid


@rule
def pay_from_skin(balance: Array, skin: Array, paid_skin: Array, left: Array, most: Array) -> None:
    """Let each protocol's skin in the game pay, as far as it is in the treasury.

    Parameters
    ----------
    balance : the ledger's, (accounts, members) USD, written.
    skin : (members,) USD >= 0, what is left of it, written.
    paid_skin : (members,) USD >= 0, so far, written.
    left : (members,) USD >= 0, of the losses, written.
    most : (members,) USD >= 0, that is asked; may be another array with the values of `left`.
    """
    for i in range(left.shape[0]):
        paid = min(left[i], most[i], skin[i], balance[TREASURY, i])
        balance[TREASURY, i] -= paid
        balance[DEFICIT, i] += paid
        skin[i] -= paid
        paid_skin[i] += paid
        left[i] -= paid


@rule
def pay_from_call(balance: Array, on_call: Array, assessed: Array, paid_assessment: Array, left: Array) -> None:
    """Let each member's own capital on call pay for its loss.

    Parameters
    ----------
    balance : the ledger's, (accounts, members) USD, written.
    on_call : (members,) USD >= 0, at the start.
    assessed : (members,) USD >= 0, paid by each so far, written.
    paid_assessment : (members,) USD >= 0, paid for each so far, written.
    left : (members,) USD >= 0, of the losses, written.
    """
    for i in range(left.shape[0]):
        paid = min(left[i], callable_still(on_call[i], assessed[i], balance[TREASURY, i]))
        balance[TREASURY, i] -= paid
        balance[DEFICIT, i] += paid
        assessed[i] += paid
        paid_assessment[i] += paid
        left[i] -= paid
