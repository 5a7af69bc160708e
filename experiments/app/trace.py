"""What the app writes down at every step besides the run's own record: who paid so far.

Layers are found by name, every column of the protocols that begins with ``paid_``, so that a new layer of the
waterfall is drawn without a change here.
"""

from typing import Any

import numpy as np

from agents.ledger import BAD_DEBT
from agents.protocol import Protocol
from agents.strategy import STRATEGIES

UNPAID = "bad_debt"
LAYERS = (*(name for name in Protocol.columns() if name.startswith("paid_")), UNPAID)
"""Layers in the order of the declaration, and last what nobody paid."""
TITLES = {"paid_fund": "own fund", "paid_regime": "loss regime", UNPAID: "bad debt"}
STRATEGY_NAMES = tuple(STRATEGIES)


def layer_title(name: str) -> str:
    """Return what a layer is called."""
    return TITLES.get(name, name.removeprefix("paid_").replace("_", " "))


class Trace:
    """Cumulative payments of one run.

    Attributes
    ----------
    paid : (steps, layers, protocols) USD so far.
    borne : (steps, strategies) USD of others' losses borne by traders so far, by their strategy.
    hit : (steps,) accounts that have borne any.
    """

    def __init__(self, steps: int, protocols: int) -> None:
        self.paid = np.zeros((steps, len(LAYERS), protocols))
        self.borne = np.zeros((steps, len(STRATEGY_NAMES)))
        self.hit = np.zeros(steps)

    def write(self, ecosystem: Any, step: int) -> None:
        """Write what has been paid at the end of `step`."""
        protocol, accounts = ecosystem.protocol, ecosystem.accounts
        for row, name in enumerate(LAYERS[:-1]):
            self.paid[step, row] = getattr(protocol, name)
        self.paid[step, -1] = -ecosystem.ledger.balance[BAD_DEBT]
        self.borne[step] = np.bincount(accounts.strategy, accounts.haircut, len(STRATEGY_NAMES))[: len(STRATEGY_NAMES)]
        self.hit[step] = np.count_nonzero(accounts.haircut)

    def between(self, first: int, last: int) -> np.ndarray:
        """Return what each layer paid at each protocol in steps `first` to `last` included, (layers, protocols)."""
        before = self.paid[first - 1] if first > 0 else np.zeros_like(self.paid[0])
        return self.paid[last] - before
