"""Traders as Mesa agents: views of rows that do, one by one, bit for bit what the population does."""

import mesa
import numpy as np
import pytest

from agents.account.account import GUEST, OPEN
from agents.exchange.exchange import Exchange
from agents.exchange.keeper import Keeper
from agents.protocol.protocol import Protocol
from agents.provider.liquidity_provider import LiquidityProvider
from agents.reinsurer.reinsurer import Reinsurer
from agents.trader.strategy import STRATEGIES
from agents.trader.trader import Trader
from model.ecosystem import Ecosystem
from tests.support.world import crash, small


def prepared(replication: int = 0) -> Ecosystem:
    """Return an ecosystem in the middle of a crash, in which many traders look at their account."""
    ecosystem = Ecosystem(crash(trader__attention=0.5, trader__turnover=0.5), replication)
    ecosystem.run_for(12)
    return ecosystem


@pytest.mark.parametrize("replication", range(3))
def test_one_agents_step_is_the_populations_step_on_its_row(replication):
    """Decisions taken agent by agent, in any order, equal the population's to the last bit."""
    crowd, single = prepared(replication), prepared(replication)
    rows = crowd.acting().copy()
    crowd.decide(rows)
    assert np.count_nonzero(crowd.accounts.order) > 3
    single.agents_by_type[Trader].shuffle_do("step")
    for ours, theirs in zip(crowd.accounts, single.accounts, strict=True):
        assert (ours == theirs).all()


def test_a_step_taken_agent_by_agent_is_a_whole_step():
    """After agents decided one by one and the market filled, everything is as after the population's phase."""
    crowd, single = prepared(), prepared()
    for ecosystem in (crowd, single):
        ecosystem.apply_shocks()
        ecosystem.set_prices()
        ecosystem.charge_funding()
    crowd.trade()
    rows = single.acting().copy()
    for trader in single.agents_by_type[Trader]:
        trader.step()
    single.fill(rows)
    for ours, theirs in zip(crowd.accounts, single.accounts, strict=True):
        assert (ours == theirs).all()
    assert (crowd.market.mid == single.market.mid).all()
    assert (crowd.ledger.balance == single.ledger.balance).all()


def test_a_trader_who_does_not_look_does_nothing():
    """The step of a trader outside the acting rows changes nothing."""
    ecosystem = prepared()
    idle = next(t for t in ecosystem.agents_by_type[Trader] if t.row not in ecosystem.acting())
    before = [column.copy() for column in ecosystem.accounts]
    idle.step()
    for then, now in zip(before, ecosystem.accounts, strict=True):
        assert (then == now).all()


def test_all_kinds_of_agent_are_found():
    """Every kind of the design, as many as the scenario says, by class."""
    kinds = Ecosystem(small()).agents_by_type
    numbers = {Trader: 120, LiquidityProvider: 9, Keeper: 4, Exchange: 3, Protocol: 3, Reinsurer: 1}
    assert {kind: len(kinds[kind]) for kind in numbers} == numbers


def test_agents_serve_a_data_collector():
    """Reporters by type and aggregates work as in any Mesa model."""
    ecosystem = Ecosystem(small())
    collector = mesa.DataCollector(
        model_reporters={"collateral": lambda m: m.agents_by_type[Trader].agg("collateral", sum)},
        agenttype_reporters={Trader: {"size": "size", "equity": "equity"}, Protocol: {"fund": "fund"}},
    )
    for _ in range(3):
        ecosystem.step()
        collector.collect(ecosystem)
    frame = collector.get_model_vars_dataframe()
    assert frame["collateral"].iloc[-1] == pytest.approx(ecosystem.accounts.collateral.sum())
    sizes = collector.get_agenttype_vars_dataframe(Trader)
    assert len(sizes) == 3 * 120
    rounding = 1e-12 * np.abs(ecosystem.accounts.size).sum()
    assert sizes["size"].iloc[-120:].sum() == pytest.approx(ecosystem.accounts.size.sum(), abs=rounding)


def test_views_are_made_only_when_asked_for():
    """A run that nobody looks into makes no agents."""
    ecosystem = Ecosystem(small())
    ecosystem.run_for(3)
    assert len(ecosystem._all_agents) == 0
    assert len(ecosystem.agents) == 120 + 9 + 4 + 3 + 3 + 1


def test_equity_of_a_view_is_that_of_the_definition():
    """Collateral plus unrealised profit less funding."""
    ecosystem = prepared()
    accounts, exchange = ecosystem.accounts, ecosystem.exchange
    for trader in list(ecosystem.agents_by_type[Trader])[::17]:
        i, row = trader.protocol, trader.row
        profit = accounts.size[row] * (exchange.mark[i] - accounts.entry_price[row])
        owed = accounts.size[row] * (exchange.funding_index[i] - accounts.entry_funding[row])
        assert trader.equity == pytest.approx(accounts.collateral[row] + profit - owed)


class Contrarian(mesa.Agent):
    """A researcher's own agent in plain Python: buys after a fall, sells after a rise."""

    def __init__(self, model, exchange):
        super().__init__(model)
        self.exchange = exchange
        self.account = exchange.open_account(collateral=1e6)
        self.last = exchange.mark
        self.filled = []

    def step(self):
        side = 1.0 if self.exchange.mark < self.last else -1.0
        self.filled.append(self.exchange.trade(self.account, side * 1e4 / self.exchange.mark))
        self.last = self.exchange.mark


def test_a_plain_python_agent_trades_on_the_same_market():
    """Its orders move the shared price, its account is on the same ledger, nobody else trades it."""
    ecosystem, without = Ecosystem(small()), Ecosystem(small())
    exchange = next(iter(ecosystem.agents_by_type[Exchange]))
    agent = Contrarian(ecosystem, exchange)
    assert agent.account.status == GUEST
    ecosystem.run_for(20)
    without.run_for(20)
    assert len(agent.filled) == 20
    assert agent.account.size == pytest.approx(sum(agent.filled))
    assert agent.account in ecosystem.agents_by_type[Trader]
    assert (ecosystem.record.asset[:20, 0, 1] != without.record.asset[:20, 0, 1]).any()
    assert ecosystem.ledger.imbalance() < 1e-12


def test_an_own_account_is_liquidated_like_any_other():
    """At the highest leverage the first adverse move of a percent or two closes it."""
    ecosystem = Ecosystem(small(price__process="jump_diffusion", price__jump_intensity=400.0, price__jump_mean=-2.0))
    exchange = next(iter(ecosystem.agents_by_type[Exchange]))
    account = exchange.open_account(collateral=1e4)
    exchange.trade(account, 1e9)
    assert account.size * exchange.mark == pytest.approx(1e4 / exchange.initial_margin, rel=0.05)
    ecosystem.run_for(40)
    assert account.size == 0.0


def test_no_free_slot_is_said():
    """Opening more accounts than slots is a plain error."""
    ecosystem = Ecosystem(small(trader__number=64, trader__reserve=0))
    exchange = next(iter(ecosystem.agents_by_type[Exchange]))
    with pytest.raises(ValueError, match=r"trader\.reserve"):
        exchange.open_account(1.0)
    with pytest.raises(ValueError, match="0 or more"):
        exchange.open_account(-1.0)


def test_one_more_trader_changes_no_other_traders_draws():
    """Leverage, side, strategy and wallet of the others stay, though there is one more of them."""
    few, many = Ecosystem(small()), Ecosystem(small(trader__number=41))
    for i in range(3):
        first, later = few.slots(i)[0], many.slots(i)[0]
        ours, theirs = slice(first, first + 40), slice(later, later + 40)
        assert (few.accounts.strategy[ours] == many.accounts.strategy[theirs]).all()
        assert (np.sign(few.accounts.size[ours]) == np.sign(many.accounts.size[theirs])).all()
        assert many.accounts.status[later + 40] == OPEN


def test_shares_of_strategies_are_those_of_the_scenario():
    """Within five standard deviations in a large population, and exactly where one has it all."""
    ecosystem = Ecosystem(small(trader__number=3000, protocol__number=1))
    codes = ecosystem.accounts.strategy[ecosystem.accounts.status == OPEN]
    shares = np.bincount(codes, minlength=len(STRATEGIES)) / len(codes)
    wanted = [getattr(ecosystem.scenario.trader, name) for name in STRATEGIES]
    assert shares == pytest.approx(wanted, abs=5 * np.sqrt(0.25 / 3000))
    only = {f"trader__{name}": float(name == "carry") for name in STRATEGIES}
    carry = Ecosystem(small(**only))
    assert {t.strategy_name for t in carry.agents_by_type[Trader]} == {"carry"}
