"""Margin tiers in whole runs: positions that go down tier by tier, by hand, and runs that must not change."""

import math

import numpy as np
import pytest

from agents.account.margin_tier import initial_rate, maintenance_rate, make_tiers
from agents.core.column import bare
from agents.core.ledger import LIQUIDATION_FEE, SHORTFALL
from experiments.app.world.account_sheet import distances
from model.backstop.loss_regime.base import Terms
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from model.scenario.check.inert import inert_choices
from tests.model.market.test_cascade import fall, lonely
from tests.model.whole.test_conservation import assert_books_close
from tests.support.loss_case import LossCase
from tests.support.world import crash, run, small

STEEP = {
    "exchange__tier_bound": (1e5, 1e6, 1e7), "exchange__tier_maintenance": (0.01, 0.02, 0.05),
    "exchange__tier_initial": (0.02, 0.04, 0.1),
}  # fmt: skip
HAND = {
    "exchange__tier_bound": (10_000.0, 30_000.0, math.inf), "exchange__tier_maintenance": (0.01, 0.02, 0.04),
    "exchange__tier_initial": (0.02, 0.04, 0.08), "control__partial_by_tier": True,
    "asset__initial_price": (100.0,), "asset__half_spread_bp": (0.0,), "exchange__trading_fee": 0.0,
    "market__depth_multiplier": math.inf,
}  # fmt: skip
ONE = {
    "exchange__tier_bound": (math.inf,), "exchange__tier_maintenance": (0.0125,), "exchange__tier_initial": (0.025,),
    "control__partial_by_tier": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("price", "kept", "equity", "parts", "fees"),
    [
        (92.5, 500.0, 1_250.0, 0, 0.0),  # margin 4 % of 46,250 less 700: 1,150
        (92.0, 30_000 / 92, 1_000.0 - 160.0, 1, 160.0),  # 1,140 of 46,000; then 500 of 30,000
        (91.0, 10_000 / 91, 500.0 - 155.0 - 200.0, 2, 355.0),  # 1,120; 500; then 100 of 10,000
        (90.5, 0.0, 0.0, 3, None),  # 1,110 of 45,250; 500; 100; equity is not enough for fees
    ],
)
def test_a_large_position_goes_down_tier_by_tier(price, kept, equity, parts, fees):
    """500 contracts bought at 100 with 5,000 of margin, in a market too deep to move, fees of 1 % on what is sold."""
    ecosystem, exchange, account = lonely(**HAND)
    assert (account.size, account.entry_price) == (pytest.approx(500.0), pytest.approx(100.0))
    fall(ecosystem, price / 100.0)
    assert exchange.liquidations == parts
    assert account.size == pytest.approx(kept) and account.equity == pytest.approx(equity, abs=1e-6)
    paid = ecosystem.keepers.bounties.sum() + ecosystem.ledger.balance[LIQUIDATION_FEE, 0]
    if fees is None:  # parts of 15,250, 20,000 and 10,000: half a percent each, and what is left of 250 to the fund
        assert ecosystem.keepers.bounties.sum() == pytest.approx(226.25) and paid == pytest.approx(250.0)
    else:
        assert paid == pytest.approx(fees, abs=1e-6)
    assert ecosystem.ledger.balance[SHORTFALL, 0] == 0.0


def test_a_short_that_lifts_the_price_goes_down_in_as_many_parts():
    """Its own buying raises its value over the bound it was just reduced to: no part more for that."""
    for side, factor in ((1.0, 0.911), (-1.0, 1.087)):
        ecosystem, exchange, account = lonely(**HAND | {"market__depth_multiplier": 0.02})
        exchange.trade(account, (side - 1.0) * account.size)
        mark = factor * exchange.mark
        fall(ecosystem, factor)
        assert side * (exchange.mark / mark - 1.0) < -1e-4
        assert exchange.liquidations == 2 and abs(account.size) * mark == pytest.approx(10_000.0, rel=2e-3)
        assert (abs(account.size) * exchange.mark > 10_000.0) == (side < 0.0)


def test_without_the_choice_a_position_goes_whole_at_the_margin_of_its_tier():
    ecosystem, exchange, account = lonely(**HAND | {"control__partial_by_tier": False})
    fall(ecosystem, 0.92)
    assert account.size == 0.0 and exchange.liquidations == 1


def test_takeover_is_below_a_part_of_the_margin_of_the_tier():
    """At 91 equity is 500: below half the 1,120 of its tier, above half the 455 of the first tier's rate."""
    ecosystem, exchange, account = lonely(**HAND | {"control__takeover": 0.5})
    fall(ecosystem, 0.91)
    assert account.size == 0.0 and exchange.taken_over == pytest.approx(45_500.0)


def test_own_agents_and_traders_open_within_the_initial_margin():
    """An agent's order is cut to its tier; over a run nobody has grown beyond margin on wealth, nor the last bound."""
    ecosystem, exchange, account = lonely(**HAND)
    exchange.trade(account, 1e6)
    assert 0.08 * account.size * exchange.mark - 1_400.0 == pytest.approx(account.equity)
    busy = {"trader__attention": 1.0, "trader__turnover": 1.0, "trader__participation": 1.0, "trader__tilt": 5.0}
    ecosystem = Ecosystem(small(**STEEP | busy, trader__number=64, trader__long_leverage=40.0))
    grown = 0
    for _ in range(10):
        before = np.abs(ecosystem.accounts.size)
        ecosystem.apply_shocks()
        ecosystem.set_prices()
        accounts, exchange, rows = ecosystem.accounts, ecosystem.exchange, ecosystem.acting().copy()
        ecosystem.decide(rows)
        i = rows // ecosystem.slots_per_listing
        owed = exchange.funding_index[i] - accounts.entry_funding[rows]
        own = accounts.collateral[rows] + accounts.size[rows] * (exchange.mark[i] - accounts.entry_price[rows] - owed)
        after = np.abs(accounts.size[rows] + accounts.order[rows])
        grows = after > before[rows] * (1.0 + 1e-9)
        value = after * exchange.mark[i]
        rates = np.array([initial_rate(0.02, float(v), ecosystem.tiers) for v in value])
        assert (value * rates <= own * (1.0 + 1e-9) + 1e-6)[grows].all()
        assert (value <= 1e7 * (1.0 + 1e-9))[grows].all()
        grown += ((rates > 0.021) & grows).sum()
        ecosystem.fill(rows)
        ecosystem.clock += 1
    assert grown > 20


def test_a_population_is_seasoned_against_the_margin_of_its_tier():
    ecosystem = Ecosystem(small(**STEEP, trader__number=200, trader__long_leverage=90.0, trader__short_leverage=90.0))
    accounts, trader = ecosystem.accounts, ecosystem.scenario.trader
    rows = np.flatnonzero(accounts.size)
    i = rows // ecosystem.slots_per_listing
    value = np.abs(accounts.size[rows]) * ecosystem.exchange.mark[i]
    volatility = np.array(ecosystem.tape.daily_volatility)[ecosystem.exchange.asset[i]]
    rates = np.array([maintenance_rate(0.01, float(notional), ecosystem.tiers) for notional in value])
    highest = 1.0 / (rates + trader.seasoning * volatility)
    assert (accounts.leverage[rows] <= highest * (1.0 + 1e-12)).all()
    assert (accounts.leverage[rows] == pytest.approx(highest)) or np.isclose(accounts.leverage[rows], highest).sum() > 9


def test_the_ranking_by_margin_ratio_takes_the_margin_of_the_tier():
    """OKX ranks by profit times margin ratio: the smaller winner has the higher leverage, the larger the rate."""
    crowd = ((10.0, 100.0, 500.0, 0.0, 0.0), (-2.0, 100.0, 40.0, 0.0, 0.0), (-20.0, 100.0, 420.0, 0.0, 0.0))
    closed = []
    for schedule in ((), ((1_000.0, math.inf), (0.05, 0.3), (0.1, 0.5))):
        case = LossCase("adl", crowd=crowd, terms=Terms(ranking="okx"))
        case.venue = case.venue._replace(tiers=bare(make_tiers(*schedule)))
        case.collect_loss(10.0)
        closed.append(case.accounts.size[1] != -2.0)
    assert closed == [True, False]


@pytest.mark.parametrize("changes", [{}, {"control__maintenance_follows": True, "control__margin_volatility": 1.0}])
def test_one_tier_at_the_single_rate_is_the_same_run(changes):
    """To the last bit, in a crash with takeovers, controls or not."""
    common = {"asset__maximal_leverage": (40.0,), "asset__maintenance_ratio": 0.5, "control__takeover": 0.3, **changes}
    one, none = run(crash(**common, **ONE)), run(crash(**common))
    assert none.summary()["liquidations"] > 20
    assert one.summary() == none.summary()
    assert all(np.array_equal(a, b) for a, b in zip(one.accounts, none.accounts, strict=True))


@pytest.mark.parametrize("ladder", [False, True])
def test_tiers_conserve_and_matter(ladder):
    """Money and contracts in a crash; more are liquidated than at the first tier's rate alone."""
    ecosystem = run(crash(**STEEP, control__partial_by_tier=ladder, backstop__capital_ratio=1e-4))
    assert_books_close(ecosystem)
    flat = {"exchange__tier_bound": (1e7,), "exchange__tier_maintenance": (0.01,), "exchange__tier_initial": (0.02,)}
    assert ecosystem.summary() != run(crash(**flat, backstop__capital_ratio=1e-4)).summary()


def test_the_account_sheet_tells_the_distance_to_the_edge():
    """From 100 to the price where equity is 4 % of value less 700: 500 (p − 90) = 20 p − 700."""
    ecosystem, _, _ = lonely(**HAND)
    [found] = distances(*np.array([[90.0], [500.0], [100.0], [0.01]]), ecosystem.tiers)
    assert found == pytest.approx(1.0 - (45_000.0 - 700.0) / 480.0 / 100.0)


def test_what_is_no_schedule_is_told_at_once():
    with pytest.raises(ScenarioError) as refused:
        Scenario().replace({
            "exchange.tier_bound": (1e6, 1e5), "exchange.tier_maintenance": (0.02, 0.01, 0.03),
            "exchange.tier_initial": (0.02, 0.05),
        })  # fmt: skip
    told = str(refused.value)
    for part in (
        "tier_bound has 2 values, exchange.tier_maintenance 3 and exchange.tier_initial 2; allowed: one a tier each",
        "exchange.tier_bound 1,000,000, 100,000: allowed: ascending values",
        "exchange.tier_maintenance 0.02, 0.01, 0.03: allowed: rates that do not fall from tier to tier",
        "0.02, 0.02: allowed: initial above maintenance in every tier",
    ):
        assert part in told


def test_choices_that_tiers_replace_are_told():
    one = Scenario().replace({name.replace("__", "."): value for name, value in ONE.items()})
    lines = inert_choices(one.replace({"asset.maintenance_ratio": 0.4, "asset.maximal_leverage": (30.0,)}))
    assert [line.split(" ")[0] for line in lines] == [
        "asset.maximal_leverage", "asset.maintenance_ratio", "control.partial_by_tier",
    ]  # fmt: skip
