"""The reference workload (:mod:`experiments.reference`) as an idiomatic Mesa model: one agent per account.

Every account is a :class:`mesa.Agent` that pays its funding out of its collateral, tests its own margin and opens
again; the model calls them through ``AgentSet.do`` and records with a ``DataCollector``. It takes the same steps on
the same draws, so both give the same prices, liquidations and fund balance, and their speeds may be compared.

For timing, :func:`transplant` builds the agents from the engine's state after the burn-in, which would take Mesa
minutes at 100,000 accounts; the two are the same state, so nothing is measured but the steps that follow.

Run as a program, in a process of its own so that nothing else is on the heap, it prints its timing as JSON::

    python -m experiments.reference_mesa ACCOUNTS STEPS REPEATS
"""

import json
import sys
from collections.abc import Callable
from time import process_time

import mesa
import numpy as np

from experiments import reference
from experiments.reference import FUNDING, IMPACT, MAINTENANCE, MEAN_COLLATERAL, ROUNDS, START_PRICE, TURN


class Account(mesa.Agent):
    """One leveraged account.

    Attributes
    ----------
    slot : permanent number of the account, short if odd.
    size : contracts, short < 0.
    entry_price : USD per contract.
    collateral : USD, funding paid deducted.
    """

    def __init__(self, model: "ReferenceModel", slot: int) -> None:
        super().__init__(model)
        self.slot = slot
        self.turn = slot * TURN // model.number
        self.side = -1.0 if slot % 2 else 1.0
        self.size = self.entry_price = self.collateral = 0.0

    def open(self) -> None:
        """Open a position at the market with drawn leverage and collateral."""
        model = self.model
        self.entry_price = model.price
        self.collateral = float(model.draw_collateral(self.slot))
        self.size = self.side * float(model.draw_leverage(self.slot)) * self.collateral / model.price

    def pay_funding(self) -> None:
        """Pay the step's funding; withdraw and open again when it is this account's turn."""
        self.collateral -= self.size * self.model.funding
        if self.turn == self.model.turn:
            self.open()

    def test_margin(self) -> None:
        """Close and open again if equity is below the maintenance margin."""
        price = self.model.price
        equity = self.collateral + self.size * (price - self.entry_price)
        if equity < MAINTENANCE * abs(self.size) * price:
            self.model.close(self.size, equity)
            self.open()


class ReferenceModel(mesa.Model):
    """One venue, its price and its fund.

    Parameters
    ----------
    number : accounts.
    returns : log returns of the price, (steps,).
    seed : seed of the accounts' draws.
    """

    def __init__(self, number: int, returns: np.ndarray, seed: int = 0) -> None:
        super().__init__(rng=seed)
        self.number, self.price, self.funding, self.fund = number, START_PRICE, 0.0, 0.0
        self.factors = np.exp(returns).tolist()
        self.leverage_key, self.collateral_key = reference.keys(seed)
        self.clock, self.turn, self.liquidations = -1, 0, 0
        self.closed, self.contracts = 0, 0.0
        Account.create_agents(self, number, range(number))
        self.agents.do("open")
        self.clock = 0
        names = ("price", "fund", "liquidations")
        self.datacollector = mesa.DataCollector(model_reporters={name: name for name in names})

    def draw_leverage(self, slot: int) -> float:
        """Return the leverage of an account opened now."""
        return reference.draw_leverage(self.leverage_key, self.clock, slot)

    def draw_collateral(self, slot: int) -> float:
        """Return the collateral of an account opened now, USD."""
        return reference.draw_collateral(self.collateral_key, self.clock, slot)

    def close(self, size: float, equity: float) -> None:
        """Take a closed position's equity into the fund and note the contracts to be sold."""
        self.fund += equity
        self.contracts += size
        self.closed += 1

    def step(self) -> None:
        """Move the price, charge funding, then test all margins until nobody is liquidated."""
        self.price *= self.factors[self.clock]
        self.funding, self.turn, self.liquidations = FUNDING * self.price, self.clock % TURN, 0
        self.agents.do("pay_funding")
        for _ in range(ROUNDS):
            self.closed, self.contracts = 0, 0.0
            self.agents.do("test_margin")
            if not self.closed:
                break
            self.liquidations += self.closed
            self.price *= 1.0 - IMPACT * self.contracts * self.price / (self.number * MEAN_COLLATERAL)
        self.clock += 1
        self.datacollector.collect(self)
