"""The Mesa interface of an ecosystem: agents as views of rows, made when they are first requested.

``agents`` and ``agents_by_type`` work as in any Mesa model, with every kind of agent under its class. A run that never
uses them pays nothing. Attributes set on an agent from Python are booked: money that appears
comes from the outside world, contracts that appear were sold by the vault at the account's entry price.
"""

from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from agents.account.account import EMPTY, recount, touch
from agents.core.audit import reconcile_all
from agents.core.column import RowAgent
from agents.core.fast_call import FastCall
from agents.core.ledger import INVESTOR, KEEPER, PROVIDER, TRADER, VAULT, WALLET, Code, Ledger, pay
from agents.exchange.exchange import Exchange
from agents.exchange.keeper import Keeper
from agents.protocol.protocol import Protocol
from agents.provider.capital_provider import CapitalProvider
from agents.provider.liquidity_provider import LiquidityProvider
from agents.reinsurer.reinsurer import Reinsurer
from agents.trader.trader import Trader
from agents.trader.value_fund import ValueFund
from model.batch_run import collected
from model.scenario import Scenario


class Roster(mesa.Model):
    """A Mesa model whose agents are rows of tables; see :class:`model.ecosystem.Ecosystem` for the tables."""

    accounts: Any
    blocks: Any
    exchange: Any
    protocol: Any
    keepers: Any
    providers: Any
    pool: Any
    reinsurance: Any
    value_investing: Any
    tables: Any
    ledger: Ledger
    slots_per_protocol: int
    horizon: int
    clock: int

    _own_scenario: Scenario
    _going = True
    _collector: Any = None

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng=rng)
        self._recount, self._reconcile = FastCall(recount), FastCall(reconcile_all)
        self._traders: dict[int, Trader] = {}
        self._assembled = False
        self._before = (0.0, 0.0, 0.0)

    @property
    def scenario(self) -> Scenario:
        """All parameters of the run."""
        return self._own_scenario

    @scenario.setter
    def scenario(self, value: object) -> None:
        """Ignore the placeholder Mesa sets: a run has one scenario, given when it is built."""

    @property
    def running(self) -> bool:
        """True while there are steps left, unless it was set to False."""
        return self._going and self.clock < self.horizon

    @running.setter
    def running(self, value: bool) -> None:
        self._going = value

    @property
    def datacollector(self) -> mesa.DataCollector:
        """The run so far as a Mesa data collector (:func:`model.batch_run.collected`), unless one was set."""
        return self._collector or collected(self.series(), self.summary(), self.clock)

    @datacollector.setter
    def datacollector(self, value: mesa.DataCollector) -> None:
        self._collector = value

    @property
    def agents(self) -> AgentSet:
        """All agents, as in any Mesa model."""
        self._assemble()
        return self._all_agents

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """Agents by class: Trader, LiquidityProvider, Keeper, Exchange, Protocol, Reinsurer and a researcher's own."""
        self._assemble()
        return self._agents_by_type

    def trader(self, row: int) -> Trader:
        """Return the view of an account, made if there is none."""
        self._assemble()
        if row not in self._traders:
            self._traders[row] = Trader(self, self.accounts, row)
        return self._traders[row]

    def view(self, kind: type[RowAgent], row: int) -> RowAgent:
        """Return the view of a row of the table that a class stands for."""
        if issubclass(kind, Trader):
            return self.trader(row)
        self._assemble()
        return next(agent for agent in self._agents_by_type[kind] if agent.row == row)

    def run(self) -> None:
        """Run to the end of the tape, step after step, past Mesa's calendar of events, which takes a tenth of the time.

        For runs in which nobody has events of their own; ``run_for(horizon)`` is the same otherwise.
        """
        step = type(self).step
        for _ in range(self.clock, self.horizon):
            step(self)
        self.steps, self.time = self.clock, float(self.clock)

    def summary(self) -> dict[str, float]:
        """Return the run's metrics so far."""
        raise NotImplementedError

    def series(self) -> dict[str, np.ndarray]:
        """Return the run's series so far, column by column."""
        raise NotImplementedError

    def slots(self, protocol: int) -> tuple[int, int]:
        """Return the first row of a protocol's accounts and the row after its last."""
        return protocol * self.slots_per_protocol, (protocol + 1) * self.slots_per_protocol

    def own_agents(self) -> list[Any]:
        """Return the agent sets of classes that are not views of rows: a researcher's own agents."""
        return [members for kind, members in self._agents_by_type.items() if not issubclass(kind, RowAgent)]

    def before_account_change(self, row: int) -> None:
        """Remember cash value, wallet and size of an account about to be set from Python."""
        self._before = self._worth(row)

    def after_account_change(self, row: int) -> None:
        """Book what was set from Python: contracts as bought from the vault at entry price, money as from outside."""
        touch(self.accounts, self.tables.blocks, row)
        self._recount(self.accounts, self.tables.blocks, self.tables.exchange)
        i = row // self.slots_per_protocol
        cash, wallet, size = (now - then for now, then in zip(self._worth(row), self._before, strict=True))
        bought = size * (self.accounts.entry_price[row] - self.accounts.entry_funding[row])
        self.exchange.vault_size[i] -= size
        pay(self.ledger.book, TRADER, VAULT, i, bought)
        self.ledger.enter(TRADER, cash + bought, i)
        self.ledger.enter(WALLET, wallet, i)

    def after_keeper_change(self) -> None:
        """Book keepers' cash set from Python against the outside world."""
        self._enter_difference(KEEPER, 0)

    def after_provider_change(self) -> None:
        """Count shares set from Python, and book providers' cash set from Python against the outside world."""
        self.protocol.shares[:] = np.bincount(self.providers.protocol, self.providers.shares, len(self.protocol))
        self._enter_difference(PROVIDER, slice(None))

    def after_investor_change(self) -> None:
        """Book capital providers' cash set from Python against the outside world."""
        self._enter_difference(INVESTOR, 0)

    def reconcile(self, phase: Code) -> None:
        """Count all rows afresh and compare them with the ledger."""
        self._recount(self.accounts, self.tables.blocks, self.tables.exchange)
        self._reconcile(self.ledger.book, self.tables.exchange, phase)

    def _enter_difference(self, account: Code, column: Code | slice) -> None:
        counted = self.ledger.subsidiaries[account]()[column]
        self.ledger.enter(account, counted - self.ledger.balance[account, column], column)

    def _worth(self, row: int) -> tuple[float, float, float]:
        size = self.accounts.size[row]
        basis = size * (self.accounts.entry_price[row] - self.accounts.entry_funding[row])
        return self.accounts.collateral[row] - basis, self.accounts.wallet[row], size

    def _assemble(self) -> None:
        if self._assembled:
            return
        self._assembled = True
        tables = (
            (Exchange, self.exchange),
            (Protocol, self.protocol),
            (Keeper, self.keepers),
            (LiquidityProvider, self.providers),
            (Reinsurer, self.pool),
            (CapitalProvider, self.reinsurance.providers),
            (ValueFund, self.value_investing.funds),
        )
        for kind, table in tables:
            for row in range(len(table)):
                kind(self, table, row)
        for row in np.flatnonzero(self.accounts.status != EMPTY).tolist():
            self._traders[row] = Trader(self, self.accounts, row)
