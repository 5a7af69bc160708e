"""The Mesa interface of an ecosystem: agents as views of rows, made when they are first requested.

``agents`` and ``agents_by_type`` work as in any Mesa model, with every kind of agent under its class. A run that never
uses them pays nothing. Attributes set on an agent from Python are booked: money that appears
comes from the outside world, contracts that appear were sold by the vault at the account's entry price.

Only a Mesa model builds views. So ``mesa.Agent`` becomes the base of their classes here, which are declared next to the
kernels and do without it until then: who only runs kernels does not load Mesa.
"""

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from agents.account.account import EMPTY, touch
from agents.core.column import RowAgent
from agents.core.ledger import INVESTOR, KEEPER, PROVIDER, TRADER, VAULT, WALLET, Code, pay
from agents.exchange.exchange import Exchange
from agents.exchange.keeper import Keeper
from agents.market_maker.market_maker import MarketMaker
from agents.protocol.protocol import Protocol
from agents.provider.capital_provider import CapitalProvider
from agents.provider.liquidity_provider import LiquidityProvider
from agents.reinsurer.reinsurer import Reinsurer
from agents.trader.attention import look
from agents.trader.trader import Trader, decide
from agents.trader.value_fund import ValueFund
from model.batch_run import collected
from model.engine.engine import Engine
from model.market.order_clearing import fill
from model.measure.series import Choice
from model.price.streams import Streams
from model.price.tape import Tape
from model.scenario import Scenario


def kinds(kind: type[RowAgent]) -> Iterator[type[RowAgent]]:
    """Yield a class of views and all that are derived from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from kinds(derived)


def become_agents() -> None:
    """Make ``mesa.Agent`` a base of all views; those declared so far get what Mesa gives a class under it."""
    if not issubclass(RowAgent, mesa.Agent):
        RowAgent.__bases__ = (*RowAgent.__bases__, mesa.Agent)
        for kind in kinds(RowAgent):
            kind._datasets = set()  # names of Mesa's data sets that follow the class


become_agents()


class Roster(Engine, mesa.Model):
    """A Mesa model whose agents are rows of tables; see :class:`model.engine.engine.Engine` for the tables."""

    _going = True
    _collector: Any = None
    _built: frozenset[str] = frozenset()

    def set_up(self, scenario: Scenario, origin: int, replication: int, tape: Tape | None, kept: Choice) -> None:
        """Build the run at its start, with a generator of its own for agents of a researcher's own."""
        mesa.Model.__init__(self, rng=Streams(scenario.seed, replication).generator("mesa"))
        self._traders: dict[int, Trader] = {}
        self._assembled = False
        self._before = (0.0, 0.0, 0.0)
        super().set_up(scenario, origin, replication, tape, kept)
        self._built = frozenset(vars(self)) | {"_built"}

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
        """Run to the end of the tape, past Mesa's calendar of events, which takes a tenth of the time.

        For runs in which nobody has events of their own; ``run_for(horizon)`` is the same otherwise.
        """
        super().run()
        self.steps, self.time = self.clock, float(self.clock)

    def step_agents(self) -> None:
        """Let a researcher's own agents act."""
        for members in self.own_agents():
            members.shuffle_do("step")

    def own_agents(self) -> list[Any]:
        """Return the agent sets of classes that are not views of rows: a researcher's own agents."""
        return [members for kind, members in self._agents_by_type.items() if not issubclass(kind, RowAgent)]

    def acting(self) -> np.ndarray:
        """Return the rows of the traders who act in the present step, listing by listing."""
        tables, terms = self.tables, self.rules.trade
        count = look(
            accounts=self.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
            tiers=self.tiers, habit=terms.habit, keys=terms.keys, step=self.clock, acting=self.scratch.rows,
        )  # fmt: skip
        return self.scratch.rows[:count]

    def decide(self, rows: np.ndarray) -> None:
        """Let the traders in `rows` decide on their orders: who has no reason to close or to heed its margin trades."""
        tables = self.tables
        decide(
            accounts=self.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
            book=self.ledger.book, tiers=self.tiers, habit=self.rules.trade.habit, keys=self.rules.trade.keys,
            step=self.clock, rows=rows,
        )  # fmt: skip

    def fill(self, rows: np.ndarray) -> None:
        """Fill the orders waiting in `rows` together."""
        tables = self.tables
        fill(
            accounts=self.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
            book=self.ledger.book, rules=self.rules.price, fee=self.rules.trade.fee,
            oracle_error=self._oracle_error, rows=rows,
        )  # fmt: skip

    def before_account_change(self, row: int) -> None:
        """Remember cash value, wallet and size of an account about to be set from Python."""
        self._before = self._worth(row)

    def after_account_change(self, row: int) -> None:
        """Book what was set from Python: contracts as bought from the vault at entry price, money as from outside."""
        touch(self.accounts, self.tables.blocks, row)
        self._recount(self.accounts, self.tables.blocks, self.tables.exchange)
        i = row // self.slots_per_listing
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
        shares = np.bincount(self.providers.listing, self.providers.shares, len(self.exchange))
        self.exchange.vault_shares[:] = shares
        self._enter_difference(PROVIDER, slice(None))

    def after_investor_change(self) -> None:
        """Book capital providers' cash set from Python against the outside world."""
        self._enter_difference(INVESTOR, 0)

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
            (MarketMaker, self.makers),
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
