"""The reference workload (:mod:`experiments.benchmark.reference`) as an idiomatic Mesa model: one agent per account.

Every account is a :class:`mesa.Agent` that pays its funding out of its collateral, tests its own margin and opens
again; the model calls them through ``AgentSet.do`` and records with a ``DataCollector``. It takes the same steps on
the same draws, so both give the same prices, liquidations and fund balance, and their speeds may be compared.

For timing, :meth:`ReferenceModel.transplant` builds the agents from the engine's state after the burn-in, which would
take Mesa minutes at 100,000 accounts; the state is the same, and only the steps that follow are timed.
"""

from typing import Self

import mesa
import numpy as np

from experiments.benchmark.workload import (
    FUNDING,
    MAINTENANCE,
    OPENING,
    ROUNDS,
    START_PRICE,
    TURN,
    Keys,
    State,
    drawn_collateral,
    drawn_leverage,
    keys_at,
    moved_price,
)


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
        self.collateral = drawn_collateral(model.drawn, self.slot)
        leverage = drawn_leverage(model.drawn, self.slot)
        self.size = self.side * leverage * self.collateral / model.price

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
    keys : keys of the accounts' draws.
    returns : log returns of the price, (steps,).
    """

    def __init__(self, number: int, keys: Keys, returns: np.ndarray) -> None:
        super().__init__(rng=0)
        self.number, self.keys, self.factors = number, keys, np.exp(returns).tolist()
        self.price, self.funding, self.fund, self.clock, self.turn = START_PRICE, 0.0, 0.0, OPENING, 0
        self.liquidations, self.closed, self.contracts = 0, 0, 0.0
        self.take_keys(OPENING)
        Account.create_agents(self, number, list(range(number)))
        self.agents.do("open")
        self.begin = self.clock = 0
        names = ("price", "fund", "liquidations")
        self.datacollector = mesa.DataCollector(model_reporters={name: name for name in names})

    @classmethod
    def transplant(cls, state: State, keys: Keys, begin: int, returns: np.ndarray) -> Self:
        """Return the model that goes on from the engine's `state` at step `begin`, all positions marked to market.

        Parameters
        ----------
        state : of the engine, read only.
        keys : of the accounts' draws.
        begin : number of the first step.
        returns : (steps,) log returns.
        """
        model = cls(state.number, keys, returns)
        model.price, index, model.fund = state.market.tolist()
        model.begin = model.clock = begin
        sizes, levels = state.by_slot()
        own = sizes * (model.price - index - levels)
        for agent, size, collateral in zip(model.agents, sizes.tolist(), own.tolist(), strict=True):
            agent.size, agent.entry_price, agent.collateral = size, model.price, collateral
        return model

    def take_keys(self, step: int) -> None:
        """Take the keys of a step's draws; out of a rule they come as plain integers."""
        self.drawn = Keys(*(np.uint64(key) for key in keys_at(self.keys, step)))

    def close(self, size: float, equity: float) -> None:
        """Take a closed position's equity into the fund and note its contracts."""
        self.fund += equity
        self.contracts += size
        self.closed += 1

    def step(self) -> None:
        """Move the price, charge funding, then test all margins until nobody is liquidated."""
        self.price *= self.factors[self.clock - self.begin]
        self.funding, self.turn, self.liquidations = FUNDING * self.price, self.clock % TURN, 0
        self.take_keys(self.clock)
        self.agents.do("pay_funding")
        for _ in range(ROUNDS):
            self.closed, self.contracts = 0, 0.0
            self.agents.do("test_margin")
            if not self.closed:
                break
            self.liquidations += self.closed
            self.price = moved_price(self.price, self.contracts, self.number)
        self.clock += 1
        self.datacollector.collect(self)
