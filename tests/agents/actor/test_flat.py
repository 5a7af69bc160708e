"""A position closed in parts ends flat: no dust of size, collateral, entry or level, by every rule that closes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.account.account import flag
from agents.account.position import closed_of, filled
from agents.exchange.exchange import Exchange
from model.backstop.loss_regime.deleveraging import close
from model.ecosystem import Ecosystem
from tests.support.loss_case import LossCase
from tests.support.world import small

partitions = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=30)
sizes = st.floats(1e-3, 1e5)
FLAT = ("size", "collateral", "entry_price", "entry_funding", "level")


def parts_of(size, cuts):
    """Return a position divided in the proportions of `cuts`; the parts sum to it but for rounding."""
    return size * np.array(cuts) / np.sum(cuts)


def assert_flat(accounts, row=None):
    """Assert that an account, or that row of many, has nothing left of a position."""
    for name in FLAT:
        value = getattr(accounts, name)
        assert (value if row is None else value[row]) == 0.0, name


@given(sizes, partitions, st.sampled_from([1.0, -1.0]))
def test_any_partition_of_a_position_sums_to_it(size, cuts, side):
    """Contract by contract, by the rules all closing goes by; a part that leaves more than dust is left alone."""
    left = traded = side * size
    for part in parts_of(size, cuts):
        left -= side * closed_of(left, part)
        traded += filled(traded, -side * part)
    assert left == 0.0
    assert traded == 0.0
    assert closed_of(side * size, 0.5 * size) == 0.5 * size
    assert filled(side * size, -side * 1.5 * size) == -side * 1.5 * size
    assert filled(0.0, size) == size


@given(partitions, st.floats(0.0, 4.0), st.sampled_from([0, 1, 3, 5]))
def test_a_position_deleveraged_in_parts_ends_flat(cuts, gap, slot):
    """Its owner gets what it would have got at once, and the books close."""
    loss_case, whole = LossCase("adl"), LossCase("adl")
    size, rows = abs(float(loss_case.accounts.size[slot])), np.array([slot])
    for part in parts_of(size, cuts):
        close(loss_case.venue, 0, rows, np.array([part]), np.array([gap]), 0.0)
        loss_case.audit()
    close(whole.venue, 0, rows, np.array([size]), np.array([gap]), 0.0)
    assert_flat(loss_case.accounts, slot)
    assert loss_case.wealth[slot] == pytest.approx(whole.wealth[slot], rel=1e-9)


def trader_alone(side, **changes):
    """Return an ecosystem without traders, an exchange and an account with a position of 5 times its collateral."""
    settings = {"trader__number": 0, "trader__reserve": 64, "exchange__trading_fee": 0.0} | changes
    settings |= {"asset__half_spread_bp": (0.0, 0.0, 0.0), "market__depth_multiplier": np.inf}
    ecosystem = Ecosystem(small(**settings))
    exchange = ecosystem.agents_by_type[Exchange][0]
    ecosystem.set_prices()
    account = exchange.open_account(collateral=1e6, wallet=1e4)
    exchange.trade(account, side * 5e6 / exchange.mark)
    return ecosystem, exchange, account


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_position_traded_away_in_parts_ends_flat(side, seed):
    """What was posted goes back to the wallet to the last cent."""
    _, exchange, account = trader_alone(side)
    cuts = np.random.default_rng(seed).uniform(0.01, 1.0, 2 + 5 * seed)
    for part in parts_of(account.size, cuts):
        exchange.trade(account, -part)
    assert_flat(account)
    assert account.wallet == pytest.approx(1.01e6, rel=1e-12)


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("fraction", [0.2, 1 / 3, 0.7])
def test_a_position_liquidated_in_parts_ends_flat(side, fraction):
    """Fraction by fraction without a cooldown, by keepers whose capacity cuts the parts again."""
    ecosystem, exchange, account = trader_alone(
        side, control__partial_fraction=fraction, control__partial_above=1e6, control__partial_cooldown=0.0
    )
    ecosystem.keepers.capacity[:] = 0.6
    for _ in range(150):
        ecosystem.market.mid[0] = exchange.mark = exchange.mark * (1.0 - side * 0.04)
        ecosystem.liquidate()
        if account.size == 0.0:
            break
    assert_flat(account)
    assert flag(ecosystem.accounts, *ecosystem.tables[:2], ecosystem.tiers, ecosystem.scratch.rows) == 0


def test_after_a_run_whoever_is_flat_has_nothing_left_behind():
    """Whatever closed it: traders, keepers, deleveraging."""
    ecosystem = Ecosystem(small(price__process="jump_diffusion", price__jump_intensity=200.0, price__jump_mean=-4.0))
    ecosystem.run_for(ecosystem.horizon)
    accounts = ecosystem.accounts
    dust = np.abs(accounts.size) * accounts.entry_price
    assert ((dust == 0.0) | (dust > 1e-4)).all()
    closed = (accounts.size == 0.0) & (accounts.realised != 0.0)
    assert closed.any()
    for name in FLAT:
        assert (getattr(accounts, name)[closed] == 0.0).all(), name
