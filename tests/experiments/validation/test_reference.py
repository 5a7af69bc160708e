"""The reference workload: the engine and the Mesa model do the same work, and the work is what it says."""

import numpy as np
import pytest

from agents.account.account import in_danger
from agents.account.position import long_threshold, short_threshold
from experiments.benchmark.reference import advance, close_side, liquidation_round, make_state
from experiments.benchmark.reference_mesa import ReferenceModel
from experiments.benchmark.workload import (
    FAN,
    MAINTENANCE,
    MEAN_COLLATERAL,
    START_PRICE,
    TURN,
    draw_keys,
    log_returns,
    moved_price,
)
from tests.support.environment import INTERPRETED

STEPS = 60 if INTERPRETED else 500
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # hashing, when interpreted


def engine(number, seed, steps=STEPS):
    keys = draw_keys(seed)
    state = make_state(number, keys)
    return state, advance(state, keys, 0, log_returns(seed, steps))


def equities(state):
    price, funding, _ = state.market
    size, level = state.by_slot()
    return size * (price - level - funding)


@pytest.mark.parametrize(("number", "seed"), [(1, 3), (40, 0), (200, 1), (333, 2)])
def test_mesa_model_takes_the_same_path(number, seed):
    model = ReferenceModel(number, draw_keys(seed), log_returns(seed, STEPS))
    model.run_for(STEPS)
    theirs = model.datacollector.get_model_vars_dataframe()
    _, ours = engine(number, seed)
    assert ours.liquidations.sum() > number / 20
    np.testing.assert_array_equal(ours.liquidations, theirs["liquidations"])
    np.testing.assert_allclose(ours.price, theirs["price"], rtol=1e-9)
    np.testing.assert_allclose(ours.fund, theirs["fund"], rtol=1e-9)


def test_a_transplanted_state_goes_on_the_same_way():
    number, half, keys, returns = 150, STEPS // 2, draw_keys(3), log_returns(3, STEPS)
    state = make_state(number, keys)
    advance(state, keys, 0, returns[:half])
    model = ReferenceModel.transplant(state, keys, half, returns[half:])
    model.run_for(STEPS - half)
    ours = advance(state, keys, half, returns[half:])
    theirs = model.datacollector.get_model_vars_dataframe()
    np.testing.assert_array_equal(ours.liquidations, theirs["liquidations"])
    np.testing.assert_allclose(ours.price, theirs["price"], rtol=1e-9)
    np.testing.assert_allclose(ours.fund, theirs["fund"], rtol=1e-9)


def test_a_run_in_two_parts_is_the_same_run():
    keys, returns = draw_keys(4), log_returns(4, STEPS)
    whole, parts = make_state(100, keys), make_state(100, keys)
    advance(whole, keys, 0, returns)
    advance(parts, keys, 0, returns[:17])
    advance(parts, keys, 17, returns[17:])
    np.testing.assert_array_equal(whole.edge, parts.edge)
    np.testing.assert_array_equal(whole.size, parts.size)
    np.testing.assert_array_equal(whole.market, parts.market)


def test_accounts_start_as_specified():
    number = 101
    state = make_state(number, draw_keys(5))
    size, _ = state.by_slot()
    collateral = equities(state)  # at the opening there is no profit
    leverage = np.abs(size) * START_PRICE / collateral
    assert (size[::2] > 0).all() and (size[1::2] < 0).all()
    assert 2 <= leverage.min() < 3 and 14 < leverage.max() <= 15
    assert 500 <= collateral.min() < 550 and 1450 < collateral.max() <= 1500
    assert np.count_nonzero(state.size) == np.isfinite(state.edge).sum() == number


def test_nobody_is_left_below_maintenance_margin():
    state, series = engine(200, 6)
    needed = MAINTENANCE * np.abs(state.by_slot()[0]) * state.market[0]
    assert series.rounds.max() < 20
    assert (equities(state) >= needed * (1 - 1e-12)).all()


@pytest.mark.parametrize("number", [333, 3_000])
def test_no_edge_is_above_its_bounds(number):
    """Of a block, a group; without openings in between, a visit leaves them at what is there."""
    state, _ = engine(number, 7)
    blocks, groups = (state.edge.reshape(2, -1, width).max(axis=2) for width in (FAN, FAN**2))
    assert (blocks <= state.worst).all() and (groups <= state.highest).all()
    assert close_side(state, draw_keys(7), np.uint64(0), -np.inf, 100.0, 0.0)[0] == (number + 1) // 2
    np.testing.assert_array_equal(state.worst[0], state.edge[0].reshape(-1, FAN).max(axis=1))
    np.testing.assert_array_equal(state.highest[0], state.edge[0].reshape(-1, FAN**2).max(axis=1))


def test_what_is_closed_is_what_the_full_model_would_flag():
    """By its own test of danger, at a price that just touches the worst account and one that does not."""
    state, _ = engine(200, 9)
    price, funding, _ = state.market
    size, level = state.by_slot()
    for fall in (0.0, 0.01, 0.05, 0.2):
        after, trial = price * (1.0 - fall), state.copied()
        limits = long_threshold(after, MAINTENANCE, funding), short_threshold(after, MAINTENANCE, funding)
        flagged = [in_danger(*one, *limits) for one in zip(size.tolist(), level.tolist(), strict=True)]
        closed, contracts, _ = liquidation_round(trial, draw_keys(9), after, funding)
        assert closed == sum(flagged)
        assert contracts == pytest.approx(size[flagged].sum(), rel=1e-12)
    assert closed > 50


def test_everybody_withdraws_once_in_turn():
    """With a still price nobody is liquidated, and after TURN steps every account has a new draw."""
    number, keys = 150, draw_keys(8)
    state = make_state(number, keys)
    before = state.by_slot()[0]
    changed = []
    for step in range(TURN):
        last = state.size.copy()
        advance(state, keys, step, np.zeros(1))
        changed.append((state.size != last).sum())
    assert (state.by_slot()[0] != before).all()
    assert sum(changed) == number and max(changed) <= 1


def test_closed_longs_push_the_price_down_linearly():
    fall = 1.0 - moved_price(100.0, 1.0, 10) / 100.0
    assert fall > 0
    assert 1.0 - moved_price(100.0, 3.0, 10) / 100.0 == pytest.approx(3 * fall, rel=1e-12)
    assert moved_price(100.0, -1.0, 10) == pytest.approx(100.0 * (1 + fall), rel=1e-12)
    assert fall == pytest.approx(0.003 * 100.0 / (10 * MEAN_COLLATERAL), rel=1e-9)
