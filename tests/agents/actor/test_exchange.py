"""The exchange: funding against published rates, funding between sides, and the public door for other agents."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import TRADER, VAULT
from agents.exchange.exchange import Exchange, funding_rate
from model.ecosystem import Ecosystem
from tests.support.world import run, small


def test_published_funding_rates(published):
    """F = P + clamp(I − P, ±0.05 %), I = 0.01 %, in percent."""
    for case in published["funding_rate"]["percent"]:
        assert funding_rate(case["P"], 0.01, 0.05) == pytest.approx(case["F"])


@given(st.floats(-1.0, 1.0))
def test_funding_is_interest_near_parity_and_premium_less_the_clamp_beyond(premium):
    """Within the clamp the rate is the interest; beyond it follows the premium at the clamp's distance."""
    rate = funding_rate(premium, 0.01, 0.05)
    if abs(0.01 - premium) <= 0.05:
        assert rate == pytest.approx(0.01)
    else:
        assert abs(rate - premium) == pytest.approx(0.05)


def test_funding_moves_money_between_sides_only():
    """With prices and behaviour still, what longs lose by funding shorts and vaults gain."""
    ecosystem = Ecosystem(small(trader__attention=0.0, trader__alert_attention=0.0))
    exchange = ecosystem.exchange
    exchange.mark *= 1.01

    def equities():
        cash = ecosystem.ledger.balance[TRADER] + ecosystem.ledger.balance[VAULT]
        traders = (exchange.long_size - exchange.short_size) * (exchange.mark - exchange.funding_index)
        return cash + traders + exchange.vault_size * (exchange.mark - exchange.funding_index)

    before, index = equities(), exchange.funding_index.copy()
    ecosystem.charge_funding()
    assert (exchange.funding_index > index).all()
    assert equities() == pytest.approx(before, rel=1e-12)


def test_a_positive_premium_charges_longs():
    """With the mark above the index the rate is positive and a long's equity falls."""
    ecosystem = Ecosystem(small())
    account = next(iter(ecosystem.agents_by_type[Exchange])).open_account(1e6)
    ecosystem.agents_by_type[Exchange][0].trade(account, 10.0)
    ecosystem.exchange.mark[0] = 1.02 * ecosystem.market.fundamental[0]
    before = account.equity
    ecosystem.charge_funding()
    assert ecosystem.exchange.funding_rate[0] == pytest.approx(0.02 - 5e-4)
    assert account.equity == pytest.approx(before - 10.0 * ecosystem.exchange.funding_index[0])


def test_a_trade_pays_spread_impact_and_fee_and_the_vault_is_the_other_side():
    """Bought contracts appear with the vault's sign reversed, at a price above the mid before."""
    ecosystem = Ecosystem(small())
    exchange = ecosystem.agents_by_type[Exchange][0]
    account, mid, vault = exchange.open_account(1e6), ecosystem.market.mid[0], exchange.vault_size
    assert exchange.trade(account, 20.0) == 20.0
    assert exchange.vault_size == pytest.approx(vault - 20.0)
    assert ecosystem.market.mid[0] > mid
    assert mid * (1 + exchange.spread) < account.entry_price < ecosystem.market.mid[0] * (1 + exchange.spread)
    assert account.collateral == pytest.approx(1e6 - 5e-4 * 20.0 * account.entry_price)


def test_open_interest_is_a_running_sum():
    """After a run, sums kept block by block are those of the rows."""
    ecosystem = run(small())
    size = ecosystem.accounts.size.reshape(3, -1)
    assert ecosystem.exchange.long_size == pytest.approx(np.where(size > 0, size, 0.0).sum(axis=1))
    assert ecosystem.exchange.short_size == pytest.approx(-np.where(size < 0, size, 0.0).sum(axis=1))
