"""Liquidation rounds: who is served, at what price, and where the money goes."""

from typing import Any

import numpy as np
import pytest

from agents.core.ledger import LIQUIDATION_FEE, SHORTFALL, TRADER, WALLET
from agents.core.rank import descending
from agents.exchange.exchange import Exchange
from model.ecosystem import Ecosystem
from tests.support.world import run, small

QUIET: dict[str, Any] = {
    "trader__number": 0,
    "trader__attention": 0.0,
    "trader__alert_attention": 0.0,
    "keeper__number": 1,
    "keeper__capacity": 1.0,
    "keeper__cost_spread": 0.0,
}


def lonely(**changes):
    """Return an ecosystem in which one account of our own, 50,000 USD long, is all there is."""
    ecosystem = Ecosystem(small(**(QUIET | changes)))
    exchange = ecosystem.agents_by_type[Exchange][0]
    account = exchange.open_account(5_000.0)
    exchange.trade(account, 50_000.0 / exchange.mark)
    return ecosystem, exchange, account


def fall(ecosystem, factor):
    """Let the price fall to `factor` of what it is, and run the liquidation phase."""
    ecosystem.market.fundamental[0] *= factor
    ecosystem.market.mid[0] *= factor
    ecosystem.exchange.mark[0] *= factor
    ecosystem.liquidate()


def test_a_safe_position_is_left_alone():
    """A fall of 5 % does not touch a 10x long at 1.25 % maintenance."""
    ecosystem, _, account = lonely()
    fall(ecosystem, 0.95)
    assert account.size > 0
    assert ecosystem.record.ecosystem[0, 2] == 0


def test_a_fill_better_than_bankruptcy_pays_bounty_fee_and_owner():
    """Bounty to the keeper, the rest of the fee to the backstop, what is left to the owner's wallet."""
    ecosystem, exchange, account = lonely()
    entry, size, collateral = account.entry_price, account.size, account.collateral
    fall(ecosystem, 0.91)
    paid = ecosystem.market.average[0] * (1.0 - exchange.spread)
    notional = size * paid
    left = collateral + size * (paid - entry)
    assert account.size == 0.0
    assert ecosystem.keepers.bounties[0] == pytest.approx(0.005 * notional)
    assert ecosystem.ledger.balance[LIQUIDATION_FEE, 0] == pytest.approx(min(0.005 * notional, left - 0.005 * notional))
    assert account.wallet == pytest.approx(max(left - 0.01 * notional, 0.0))
    assert ecosystem.ledger.balance[SHORTFALL, 0] == 0.0


def test_a_fill_worse_than_bankruptcy_leaves_a_deficit():
    """The deficit is the loss beyond collateral plus the guaranteed bounty; the owner loses no more than its stake."""
    ecosystem, exchange, account = lonely()
    entry, size, collateral = account.entry_price, account.size, account.collateral
    fall(ecosystem, 0.80)
    paid = ecosystem.market.average[0] * (1.0 - exchange.spread)
    expected = -(collateral + size * (paid - entry)) + 0.005 * size * paid
    assert ecosystem.exchange.deficit[0] == pytest.approx(expected)
    assert ecosystem.ledger.balance[SHORTFALL, 0] == pytest.approx(-expected)
    assert account.wallet == account.collateral == 0.0
    price = ecosystem.exchange.bankrupt_long_value[0] / ecosystem.exchange.bankrupt_long[0]
    assert price == pytest.approx(entry - collateral / size)


def test_capacity_bounds_what_is_liquidated():
    """With room for a tenth of open interest a tenth of the position goes, and its share of collateral."""
    ecosystem, _, account = lonely(keeper__capacity=0.1)
    size, collateral = account.size, account.collateral
    fall(ecosystem, 0.88)
    assert account.size == pytest.approx(0.9 * size, rel=1e-3)
    assert account.collateral == pytest.approx(0.9 * collateral, rel=0.02)
    assert ecosystem.exchange.unserved[0] > 0


def test_no_keeper_comes_where_the_bounty_does_not_pay_the_gas():
    """A bounty of about 220 USD against gas of 1,000: nobody is served, and negative equity is recorded."""
    ecosystem, _, account = lonely(shock__gas=1_000.0)
    size = account.size
    fall(ecosystem, 0.85)
    assert account.size == size
    assert ecosystem.exchange.unserved[0] == pytest.approx(-account.equity)
    assert ecosystem.exchange.liquidations[0] == 0


def test_no_keepers_no_liquidations():
    """Without keepers nothing is liquidated, however deep under water."""
    ecosystem = run(small(keeper__number=0, price__process="jump_diffusion", price__jump_intensity=200.0))
    assert ecosystem.summary()["liquidations"] == 0
    assert ecosystem.ledger.imbalance() < 1e-12


def test_forced_sales_move_the_price_everybody_marks_to():
    """Two protocols on one asset: the liquidation at one lowers the mark at the other."""
    ecosystem, _, account = lonely(protocol__asset=(0,), market__depth_multiplier=1e-2)
    fallen = 0.89 * ecosystem.market.mid[0]
    fall(ecosystem, 0.89)
    assert account.size == 0.0
    assert ecosystem.exchange.mark[1] == ecosystem.exchange.mark[0] < 0.999 * fallen


def test_a_round_fills_everybody_at_one_price():
    """Two equal accounts liquidated together fare alike, whatever their slots."""
    ecosystem = Ecosystem(small(**QUIET))
    exchange = ecosystem.agents_by_type[Exchange][0]
    pair = [exchange.open_account(5_000.0), exchange.open_account(5_000.0)]
    for account in pair:
        account.order = 50_000.0 / exchange.mark
    ecosystem.fill(np.array([account.row for account in pair]))
    fall(ecosystem, 0.91)
    assert pair[0].wallet == pair[1].wallet > 0
    assert ecosystem.ledger.balance[TRADER, 0] == pytest.approx(0.0, abs=1e-6)
    assert ecosystem.ledger.balance[WALLET, 0] == pytest.approx(2 * pair[0].wallet)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 10, 257])
def test_ranking_is_a_stable_sort(size):
    """Largest first, ties in order of position, as NumPy's stable sort."""
    values = np.random.default_rng(size).integers(0, 5, size).astype(float)
    assert descending(values).tolist() == np.argsort(-values, kind="stable").tolist()
