"""How much backstop is left behind each protocol."""

import numpy as np

from agents.ledger import FUND, LENT, POOL, POOL_LENT
from experiments.app.world import Side


def healths(side: Side) -> np.ndarray:
    """Return the backstop behind each protocol over its start, (protocols,): own fund and share of its pot.

    A pot is shared out in proportion to the capital its members put in, as everyone's recourse to it is.
    """
    ecosystem = side.ecosystem
    capital, pot = ecosystem.protocol.capital, ecosystem.structure.pot
    put_in = np.bincount(pot, capital)[pot]
    share = np.divide(capital, put_in, out=np.zeros(len(capital)), where=put_in > 0)
    behind = funds(side) + pots(side)[pot] * share
    return np.divide(behind, capital, out=np.ones(len(capital)), where=capital > 0)


def funds(side: Side) -> np.ndarray:
    """Return what each own fund holds, what it lent out included, (protocols,) USD."""
    balance = side.ecosystem.ledger.balance
    return balance[FUND] + balance[LENT]


def pots(side: Side) -> np.ndarray:
    """Return what each pot holds, what it lent out included, (protocols,) USD: pot j in place j."""
    balance = side.ecosystem.ledger.balance
    return balance[POOL] + balance[POOL_LENT]
