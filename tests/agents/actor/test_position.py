"""A position's equity, level and fills, against published prices and against the definition of equity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.account.margin_tier import make_tiers
from agents.account.position import (
    after_fill,
    bankruptcy_price,
    equity,
    level,
    liquidation_price,
    long_threshold,
    short_threshold,
)
from agents.core.column import bare
from agents.exchange.exchange import allowed_order

price = st.floats(0.5, 2.0)
contracts = st.floats(-50.0, 50.0).filter(lambda q: abs(q) > 1e-3)
margin = st.floats(0.004, 0.2)


def test_published_prices(published):
    """Bankruptcy of a 50x long, and the liquidation price of a 20x long with a 40x venue's maintenance margin."""
    bitmex, hyperliquid = published["liquidation_prices"]["cases"]
    assert bankruptcy_price(bitmex["entry"], 1.0, bitmex["entry"] / 50) == pytest.approx(bitmex["bankruptcy"])
    maintenance = 0.5 / hyperliquid["max_leverage"]
    collateral = hyperliquid["margin_available"]
    found = liquidation_price(hyperliquid["entry"], hyperliquid["size"], collateral, maintenance)
    assert found == pytest.approx(hyperliquid["liquidation"], abs=0.005)


@pytest.mark.parametrize(("leverage", "maintenance"), [(2.0, 0.05), (10.0, 0.01), (25.0, 0.0125)])
def test_a_short_is_the_mirror_of_a_long(leverage, maintenance):
    """At its liquidation price a position's equity is exactly its maintenance margin, on either side."""
    for size in (3.0, -3.0):
        collateral = 3.0 * 100.0 / leverage
        mark = liquidation_price(100.0, size, collateral, maintenance)
        assert equity(collateral, size, 100.0, mark, 0.0) == pytest.approx(maintenance * 3.0 * mark)


@given(contracts, price, price, st.floats(0.0, 20.0), margin, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_level_decides_as_equity_does(size, entry, mark, collateral, maintenance, then, now):
    """One constant of the position against one number of the market is the maintenance test."""
    short_of = equity(collateral, size, entry, mark, now - then) - maintenance * abs(size) * mark
    found = level(collateral, size, entry, then)
    limit = long_threshold(mark, maintenance, now) if size > 0 else short_threshold(mark, maintenance, now)
    flagged = found > limit if size > 0 else found < limit
    if abs(short_of) > 1e-9 * abs(size):
        assert flagged == (short_of < 0)


@given(contracts, price, contracts, price, price)
def test_a_fill_at_the_mark_leaves_equity_unchanged(size, entry, traded, paid, mark):
    """What is realised and what stays open add up to the profit before, less what the fill cost against the mark."""
    new_size, new_entry, realised = after_fill(size, entry, traded, paid)
    before = size * (mark - entry) + traded * (mark - paid)
    assert realised + new_size * (mark - new_entry) == pytest.approx(before, abs=1e-9)
    assert new_size == size + traded


def test_closing_in_full_leaves_exactly_nothing():
    """No dust of a contract survives a full close."""
    for size in (0.1, 1 / 3, 7e-9):
        assert after_fill(size, 100.0, -size, 90.0)[0] == 0.0


@given(contracts, contracts, st.floats(-5.0, 50.0), price, st.floats(0.02, 0.5))
def test_an_order_never_exceeds_the_initial_margin(size, order, own, mark, initial):
    """After the allowed part of an order the position is within its margin, or smaller than it was."""
    after = size + allowed_order(size, order, own, mark, initial, bare(make_tiers()))
    bound = max(own, 0.0) / (initial * mark)
    assert abs(after) <= max(bound, abs(size)) * (1 + 1e-12)
    assert (after - size) * order >= -1e-12


def test_level_of_a_flat_account_is_nil():
    """A flat account has no bankruptcy price."""
    assert level(5.0, 0.0, 100.0, 0.0) == 0.0
    assert np.isfinite(level(0.0, -1.0, 100.0, 0.0))
