"""Market makers: they take their part of fills, bear its gains and losses, leave at their limit and return smaller."""

import numpy as np
import pytest

from agents.exchange.exchange import Exchange
from agents.market_maker.market_maker import makers_part
from agents.provider.liquidity_provider import vault_equity
from model.ecosystem import Ecosystem
from model.market.impact import SHAPES
from model.price.tape import draw_tape
from model.scenario import Scenario, ScenarioError
from tests.support.arrangement import BOOKS, MAKERS
from tests.support.world import crash, run, small

WORLD = {
    "asset__name": ("A",), "protocol__number": 2, "market__books": "venue", "market__impact": "latent",
    "trader__number": 0, "trader__reserve": 2, "exchange__trading_fee": 0.0, "market_maker__number": 2,
    "market_maker__share": (3.0, 1.0),
    "market__depth_volatility": 0.0, "market_maker__capital": 0.05,
}  # fmt: skip
CHAOS = {name.replace(".", "__"): value for name, value in (BOOKS | MAKERS).items()} | {"backstop__capital_ratio": 1e-4}


def still(**changes):
    """Return a world in which the fundamental stands still and nobody trades, its books at their depth."""
    scenario = small(**WORLD | changes)
    tape = draw_tape(scenario, 0)
    ecosystem = Ecosystem(scenario, tape=tape._replace(log_return=np.zeros_like(tape.log_return)))
    ecosystem.apply_shocks()
    ecosystem.set_prices()
    return ecosystem


def sell(ecosystem, share):
    """Let an account sell so much of the depth of the first book; return the contracts and what they brought, USD."""
    exchange = ecosystem.agents_by_type[Exchange][0]
    account = exchange.open_account(collateral=1e12)
    sold = -exchange.trade(account, -share * ecosystem.market.depth[0])
    return sold, sold * account.entry_price


def pass_step(ecosystem):
    """Let the market phases of a step pass."""
    ecosystem.apply_shocks()
    ecosystem.set_prices()
    ecosystem.liquidate()


def equity(ecosystem):
    """Return the equity of vaults and of makers, together, USD."""
    return float(ecosystem.vault_equity().sum() + ecosystem.makers.equity.sum())


def test_makers_take_their_part_of_a_fill_off_the_vault_at_its_price_and_divide_it_by_weight():
    ecosystem = still()
    sold, brought = sell(ecosystem, 0.05)
    start, total = ecosystem.exchange.vault_size[0], equity(ecosystem)
    ecosystem.make_markets()
    shift = ecosystem.market.pressure[0]
    taken = sold * makers_part(True, ecosystem.market.curvature[0], 0.0, shift)
    assert 0.5 * sold < taken < sold
    assert ecosystem.exchange.maker_size[0] == pytest.approx(taken)
    assert ecosystem.exchange.vault_size[0] == pytest.approx(start - taken)
    assert ecosystem.inventory.size[:, 0] == pytest.approx([0.75 * taken, 0.25 * taken])
    paid = ecosystem.makers.capital - ecosystem.inventory.cash.sum(axis=1)
    assert paid.sum() == pytest.approx(taken * brought / sold)
    assert equity(ecosystem) == pytest.approx(total)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "latent"])
def test_without_latent_orders_the_whole_book_is_the_makers(shape):
    ecosystem = still(market__impact=shape)
    sold, _ = sell(ecosystem, 0.05)
    ecosystem.make_markets()
    assert ecosystem.exchange.maker_size[0] == pytest.approx(sold)


def test_as_the_book_is_filled_again_makers_sell_what_they_took_for_more():
    """With all of the book theirs they end flat, and have earned the impact and the spread."""
    ecosystem = still(market__impact="linear", market__refill=20.0)
    sell(ecosystem, 0.02)
    for _ in range(30):
        ecosystem.liquidate()
        pass_step(ecosystem)
    assert abs(ecosystem.exchange.maker_size[0]) < 1e-6 * abs(ecosystem.exchange.outside_size[0])
    assert ecosystem.makers.equity.sum() > ecosystem.makers.capital.sum()
    assert ecosystem.ledger.imbalance() < 1e-12


def test_a_maker_at_its_limit_leaves_all_venues_sells_off_and_returns_smaller():
    leaving = {"market_maker__away": 10.0, "market_maker__longer": 1e-2, "market_maker__unwind": 5.0}
    ecosystem = still(market__arbitrage=0.0, market_maker__loss_limit=(0.05, 1.0), **leaving)
    sell(ecosystem, 0.02)
    ecosystem.liquidate()
    ecosystem.market.fundamental[:] *= 0.5
    pass_step(ecosystem)
    assert ecosystem.makers.quoting.tolist() == [0.0, 1.0]
    assert ecosystem.makers.withdrawals.tolist() == [1.0, 0.0]
    held, mid = ecosystem.inventory.size[0, 0], ecosystem.market.mid[0]
    pass_step(ecosystem)
    assert ecosystem.market.presence == pytest.approx([0.25, 0.25])
    assert 0.0 < ecosystem.inventory.size[0, 0] < held and ecosystem.market.mid[0] < mid
    for _ in range(4):
        pass_step(ecosystem)
    assert ecosystem.inventory.size[0, 0] == pytest.approx(0.0, abs=1e-9 * held)
    for _ in range(7):
        pass_step(ecosystem)
    assert ecosystem.makers.quoting.tolist() == [1.0, 1.0]
    assert ecosystem.makers.scale.tolist() == pytest.approx([0.7, 1.0])
    assert ecosystem.market.makers == pytest.approx([0.75 * 0.7 + 0.25] * 2)


def test_a_vault_that_is_tested_for_closure_counts_what_makers_are_to_take_over():
    """Their part of the loss is not the vault's, whenever in the step it is asked."""
    ecosystem = still(market__impact="linear", market_maker__loss_limit=(100.0,))
    sell(ecosystem, 0.2)
    exchange, market, balance = ecosystem.exchange, ecosystem.market, ecosystem.ledger.balance
    price = exchange.mark[0]
    due = market.made_cost[0] - market.made[0] * price
    before = ecosystem.vault_equity()[0]
    ecosystem.make_markets()
    after = vault_equity(balance[2, 0], exchange.vault_size[0], price, exchange.funding_index[0])
    assert due > 0.0 and after == pytest.approx(before + due)


@pytest.mark.parametrize(
    "more", [{}, {"protocol__listings": (2, 1, 2)}, {"exposure__resolution": "dead", "protocol__treasury_ratio": 0.0}]
)
def test_money_is_conserved_and_makers_profit_is_what_their_rows_say(more):
    ecosystem = run(crash(**CHAOS | more))
    summary, exchange = ecosystem.summary(), ecosystem.exchange
    assert summary["imbalance"] < 1e-12 and summary["deficit"] > 0.0 and summary["maker_withdrawals"] > 0.0
    held = ecosystem.inventory.cash + ecosystem.inventory.size * (exchange.mark - exchange.funding_index)
    assert ecosystem.makers.equity == pytest.approx(held.sum(axis=1), rel=1e-9)
    assert summary["maker_profit"] == pytest.approx(
        float(ecosystem.makers.equity.sum() - ecosystem.makers.capital.sum())
    )


def test_makers_need_a_book_for_each_venue_of_finite_depth():
    with pytest.raises(ScenarioError, match=r"market_maker.number 2: makers take over from the vault"):
        Scenario().replace({"market_maker.number": 2})
    with pytest.raises(ScenarioError, match=r"market_maker.number 2: makers of infinite depth"):
        small(market_maker__number=2, market__books="venue", market__depth_multiplier=np.inf)
