"""The reference workload: the engine and the Mesa model do the same work, and the work is what it says."""

import numpy as np
import pytest

from experiments.benchmark.reference import advance, make_state
from experiments.benchmark.reference_mesa import ReferenceModel
from experiments.benchmark.workload import (
    BLOCK,
    MAINTENANCE,
    MEAN_COLLATERAL,
    START_PRICE,
    TURN,
    draw_keys,
    log_returns,
    moved_price,
)
from tests.support.place import INTERPRETED

STEPS = 60 if INTERPRETED else 500
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # hashing, when interpreted


def engine(number, seed, steps=STEPS):
    keys = draw_keys(seed)
    state = make_state(number, keys)
    return state, advance(state, keys, 0, log_returns(seed, steps))


def equities(state):
    price, funding, _ = state.market
    return state.collateral + state.size * (price - state.entry_price - funding + state.entry_funding)


@pytest.mark.parametrize(("number", "seed"), [(40, 0), (200, 1), (333, 2)])
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
    np.testing.assert_array_equal(whole.level, parts.level)
    np.testing.assert_array_equal(whole.market, parts.market)


def test_accounts_start_as_specified():
    number = 100
    state = make_state(number, draw_keys(5))
    size, collateral = state.size[:number], state.collateral[:number]
    leverage = np.abs(size) * START_PRICE / collateral
    assert (size > 0).sum() == number // 2
    assert leverage.min() >= 2 and leverage.max() <= 15
    assert collateral.min() >= 500 and collateral.max() <= 1500
    assert not state.size[number:].any()


def test_nobody_is_left_below_maintenance_margin():
    state, series = engine(200, 6)
    needed = MAINTENANCE * np.abs(state.size) * state.market[0]
    assert series.rounds.max() < 20
    assert (equities(state) >= needed * (1 - 1e-12))[:200].all()


def test_extremes_are_those_of_the_rows():
    state, _ = engine(333, 7)
    level, size = state.level.reshape(-1, BLOCK), state.size.reshape(-1, BLOCK)
    np.testing.assert_array_equal(state.worst_long, np.where(size > 0, level, -np.inf).max(axis=1))
    np.testing.assert_array_equal(state.worst_short, np.where(size < 0, level, np.inf).min(axis=1))


def test_everybody_withdraws_once_in_turn():
    """With a still price nobody is liquidated, and after TURN steps every account has a new draw."""
    number, keys = 150, draw_keys(8)
    state = make_state(number, keys)
    before = state.collateral[:number].copy()
    changed = []
    for step in range(TURN):
        last = state.collateral.copy()
        advance(state, keys, step, np.zeros(1))
        changed.append((state.collateral != last).sum())
    assert (state.collateral[:number] != before).all()
    assert sum(changed) == number and max(changed) <= 1


def test_closed_longs_push_the_price_down_linearly():
    fall = 1.0 - moved_price(100.0, 1.0, 10) / 100.0
    assert fall > 0
    assert 1.0 - moved_price(100.0, 3.0, 10) / 100.0 == pytest.approx(3 * fall, rel=1e-12)
    assert moved_price(100.0, -1.0, 10) == pytest.approx(100.0 * (1 + fall), rel=1e-12)
    assert fall == pytest.approx(0.003 * 100.0 / (10 * MEAN_COLLATERAL), rel=1e-9)
