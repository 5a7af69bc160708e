"""Value-investing funds: demand, auction, flows and bankruptcy by hand; the market of the source by another road."""

import numpy as np
import pytest
from scipy.optimize import brentq

from agents.account.position import equity
from agents.core.ledger import OUTSIDE, PriceRangeError
from agents.trader.value_fund import (
    TRADING,
    ValueFund,
    average_return,
    flow,
    make_value_funds,
    settle_to_mark,
    wanted_contracts,
)
from experiments.validation.fat_tail_study import returns
from model.ecosystem import Ecosystem
from model.market.auction import clearing_price, first_root
from model.price.process.noise_demand import return_sd
from model.scenario import Scenario, ScenarioError
from model.scenario.world import scenario_path
from tests.support.world import small

SETTING = Scenario.from_toml(scenario_path("fat_tails"))


def world(steps: int, **changes: object) -> Ecosystem:
    """Return the run of the shipped scenario, `steps` long, with changes of the funds' parameters."""
    return Ecosystem(SETTING.replace({"steps": steps} | {f"value_fund.{k}": v for k, v in changes.items()}))


def with_prices(ecosystem: Ecosystem, *fundamental: float) -> Ecosystem:
    """Let noise traders alone make these prices, one a step, from a first price of 1."""
    logs = np.diff(np.log(np.array([1.0, *fundamental])))
    ecosystem.tape = ecosystem.tape._replace(log_return=logs[:, None].copy())
    return ecosystem


def auctioned(funds, held, start, limit=10.0, noise=None, supply=1000.0, value=1.0):
    held = np.array(held, float)
    noise = (supply - np.nansum(held)) * start if noise is None else noise
    return clearing_price(funds, held, limit, value, noise, supply, start)


def fund(aggression=10.0, cash=100.0):
    found = make_value_funds(np.array([0]), np.array([aggression]), cash)
    found.cash[:] = cash
    return found


@pytest.mark.parametrize(
    ("price", "contracts"),
    [
        (1.1, 0.0),  # above value
        (0.9, 10.0 * 0.1 * (100.0 + 50.0 * 0.9) / 0.9),
        (0.5, 2.0 * (100.0 + 50.0 * 0.5) / 0.5),  # 10 · 0.5 is more than the limit of 2
    ],
)
def test_a_fund_wants_leverage_in_proportion_to_mispricing_up_to_its_limit(price, contracts):
    assert wanted_contracts(10.0, price, 1.0, 2.0, 100.0, 50.0) == pytest.approx(contracts)


def test_a_fund_without_wealth_wants_nothing():
    assert wanted_contracts(10.0, 0.5, 1.0, 2.0, -100.0, 150.0) == 0.0


def test_at_its_limit_a_fund_in_debt_sells_when_the_price_falls():
    demand = [wanted_contracts(50.0, price, 1.0, 5.0, -80.0, 200.0) for price in (0.5, 0.6, 0.7)]
    assert demand == sorted(demand) and demand[0] < demand[2]


def test_performance_and_flows_by_hand():
    assert average_return(0.02, 0.1, -0.05) == pytest.approx(0.013)
    assert flow(0.025, 0.005, 0.15, 1000.0) == pytest.approx(3.0)
    assert flow(-20.0, 0.005, 0.15, 1000.0) == -1000.0
    assert flow(0.5, 0.005, 0.15, -7.0) == 0.0


def test_the_price_of_one_fund_by_hand():
    # 900 + 10 (1 − p) 100 = 1000 p, so p = 1900 / 2000
    assert auctioned(fund(), [0.0], 0.9) == pytest.approx(0.95, rel=1e-14)


def test_the_price_where_the_fund_is_at_its_limit_by_hand():
    # the limit 2 binds below 0.8: 500 + 2 · 100 = 1000 p
    assert auctioned(fund(), [0.0], 0.5, limit=2.0) == pytest.approx(0.7, rel=1e-14)


def test_a_market_in_balance_keeps_its_price():
    assert auctioned(fund(), [0.0], 1.2) == 1.2


def test_the_first_price_that_clears_counts():
    funds, held = fund(aggression=1000.0, cash=-80.0), [200.0]
    noise, supply = 380.0, 1000.0

    def excess(price):
        return noise + price * wanted_contracts(1000.0, price, 1.0, 10.0, -80.0, 200.0) - supply * price

    grid = np.linspace(1e-6, 1.0, 20_001)
    sign = np.sign([excess(price) for price in grid])
    roots = [brentq(excess, grid[j], grid[j + 1]) for j in np.flatnonzero(np.diff(sign))]
    assert len(roots) == 3
    for start in (0.3, 0.41, 0.44, 0.6, 0.9, 1.2):
        downwards = excess(start) < 0
        expected = max(r for r in roots if r < start) if downwards else min(r for r in roots if r > start)
        assert auctioned(funds, held, start, noise=noise) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("terms", "start", "end", "root"),
    [
        ((1.0, -3.0, 2.0), 0.0, 5.0, 1.0),
        ((1.0, -3.0, 2.0), 5.0, 0.0, 2.0),
        ((0.0, -2.0, 3.0), 1.0, np.inf, 1.5),
        ((1.0, 0.0, -4.0), 3.0, 0.0, 2.0),
    ],
)
def test_the_nearest_root_is_found(terms, start, end, root):
    assert first_root(*terms, start, end) == pytest.approx(root)


@pytest.mark.parametrize("terms", [(1.0, 0.0, 1.0), (1.0, -3.0, 2.0), (0.0, 0.0, 1.0)])
def test_no_root_is_none(terms):
    assert np.isnan(first_root(*terms, 3.0, 9.0))


def test_two_steps_of_one_fund_by_hand():
    eco = with_prices(world(2, number=1, aggression=(10.0,), wealth=1e8), 0.9, 0.9)
    eco.run_for(1)
    # 9e8 + 10 (1 − p) 1e8 = 1e9 p: p = 0.95, half the wealth is invested; investors take 0.15 · 0.005 of it
    first, left = 0.95, 1e8 * (1.0 - 0.15 * 0.005)
    held = 0.5e8 / first
    row = int(eco.value_investing.funds.account[0])
    assert eco.market.mid[0] == pytest.approx(first, rel=1e-13)
    assert eco.accounts.size[row] == pytest.approx(held, rel=1e-12)
    assert eco.value_investing.funds.wealth[0] == pytest.approx(left, rel=1e-13)
    eco.run_for(1)
    cash = left - 0.5e8
    second = brentq(lambda p: 9e8 + 10.0 * (1.0 - p) * (cash + held * p) - 1e9 * p, 0.9, 1.0, xtol=1e-15)
    performance = 0.1 * ((cash + held * second) / left - 1.0)
    after = (cash + held * second) * (1.0 + 0.15 * (performance - 0.005))
    assert eco.market.mid[0] == pytest.approx(second, rel=1e-12)
    assert eco.value_investing.funds.performance[0] == pytest.approx(performance, rel=1e-6)
    assert eco.value_investing.funds.wealth[0] == pytest.approx(after, rel=1e-12)


def test_a_bankrupt_fund_sells_out_and_a_new_one_begins_after_its_absence():
    eco = with_prices(
        world(6, number=1, aggression=(50.0,), leverage=10.0, absence=3), 0.8, 0.725, 0.725, 0.725, 0.725, 0.725
    )
    funds = eco.value_investing.funds
    row = int(funds.account[0])
    eco.run_for(1)
    assert eco.accounts.size[row] > 0.0 and funds.back[0] == TRADING
    eco.run_for(1)
    assert (funds.failures[0], funds.back[0]) == (1.0, 1 + 3)
    eco.run_for(1)
    assert (eco.accounts.size[row], funds.wealth[0]) == (0.0, 0.0)
    assert eco.market.mid[0] == pytest.approx(0.725)
    eco.run_for(1)
    assert funds.wealth[0] == 0.0
    eco.run_for(1)
    assert (funds.wealth[0], funds.back[0], eco.accounts.size[row]) == (2e6, TRADING, 0.0)
    eco.run_for(1)
    assert eco.accounts.size[row] > 0.0


def test_a_loss_beyond_a_funds_wealth_is_a_deficit_of_its_venue():
    eco = with_prices(world(2, number=1, aggression=(50.0,)), 0.8, 0.4)
    eco.run_for(1)
    before = float(eco.ledger.balance[OUTSIDE].sum())
    eco.run_for(1)
    lost = eco.record.member("deficit", 2)[0]
    assert lost > 0.0 and eco.value_investing.funds.failures[0] == 1.0
    assert eco.ledger.balance[OUTSIDE].sum() == pytest.approx(before)


def reference(eco: Ecosystem, steps: int) -> np.ndarray:
    """Return the prices of the source's market by iteration in its own variables, without ledger, accounts or knots."""
    terms, price = eco.scenario.value_fund, 1.0
    held, cash, average, away, sale = np.zeros(10), np.full(10, 2e6), np.zeros(10), np.zeros(10), 0.0
    beta, found = np.array(terms.aggression), [1.0]
    for xi in 1e9 * np.exp(np.cumsum(eco.tape.log_return[:steps, 0])):
        active = away == 0

        def demand(p, active=active, held=held, cash=cash):
            leverage = np.minimum(beta * max(1.0 - p, 0.0), terms.leverage)
            return active * leverage * np.maximum(cash + held * p, 0.0) / p

        def excess(p, demand=demand, xi=xi):
            return xi / p + demand(p).sum() - 1e9

        start = xi / (1e9 - held.sum() - sale)
        factor, end = (1.0005, start) if excess(start) > 0 else (1 / 1.0005, start)
        while excess(end * factor) * excess(start) > 0:
            end *= factor
        new = brentq(excess, end, end * factor, xtol=1e-16, rtol=1e-15) if excess(start) != 0 else start
        before, wealth = cash + held * price, cash + held * new
        wanted = demand(new)
        fails = active & (wealth < 0.1 * 2e6)
        average = np.where(active, 0.9 * average + 0.1 * (wealth / np.where(active, before, 1.0) - 1.0), 0.0)
        added = np.maximum(0.15 * (average - 0.005), -1.0) * wealth
        returning = away == 1
        away = np.where(fails, 100, np.maximum(away - 1, 0))
        stays = active & ~fails
        cash = np.where(stays, wealth - wanted * new + added, np.where(returning, 2e6, 0.0))
        held, price, sale = np.where(stays, wanted, 0.0), new, wanted[fails].sum()
        found.append(new)
    return np.array(found)


@pytest.mark.compiled
def test_the_market_is_that_of_the_source_by_another_road():
    eco = world(1500)
    eco.run_for(1500)
    assert eco.value_investing.funds.failures.sum() > 5
    prices = np.append(1.0, eco.series()["mid_ASSET"])
    np.testing.assert_allclose(prices, reference(eco, 1500), rtol=1e-6)


@pytest.mark.compiled
def test_without_funds_the_price_is_what_noise_traders_pay():
    eco = world(4000, number=0)
    eco.run_for(4000)
    np.testing.assert_allclose(np.diff(np.log(eco.series()["mid_ASSET"])), eco.tape.log_return[1:, 0], atol=1e-12)
    assert returns(eco).std() == pytest.approx(return_sd(0.99, 0.035), rel=0.04)
    assert return_sd(0.99, 0.035) == pytest.approx(0.0350879, abs=1e-7)


@pytest.mark.compiled
def test_money_is_conserved_and_the_funds_contracts_are_the_vaults():
    eco = world(400)
    eco.run_for(400)
    assert eco.ledger.imbalance() < 1e-12
    assert eco.accounts.size.sum() == pytest.approx(-eco.exchange.vault_size[0], abs=1e-6)
    assert (eco.accounts.size >= 0.0).all() and eco.protocol.status[0] == 0


def test_funds_trade_beside_ordinary_traders_on_several_venues():
    eco = Ecosystem(small(value_fund__number=3, value_fund__supply=1e10))
    eco.run_for(40)
    assert eco.ledger.imbalance() < 1e-12
    assert len(eco.agents_by_type[ValueFund]) == 9


def test_a_halted_venue_trades_no_fund():
    eco = with_prices(world(2, number=2), 0.8, 0.6)
    eco.exchange.halt[0] = 5.0
    eco.run_for(1)
    assert eco.accounts.size.sum() == 0.0 and eco.market.mid[0] == pytest.approx(0.8)


def test_a_loss_beyond_the_collateral_is_carried_in_the_entry_price_and_no_money_is_made():
    """10 contracts from 1 with 2 USD behind them, marked at 0.5: 3 USD are missing, and stay missing."""
    eco = world(2, number=1)
    row, accounts = eco.value_investing.funds.account[0], eco.accounts
    accounts.size[row], accounts.entry_price[row], accounts.collateral[row], accounts.wallet[row] = 10.0, 1.0, 2.0, 0.0
    eco.exchange.mark[0] = 0.5
    settle_to_mark(accounts, eco.tables.blocks, eco.tables.exchange, row, 0)
    own = equity(accounts.collateral[row], 10.0, accounts.entry_price[row], 0.5, 0.0)
    assert accounts.collateral[row] == 0.0 and own == pytest.approx(-3.0)
    assert accounts.collateral[row] - 10.0 * accounts.entry_price[row] == pytest.approx(2.0 - 10.0 * 1.0)


def test_an_auction_far_from_the_first_price_stops_the_run_by_name():
    eco = world(2, number=2)
    eco.market.first[:] = 1e-16 * eco.market.mid
    with pytest.raises(PriceRangeError, match=r"asset 0 stands at .* in phase 'trade'"):
        eco.hold_auction()
    assert (eco.accounts.size == 0.0).all()


def test_a_supply_that_others_hold_already_means_no_auction():
    eco = Ecosystem(small(value_fund__number=1, value_fund__supply=1.0))
    size = eco.accounts.size.reshape(3, -1)
    size[range(3), (size == 0.0).argmax(axis=1)] += 1e9  # bought of the vault for nothing
    eco.exchange.vault_size[:] -= 1e9
    eco.hold_auction()
    assert (eco.accounts.size[eco.value_investing.funds.account] == 0.0).all()


@pytest.mark.parametrize("aggression", [(0.0,), (5.0, -1.0)])
def test_a_fund_without_aggression_is_refused(aggression):
    with pytest.raises(ScenarioError, match="aggression"):
        Scenario().replace({"value_fund.aggression": aggression})


def test_none_is_the_default_and_changes_nothing():
    assert Scenario().value_fund.number == 0
    assert len(Ecosystem(small()).value_investing.funds) == 0
