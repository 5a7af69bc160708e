"""Margin tiers: published tables, continuity, and every rule against a slow look at the definition."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.account.account import fails, flag, level_all, margin_test, passes, recount
from agents.account.margin_tier import (
    SLIVER,
    above_lower_tier,
    allowed_notional,
    edge_price,
    initial_rate,
    maintenance_rate,
    make_tiers,
)
from agents.core.column import bare
from agents.exchange.control.partial_liquidation import PartialRule, contracts_to_sell
from agents.exchange.exchange import allowed_order
from tests.agents.actor.test_account import book
from tests.support.environment import SHARED, present

NONE = bare(make_tiers())
LADDER = (10_000.0, 30_000.0, math.inf), (0.01, 0.02, 0.04), (0.02, 0.04, 0.08)


@st.composite
def schedules(draw):
    """A schedule of one to eight tiers: bounds and rates of any steepness, rates below one."""
    number = draw(st.integers(1, 8))
    bound = np.cumprod([draw(st.floats(1e2, 1e6))] + [draw(st.floats(1.05, 20.0)) for _ in range(number - 1)])
    maintenance = np.sort([draw(st.floats(1e-3, 0.6)) for _ in range(number)])
    initial = np.sort(maintenance + (1.0 - maintenance) * np.array([draw(st.floats(0.01, 1.0)) for _ in range(number)]))
    if draw(st.booleans()):
        bound[-1] = math.inf
    return tuple(map(float, bound)), tuple(map(float, maintenance)), tuple(map(float, initial))


def required(notional, bound, rates):
    """The margin on a notional bracket by bracket: each part at the rate of the bracket it lies in."""
    edges = [0.0, *bound[:-1], math.inf]
    parts = (max(min(notional, high) - low, 0.0) for low, high in pairwise(edges))
    return sum(rate * part for rate, part in zip(rates, parts, strict=True))


@pytest.fixture(scope="module")
def published():
    """The published tables, and maintenance margins by them."""
    return json.loads(present(SHARED / "oracles" / "published_2.json").read_text(encoding="utf-8"))["margin_tiers"]


def test_published_maintenance_margins(published):
    for case in published["cases"]:
        table, value = published["tables"][case["table"]], case["position"]
        rates = [percent / 100.0 for percent in table["mm_percent"]]
        tiers = bare(make_tiers(table["limit"], rates, [1.0 / most for most in table["max_leverage"]]))
        found = value * maintenance_rate(rates[0], value, tiers)
        assert found == pytest.approx(case["maintenance"], rel=published["tolerance"]), case["id"]


def test_published_deductions_and_leverage(published):
    for table in published["tables"].values():
        rates = [percent / 100.0 for percent in table["mm_percent"]]
        initial = [1.0 / most for most in table["max_leverage"]]
        tiers = make_tiers(table["limit"], rates, initial)
        assert rates[0] * tiers.maintenance_deduction == pytest.approx(np.array(table["deduction"]))
        assert initial[0] * tiers.initial == pytest.approx(np.array(initial))


@given(schedules(), st.floats(-3.0, 3.0))
def test_margins_are_those_of_the_brackets_and_a_venue_s_first_rate_scales_them(schedule, log_scale):
    """Initial and maintenance, within tiers, at their bounds and beyond the last."""
    bound, maintenance, initial = schedule
    tiers, scale = bare(make_tiers(*schedule)), math.exp(log_scale)
    for notional in (*bound[:-1], *(0.3 * b for b in bound[:-1]), 1.7 * bound[0], 1e9):
        for rule, rates in ((maintenance_rate, maintenance), (initial_rate, initial)):
            found = notional * rule(scale * rates[0], notional, tiers)
            assert found == pytest.approx(scale * required(notional, bound, rates), rel=1e-9)


@given(schedules())
def test_margins_have_no_jump_and_never_fall_with_notional(schedule):
    """Across a bound the margin moves by what notional does; the mean rate does not fall to the last bit."""
    tiers, first = bare(make_tiers(*schedule)), schedule[1][0]
    for bound in schedule[0][:-1]:
        below, above = math.nextafter(bound, 0.0), math.nextafter(bound, math.inf)
        steps = [below * maintenance_rate(first, below, tiers), above * maintenance_rate(first, above, tiers)]
        assert steps[1] - steps[0] == pytest.approx(0.0, abs=1e-12 * bound)
    grid = np.unique([b * f for b in (*schedule[0][:-1], 1e5) for f in (0.1, 0.999, 1 - 1e-16, 1.0, 1 + 3e-16, 1.5)])
    rates = np.array([maintenance_rate(first, notional, tiers) for notional in grid])
    assert (np.diff(rates) >= 0.0).all()
    assert (np.diff(grid * rates) >= 0.0).all()


def test_without_tiers_and_with_one_the_rate_is_the_venue_s_to_the_last_bit():
    one = bare(make_tiers((math.inf,), (0.0125,), (0.025,)))
    for tiers in (NONE, one):
        assert maintenance_rate(0.0125, 1e7, tiers) == 0.0125
        assert initial_rate(0.1, 0.0, tiers) == 0.1
        assert allowed_notional(1e7, 3.0, 0.1, tiers) == 1e7
        assert above_lower_tier(-1e3, 1e3, tiers) == 0.0


@given(schedules(), st.floats(1.0, 1e9), st.booleans(), st.floats(0.01, 100.0))
def test_the_edge_is_where_equity_is_the_margin(schedule, notional, long, price):
    """Against a bisection on equity less margin, bracket by bracket, for a position bankrupt at `price`."""
    bound, maintenance, _ = schedule
    size = notional / price if long else -notional / price

    def short_of(p):
        return size * (p - price) - required(abs(size) * p, bound, maintenance)

    low, high = (price, 100.0 * price) if long else (0.0, price)
    for _ in range(200):
        middle = 0.5 * (low + high)
        safe = short_of(middle) >= 0.0
        low, high = (low, middle) if safe == long else (middle, high)
    found = edge_price(price, size, maintenance[0], bare(make_tiers(*schedule)))
    assert found == pytest.approx(0.5 * (low + high), rel=1e-9)


@given(schedules(), st.floats(0.0, 1e8))
def test_what_is_allowed_needs_just_the_equity(schedule, own):
    """The initial margin of the most that is allowed is all equity, unless the last bound comes first."""
    bound, _, initial = schedule
    found = allowed_notional(own / initial[0], own, initial[0], bare(make_tiers(*schedule)))
    assert found <= bound[-1]
    assert required(found, bound, initial) == pytest.approx(own, rel=1e-9) or found == bound[-1]


@given(st.floats(-1e3, 1e3), st.floats(-2e3, 2e3), st.floats(-1e3, 1e5), st.floats(1.0, 200.0))
def test_an_order_is_cut_to_the_margin_of_its_tier(size, order, own, mark):
    bound, _, initial = LADDER
    after = size + allowed_order(size, order, own, mark, initial[0], bare(make_tiers(*LADDER)))
    within = required(abs(after) * mark, bound, initial) <= max(own, 0.0) * (1 + 1e-9)
    assert within or abs(after) <= abs(size) * (1 + 1e-12)
    assert abs(after) <= abs(size + allowed_order(size, order, own, mark, initial[0], NONE)) or size * order < 0.0


@pytest.mark.parametrize("size", [500.0, -500.0])
@pytest.mark.parametrize(
    ("mark", "left"), [(100.0, 300.0), (60.5, 10_000 / 60.5), (60.0, 10_000 / 60.0), (25.0, 400.0), (20.0, None)]
)
def test_a_position_goes_down_by_a_tier(size, mark, left):
    """To the bound below; a sliver over a bound counts as none; in the lowest tier the whole goes."""
    tiers = bare(make_tiers(*LADDER))
    sold = contracts_to_sell(size, mark, np.inf, PartialRule(1.0, 0.0, 0.5, True), tiers)
    assert sold == pytest.approx(500.0 if left is None else 500.0 - left)
    assert contracts_to_sell(size, mark, np.inf, PartialRule(1.0, 0.0, 0.5, False), tiers) == 500.0


def test_a_sliver_is_a_hundredth_of_the_position():
    tiers, bound = bare(make_tiers(*LADDER)), LADDER[0][0]
    assert above_lower_tier(bound / (1.0 - 0.9 * SLIVER), 1.0, tiers) == 0.0
    assert above_lower_tier(bound / (1.0 - 1.1 * SLIVER), 1.0, tiers) == pytest.approx(1.1 * SLIVER * bound, rel=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_flags_are_those_of_a_full_pass(seed):
    """Blocks are skipped at the margin of all their longs together, and nobody below its own is missed."""
    accounts, blocks, exchange = book(seed)
    exchange.maintenance[:] = [0.02, 0.01]
    bound, rates = (20.0, 60.0, 150.0, math.inf), (0.01, 0.03, 0.08, 0.2)
    tiers = bare(make_tiers(bound, rates, (0.02, 0.05, 0.1, 0.3)))
    level_all(accounts)
    recount(accounts, bare(blocks), bare(exchange))
    found = np.zeros(len(accounts.size), np.int32)
    count = flag(accounts, bare(blocks), bare(exchange), tiers, found)
    i = np.repeat(np.arange(2), len(accounts.size) // 2)
    own = accounts.collateral + accounts.size * (
        exchange.mark[i] - accounts.entry_price - exchange.funding_index[i] + accounts.entry_funding
    )
    scale = exchange.maintenance[i] / rates[0]
    margin = np.array([required(value, bound, rates) for value in np.abs(accounts.size) * exchange.mark[i]])
    expected = np.flatnonzero((own < scale * margin) & (accounts.size != 0.0))
    plain = flag(accounts, bare(blocks), bare(exchange), NONE, np.zeros(len(accounts.size), np.int32))
    assert plain + 5 < len(expected) < len(accounts.size) / 2
    assert found[:count].tolist() == expected.tolist()


@given(st.integers(0, 1_000), schedules(), st.floats(0.5, 2.0))
def test_no_block_passes_that_holds_a_position_that_fails(seed, schedule, factor):
    """Exact, not nearly: whatever schedule and price."""
    accounts, blocks, exchange = book(seed, blocks=1)
    accounts.size[:] *= 3e4
    accounts.collateral[:] *= 6e4
    level_all(accounts)
    recount(accounts, bare(blocks), bare(exchange))
    tiers = bare(make_tiers(*schedule))
    for i in range(2):
        test = margin_test(factor * float(exchange.mark[i]), schedule[1][0], float(exchange.funding_index[i]))
        rows = range(i * 64, i * 64 + 64)
        failing = [fails(test, accounts.size[row], accounts.level[row], tiers) for row in rows]
        extremes = blocks.worst_long[i], blocks.worst_short[i], blocks.long_size[i], blocks.short_size[i]
        assert not (passes(test, *map(float, extremes), tiers) and any(failing))
