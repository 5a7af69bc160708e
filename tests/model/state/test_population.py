"""The accounts at the start have the law that the module states."""

import numpy as np
import pytest
from scipy import stats

from agents.trader.strategy import STRATEGIES
from model.price.streams import Streams
from model.scenario import Scenario
from model.state.population import Contract, capped_shares, draw_population, slots_per_listing

CONTRACT = Contract(price=50_000.0, daily_volatility=0.04, maintenance=0.01, open_interest=3e8)
NUMBER = 4_000


def population(**trader):
    """Return the accounts of two protocols, those of the second apart, and the trader section."""
    scenario = Scenario().replace(
        {"trader.number": NUMBER, "protocol.listings": [1]} | {f"trader.{name}": v for name, v in trader.items()}
    )
    accounts = draw_population(scenario, Streams(3, 0), [CONTRACT] * scenario.protocol.number)
    first = slots_per_listing(scenario)
    rows = slice(first, first + NUMBER)
    return type(accounts)(*(column[rows] for column in accounts)), scenario.trader


def test_both_sides_hold_the_open_interest_and_nobody_more_than_the_cap():
    accounts, trader = population()
    notional = accounts.size * CONTRACT.price
    for side in (notional[notional > 0], -notional[notional < 0]):
        assert side.sum() == pytest.approx(CONTRACT.open_interest)
        assert side.max() <= trader.size_cap * CONTRACT.open_interest * (1 + 1e-9)
    assert (notional > 0).mean() == pytest.approx(trader.long_share, abs=4 * 0.5 / np.sqrt(NUMBER))


def test_small_accounts_have_lognormal_leverage_around_the_median_of_their_side():
    accounts, trader = population(large_account=1.0, seasoning=0.0, leverage_spread=0.5)
    for side, median in ((accounts.size > 0, trader.long_leverage), (accounts.size < 0, trader.short_leverage)):
        scores = np.log(accounts.leverage[side] / median) / 0.5
        assert stats.kstest(scores, stats.norm().cdf).pvalue > 0.01


def test_large_accounts_have_less_leverage_by_the_root_of_their_size():
    few, trader = population(leverage_spread=1e-9, seasoning=0.0)
    notional, large = abs(few.size) * CONTRACT.price, trader.large_account * CONTRACT.open_interest
    median = np.where(few.size > 0, trader.long_leverage, trader.short_leverage)
    assert few.leverage == pytest.approx(median * np.minimum(1.0, np.sqrt(large / notional)), rel=1e-6)
    assert (notional > large).any() and (notional < large).any()


def test_no_account_is_liquidated_by_an_ordinary_day():
    accounts, trader = population()
    highest = 1.0 / (CONTRACT.maintenance + trader.seasoning * CONTRACT.daily_volatility)
    assert accounts.leverage.max() == pytest.approx(highest) and accounts.leverage.min() >= 0.05
    equity = accounts.collateral + accounts.size * (CONTRACT.price - accounts.entry_price)
    assert equity == pytest.approx(abs(accounts.size) * CONTRACT.price / accounts.leverage)
    assert (accounts.collateral >= 0.1 * equity * (1 - 1e-9)).all()


def test_wallets_are_exponential_and_strategies_have_their_shares():
    accounts, trader = population()
    equity = abs(accounts.size) * CONTRACT.price / accounts.leverage
    assert stats.kstest(accounts.wallet / equity / trader.wallet_ratio, stats.expon().cdf).pvalue > 0.01
    shares = np.array([getattr(trader, name) for name in STRATEGIES])
    counts = np.bincount(accounts.strategy, minlength=len(shares))
    assert stats.chisquare(counts, NUMBER * shares / shares.sum()).pvalue > 0.01


@pytest.mark.parametrize("cap", [0.5, 0.3, 0.26, 0.1])
def test_what_the_capped_exceed_is_spread_over_the_others(cap):
    shares = capped_shares(np.array([8.0, 4.0, 2.0, 1.0]), cap)
    assert shares.sum() == pytest.approx(1.0) and shares.max() <= max(cap, 0.25) * (1 + 1e-9)
    free = shares < max(cap, 0.25) * (1 - 1e-9)
    assert shares[free] / shares[free].sum() == pytest.approx(
        np.array([8.0, 4.0, 2.0, 1.0])[free] / np.array([8.0, 4.0, 2.0, 1.0])[free].sum()
    )


def test_another_account_or_protocol_changes_nobody_elses_draws():
    few, more = (
        draw_population(
            Scenario().replace({"trader.number": 40, "protocol.number": number}), Streams(3, 0), [CONTRACT] * 3 * number
        )
        for number in (1, 2)
    )
    assert all(np.array_equal(a, b[: len(a)]) for a, b in zip(few, more, strict=True))
