"""How much of its backstop each protocol still has."""

import numpy as np

from agents.core.ledger import FUND, LENT, POOL, POOL_LENT, TREASURY
from agents.protocol.standby import standing
from experiments.app.world.world import Side


def healths(side: Side) -> np.ndarray:
    """Return the backstop behind each protocol over its start, (protocols,), as providers and traders see it."""
    ecosystem = side.ecosystem
    return standing(ecosystem.ledger.balance, ecosystem.protocol, ecosystem.structure.backing)


def funds(side: Side) -> np.ndarray:
    """Return what each own fund holds, loans included, (protocols,) USD."""
    balance = side.ecosystem.ledger.own
    return balance[FUND] + balance[LENT]


def pots(side: Side) -> np.ndarray:
    """Return what each pool holds, loans included, (protocols,) USD: pool j in column j."""
    balance = side.ecosystem.ledger.own
    return balance[POOL] + balance[POOL_LENT]


def on_call(side: Side) -> np.ndarray:
    """Return what is left of each member's capital on call, in its treasury, (protocols,) USD."""
    ecosystem = side.ecosystem
    return np.asarray(ecosystem.structure.assessable(ecosystem.ledger.own[TREASURY], ecosystem.protocol.assessed))
