"""Presets by example: for each a situation small enough to be worked out by hand from its source."""

import numpy as np
import pytest

from agents.account.margin_tier import maintenance_rate
from agents.core.ledger import DEFICIT, FUND, OUTSIDE, POOL
from agents.exchange.control.partial_liquidation import contracts_to_sell
from agents.exchange.control.takeover import is_taken_over, kept_notional
from agents.exchange.insurance_fund import fund_delta
from model.backstop.loss_regime.base import Terms
from model.ecosystem import Ecosystem
from model.market.control import partial_rule
from model.scenario import Scenario
from model.scenario.preset import load_preset, preset_names
from tests.support.loss_case import LossCase
from tests.support.world import small

FUND_WORTH = 0.015 * 6e7
EIGHT = {
    "protocol.number": 8, "protocol.open_interest": (6e7,), "trader.number": 0, "exposure.graph": "none",
}  # fmt: skip


def venue(name):
    """Return eight protocols, each with a fund's worth of capital, arranged as the preset says."""
    return Ecosystem(small().replace(EIGHT | load_preset(name).changes, origin=name))


def lose(ecosystem, **losses):
    """Send losses, in funds' worth by protocol, down the layers."""
    owed = np.zeros(8)
    for protocol, loss in losses.items():
        owed[int(protocol[1:])] = loss * FUND_WORTH
    ecosystem.ledger.balance[DEFICIT] -= owed
    ecosystem.ledger.balance[OUTSIDE, 0] += owed.sum()
    ecosystem.absorb_deficits()


def paid(ecosystem):
    """Return what fund and pool have paid each protocol, in funds' worth."""
    return (ecosystem.protocol.paid_fund + ecosystem.protocol.paid_pool) / FUND_WORTH


def left(ecosystem):
    """Return what went past the layers of each protocol, in funds' worth."""
    return ecosystem.protocol.uncovered / FUND_WORTH


def deleveraged(name, residual):
    """Place a residual by the preset's regime at a mark of 90, 100 a step ago, 16 longs having failed at 95."""
    scenario = Scenario().replace(load_preset(name).changes, origin=name)
    loss = scenario.loss
    terms = Terms(loss.ranking, loss.close_price, tear_up=loss.tear_up)
    loss_case = LossCase(scenario.backstop.regime, terms=terms, fallback=loss.fallback)
    before, wealth = loss_case.accounts.size[:8].copy(), loss_case.wealth
    collected = loss_case.collect_loss(residual)
    return collected, np.abs(before) - np.abs(loss_case.accounts.size[:8]), wealth - loss_case.wealth


def percolated(name, residual):
    """Return Percolator's h after a residual is placed by the preset's regime: the part left of every profit."""
    collected, closed, cut = deleveraged(name, residual)
    assert collected.regime == pytest.approx(residual) and not closed.any()
    profit = np.array([100.0, 150.0, 20.0, 11.0, 60.0])
    kept = 1.0 - cut[[0, 1, 2, 3, 6]] / profit
    assert kept == pytest.approx(kept[0], abs=1e-12)
    return float(kept[0])


def test_every_preset_has_an_example():
    examples = {name.removeprefix("test_example_of_") for name in globals() if name.startswith("test_example_of_")}
    assert examples == set(preset_names())


def test_example_of_binance_2019():
    """BTC's own fund pays 1 of 1.5, the others' common one 1.5; alt 3 stands aside once 10 % of its part are gone."""
    ecosystem = venue("binance_2019")
    lose(ecosystem, p0=1.5, p2=1.0, p3=0.05)
    assert paid(ecosystem)[:4] == pytest.approx([1.0, 0.0, 1.0, 0.05])
    lose(ecosystem, p2=0.2, p3=0.05)  # 2 has nothing left, 3 has 95 %
    assert paid(ecosystem)[2:4] == pytest.approx([1.0, 0.1])
    lose(ecosystem, p3=0.05)  # 90 % is below 92.5 %
    assert left(ecosystem)[:4] == pytest.approx([0.5, 0.0, 0.2, 0.05])
    assert ecosystem.ledger.balance[POOL, :3] / FUND_WORTH == pytest.approx([0.0, 1.0, 4.9])


def test_example_of_binance_2021_alt():
    """Margin on 200,000: 5,000 at 1 %, 20,000 at 2.5 %, 75,000 at 5 %, the rest at 10 %; reduced to 100,000 first."""
    ecosystem = venue("binance_2021_alt")
    first, tiers = float(ecosystem.exchange.maintenance[0]), ecosystem.tiers
    margin = 50.0 + 500.0 + 3_750.0 + 10_000.0
    assert 2e5 * maintenance_rate(first, 2e5, tiers) == pytest.approx(margin)
    rule = partial_rule(ecosystem.scenario)
    assert contracts_to_sell(-20.0, 1e4, np.inf, rule, tiers) == pytest.approx(10.0)
    assert ecosystem.exchange.initial_margin == pytest.approx(0.02)


def test_example_of_bybit_2025_12():
    """Five contracts share 5, three new listings 3; who lost 30 % of its part in eight hours is deleveraged."""
    ecosystem = venue("bybit_2025_12")
    lose(ecosystem, p0=3.5, p5=3.5)
    assert paid(ecosystem)[[0, 5]] == pytest.approx([3.5, 3.0])
    lose(ecosystem, p0=0.1, p5=0.1)
    assert left(ecosystem)[[0, 5]] == pytest.approx([0.1, 0.6])
    assert ecosystem.ledger.balance[POOL, :2] / FUND_WORTH == pytest.approx([1.5, 0.0])


def test_example_of_clearing_house():
    """Own contribution and own capital on call, skin, the seven others' contributions, then their capital on call.

    A third of the capital is paid in; twice that is on call.
    """
    ecosystem = venue("clearing_house")
    fund = float(ecosystem.ledger.balance[FUND, 0])
    skin, called = float(ecosystem.protocol.skin[0]), 2.0 * fund
    assert skin == pytest.approx(0.25 * 0.005 * 6e7) and fund + called == pytest.approx(FUND_WORTH)
    lose(ecosystem, p0=(fund + called + skin + 7.0 * fund + 3.5 * called) / FUND_WORTH)
    member = ecosystem.protocol[0]
    amounts = member.paid_fund, member.paid_skin, member.paid_mutual, member.paid_assessment
    assert amounts == pytest.approx((fund, skin, 7.0 * fund, called + 3.5 * called))
    lose(ecosystem, p0=7.0 * called / FUND_WORTH)  # the other half of the calls, and as much again is not covered
    assert ecosystem.protocol.uncovered[0] == pytest.approx(3.5 * called)
    collected, closed, cut = deleveraged("clearing_house", 37.0)
    assert collected.regime == 37.0 and not closed.any()
    gains = np.array([100.0, 50.0, 200.0, 10.0, 20.0])  # of 10, 5, 20, 1 and 2 shorts while 100 fell to 90
    assert cut[:5] == pytest.approx(37.0 / 380.0 * gains)


def test_example_of_derive():
    """Of 200 against a module of 120 it pays 120; 80 are cut from all cash alike, here a tenth of 3174.

    Wallets and margins less open losses: 50 + 300, 0 + 50, 900 + 400, 10 + 1000, 5 + (60 − 20), 20 + (260 − 108),
    7 + 40 and, without a position, 200.
    """
    ecosystem = venue("derive")
    lose(ecosystem, p0=200.0 / 120.0, p1=0.4)
    assert paid(ecosystem)[:3] == pytest.approx([1.0, 0.4, 0.0])
    assert left(ecosystem)[:2] * 120.0 == pytest.approx([80.0, 0.0])
    collected, closed, cut = deleveraged("derive", 317.4)
    assert collected == pytest.approx((317.4, 0.0, 0.0)) and not closed.any()
    assert cut == pytest.approx([35.0, 5.0, 130.0, 101.0, 4.5, 17.2, 4.7, 20.0])


def test_example_of_drift():
    """Of a loss of 0.1 each: tier A is paid whole, B 1 % and C 0.1 % of the vault of 8, speculative nothing."""
    ecosystem = venue("drift")
    lose(ecosystem, **{f"p{i}": 0.1 for i in range(8)})
    assert paid(ecosystem) == pytest.approx([0.1, 0.1, 0.08, 0.08, 0.008, 0.008, 0.0, 0.0])
    lose(ecosystem, p0=0.1, p2=0.1)  # limits are for life
    assert paid(ecosystem)[:3] == pytest.approx([0.2, 0.1, 0.08])
    collected, _, cut = deleveraged("drift", 5.3)  # 53 contracts are open on both sides: 0.1 each
    assert collected.regime == 5.3
    assert cut == pytest.approx([1.0, 0.5, 2.0, 0.1, 0.2, 1.2, 0.3, 0.0])


def test_example_of_dydx_v4():
    """Six cross markets share 6: a loss of 6.5 is not paid at all; isolated ones pay 0.9 of 1 whole and 1.2 not."""
    ecosystem = venue("dydx_v4")
    lose(ecosystem, p0=6.5, p6=0.9, p7=1.2)
    assert paid(ecosystem)[[0, 6, 7]] == pytest.approx([0.0, 0.9, 0.0])
    assert left(ecosystem)[[0, 6, 7]] == pytest.approx([6.5, 0.0, 1.2])
    collected, closed, _ = deleveraged("dydx_v4", 40.0)  # at 95 a contract saves 5, anyone who the lot falls on
    assert collected.regime == 40.0
    assert closed.sum() == pytest.approx(8.0) and not closed[5:].any()


def test_example_of_hyperliquid():
    """No fund; shorts rank 4.33, 3.0, 2.5: 16 of the first are closed at 100, 10 better than the mark, debt is zero.

    (91 / 90) × 1800 / 420 against (120 / 90) × 450 / 200 and (100 / 90) × 900 / 400. The 16 longs that were bankrupt at
    95 fell short of 80; all are closed, as on the venue, and the other 80 stay with the vault.
    """
    ecosystem = venue("hyperliquid")
    lose(ecosystem, p0=0.1)
    assert paid(ecosystem)[0] == 0.0 and left(ecosystem)[0] == pytest.approx(0.1)
    collected, closed, cut = deleveraged("hyperliquid", 80.0)
    assert collected == pytest.approx((80.0, 0.0, 80.0))
    assert closed.tolist() == [0.0, 0.0, 16.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert cut.sum() == pytest.approx(160.0)
    fraction = ecosystem.scenario.control.takeover
    assert [is_taken_over(own, 1e5, 0.0125, fraction) for own in (833.0, 834.0)] == [True, False]  # 2/3 of 1250
    rule, tiers = partial_rule(ecosystem.scenario), ecosystem.tiers
    sold = [contracts_to_sell(size, 6e4, np.inf, rule, tiers) for size in (2.0, 1.5)]
    assert sold == pytest.approx([0.4, 1.5])  # 120,000 USD goes by a fifth, 90,000 whole


def test_example_of_hyperliquid_2025_03():
    """As before, but of 15M the vault keeps 3M, a fifth: 1M is taken, so of 3M more it keeps 2M.

    Winners get the third that is left (tests.agents.actor.test_vault_cap). All other rules are the older preset's.
    """
    older, changes = load_preset("hyperliquid").changes, load_preset("hyperliquid_2025_03").changes
    assert changes == older | {"control.takeover_cap": 0.2}
    cap = Scenario().replace(changes, origin="x").control.takeover_cap
    assert [kept_notional(3e6, taken, cap, 15e6) for taken in (0.0, 1e6, 3e6)] == pytest.approx([3e6, 2e6, 0.0])
    tables = venue("hyperliquid_2025_03").rules
    assert tables.liquidation.tariff.takeover.cap == 0.2 and tables.succession is not None
    collected, closed, _ = deleveraged("hyperliquid_2025_03", 80.0)
    assert collected == pytest.approx((80.0, 0.0, 80.0)) and closed.sum() == pytest.approx(16.0)


def test_example_of_injective():
    """A market's fund pays 1 of 1.2 and no other's; 34.1 are a tenth of all profits, 400 are all 341 and 59 of equity.

    What is left of equity, 300, 50, 400, 1000, 40, 152 and 40, 1982 in all, then pays alike. Of a liquidation at 990,
    bankrupt at 950, the fund gets half of what the bounty of 5 leaves. Injective's own example: ten positions alike,
    100 missing, 10 from each.
    """
    ecosystem = venue("injective")
    lose(ecosystem, p0=1.2, p1=0.3)
    assert paid(ecosystem)[:3] == pytest.approx([1.0, 0.3, 0.0]) and left(ecosystem)[0] == pytest.approx(0.2)
    fees = ecosystem.scenario.exchange
    assert fund_delta(990.0, 955.0, fees.liquidation_fee - fees.keeper_share, fees.surcharge) == pytest.approx(17.5)
    collected, closed, cut = deleveraged("injective", 34.1)
    assert collected.regime == pytest.approx(34.1) and not closed.any()
    assert cut == pytest.approx([10.0, 15.0, 2.0, 1.1, 0.0, 0.0, 6.0, 0.0])
    collected, _, cut = deleveraged("injective", 400.0)
    assert collected == pytest.approx((341.0, 59.0, 0.0))
    assert cut[[0, 5, 7]] == pytest.approx([100.0 + 59.0 * 300.0 / 1982.0, 59.0 * 152.0 / 1982.0, 0.0])
    alike = LossCase("socialized_loss", crowd=((-1.0, 110.0, 5.0, 0.0, 0.0),) * 10)
    assert alike.collect_loss(100.0).regime == 100.0 and alike.gain == pytest.approx(10.0)


def test_example_of_lighter_2026_02():
    """Each market has its eighth of the pool and no more: 1 of 1.5, then nothing, and 0.9 of 0.9."""
    ecosystem = venue("lighter_2026_02")
    lose(ecosystem, p0=1.5, p1=0.9)
    lose(ecosystem, p0=0.1, p1=0.2)
    assert paid(ecosystem)[:2] == pytest.approx([1.0, 1.0])
    assert left(ecosystem)[:2] == pytest.approx([0.6, 0.1])
    collected, closed, _ = deleveraged("lighter_2026_02", 25.0)  # profit × leverage 0.56, 0.22, 0.05, 0.01
    assert collected.regime == 25.0
    assert closed[:5].tolist() == [0.0, 5.0, 0.0, 0.0, 0.0]


def test_example_of_mars():
    """30 % of a vault of 60M bear moves of 15, 20 and 30 % of 120, 90 and 60M; the vault pays what is not covered."""
    ecosystem = venue("mars")
    assert ecosystem.exchange.vault_start == pytest.approx(6e7)
    assert ecosystem.exchange.interest_cap[:4] == pytest.approx([1.2e8, 9e7, 6e7, 6e7])
    lose(ecosystem, p0=0.1)
    assert paid(ecosystem)[0] == 0.0 and left(ecosystem)[0] == pytest.approx(0.1)
    collected, closed, cut = deleveraged("mars", 40.0)
    assert collected.regime == 40.0 and not closed.any() and not cut.any()


def test_example_of_okx():
    """Losses of 0.2 and 0.15 leave 65 % of the peak: the next passes the fund. At mark nobody pays.

    Profit over margin ratio: 25 % / 8.89, 10 % / 8.89, 1.1 % / 4.67: 5, 10 and 1 of 16 contracts.
    """
    ecosystem = venue("okx")
    for loss in (0.2, 0.15, 0.3):
        lose(ecosystem, p0=loss)
    assert paid(ecosystem)[0] == pytest.approx(0.35) and left(ecosystem)[0] == pytest.approx(0.3)
    collected, closed, cut = deleveraged("okx", 80.0)
    assert collected == (0.0, 0.0, 0.0)
    assert closed.tolist() == [10.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert cut == pytest.approx(np.zeros(8), abs=1e-9)


def test_example_of_percosec_isolated():
    """Of 1.5 and 0.4 the own pools pay 1 and 0.4; Percolator's h is 1 − 34.1 / 341."""
    ecosystem = venue("percosec_isolated")
    lose(ecosystem, p0=1.5, p1=0.4)
    assert paid(ecosystem)[:3] == pytest.approx([1.0, 0.4, 0.0]) and left(ecosystem)[:2] == pytest.approx([0.5, 0.0])
    assert percolated("percosec_isolated", 34.1) == pytest.approx(0.9)


def test_example_of_percosec_pooled():
    """One pool of 8 owes 6.5 and 2.5: each gets eight ninths. A loss of 136.4 leaves three fifths of every profit."""
    ecosystem = venue("percosec_pooled")
    lose(ecosystem, p0=6.5, p1=2.5)
    assert paid(ecosystem)[:3] == pytest.approx([52.0 / 9.0, 20.0 / 9.0, 0.0])
    assert left(ecosystem)[:2] == pytest.approx([6.5 / 9.0, 2.5 / 9.0])
    assert percolated("percosec_pooled", 136.4) == pytest.approx(0.6)


def test_example_of_percosec_reinsured():
    """Own pools of 0.5, a layer of 4, 2 for each: of 1.5, then 2, it pays 1 and 1; another's 0.7 cost it 0.2."""
    ecosystem = venue("percosec_reinsured")
    lose(ecosystem, p0=1.5, p1=0.7)
    assert paid(ecosystem)[:2] == pytest.approx([1.5, 0.7])
    assert ecosystem.ledger.balance[FUND, :2] == pytest.approx(0.0, abs=1e-6)
    lose(ecosystem, p0=2.0)
    assert paid(ecosystem)[0] == pytest.approx(2.5) and left(ecosystem)[0] == pytest.approx(1.0)
    assert ecosystem.ledger.balance[POOL, 0] / FUND_WORTH == pytest.approx(1.8)
    assert percolated("percosec_reinsured", 341.0) == pytest.approx(0.0)


def test_example_of_vega():
    """A market's own half pays 0.5 of 0.8, the global half nothing; winners keep gain × collected / owed.

    Gains are 100, 150, 20, 11 and 60, 341 in all: of these 34.1 are missing, a tenth of each. Who is closed out at 990,
    bankrupt at 950, gets nothing of the 40 back.
    """
    ecosystem = venue("vega")
    assert fund_delta(990.0, 950.0, 0.005, ecosystem.scenario.exchange.surcharge) == pytest.approx(40.0)
    lose(ecosystem, p0=0.8)
    assert paid(ecosystem)[0] == pytest.approx(0.5) and left(ecosystem)[0] == pytest.approx(0.3)
    assert ecosystem.ledger.balance[POOL, 0] / FUND_WORTH == pytest.approx(4.0)
    collected, closed, cut = deleveraged("vega", 34.1)
    assert collected.regime == pytest.approx(34.1) and not closed.any()
    assert cut == pytest.approx([10.0, 15.0, 2.0, 1.1, 0.0, 0.0, 6.0, 0.0])
