"""What a protocol could not pay is handed back to its listings, whose accounts a loss regime then asks.

A protocol pays the losses of all its listings. Of what its layers leave, U, a listing that lost Lᵢ in the step gets

    Uᵢ = U Lᵢ / Σ L                                                                           (1)

with Lᵢ what the parts of its fund left unpaid where that is divided (:mod:`model.backstop.layer.part`),
so that a regime acts on the accounts that traded against those who failed, never on those of another asset that lost
nothing (isolated markets under a shared fund). With one listing a protocol Uᵢ = U. Units: USD.
"""

import numpy as np

from agents.core.kernel import lean_rule
from agents.core.ledger import DEFICIT, SHORTFALL
from agents.core.table import Exchanges

Array = np.ndarray


@lean_rule
def hand_back(balance: Array, exchange: Exchanges, owed: Array, part: Array) -> None:
    """Write what each listing's accounts are asked for by (1), and book deficits left as shortfalls again.

    Parameters
    ----------
    balance : the ledger's, written: deficits of protocols, shortfalls of listings, both <= 0.
    exchange : `unpaid` of the step, read.
    owed : (protocols,) USD >= 0, what the layers left.
    part : (listings,) USD >= 0, written.
    """
    last = 0
    for p in range(owed.shape[0]):
        first, most, whole = last, last, 0.0
        for i in range(first, part.shape[0]):
            if exchange.protocol[i] != p:
                break
            whole += exchange.unpaid[i]
            most = i if exchange.unpaid[i] > exchange.unpaid[most] else most
            last = i + 1
        left, deficit = owed[p], balance[DEFICIT, p]
        balance[DEFICIT, p] = 0.0
        for i in range(first, last):
            if i != most:
                part[i] = owed[p] * exchange.unpaid[i] / whole if whole > 0.0 else 0.0
                balance[SHORTFALL, i] -= part[i]
                left, deficit = left - part[i], deficit + part[i]
        part[most] = max(left, 0.0)  # to the last bit
        balance[SHORTFALL, most] += deficit
