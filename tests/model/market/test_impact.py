"""Price impact: the square-root law, path independence, and averages of the path against quadrature."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from agents.exchange.exchange import Exchange
from model.ecosystem import Ecosystem
from model.market.impact import (
    SHAPES,
    absorbed_flow,
    average_price,
    constant_product,
    displacement,
    latent,
    latent_flow,
    linear,
    square_root,
    square_root_law,
)
from tests.support.world import small

ratio = st.floats(-0.9, 0.9).filter(lambda r: abs(r) > 1e-6)
state = st.floats(-0.5, 0.5)
every_shape = pytest.mark.parametrize("shape", list(SHAPES))


def test_published_square_root_law(published):
    """Y σ √(Q / V)."""
    case = published["impact"]
    assert square_root_law(case["Y"], case["sigma"], case["Q_over_V"]) == pytest.approx(case["impact"])
    assert square_root_law(2.0, 0.01, 0.25) == pytest.approx(0.01)


@given(ratio, ratio)
def test_linear_impact_is_path_independent(first, second):
    """Two orders move the price as their sum does; a round trip moves it not at all."""
    assert linear(first, 0.03) + linear(second, 0.03) == pytest.approx(linear(first + second, 0.03))


@every_shape
@given(r=ratio, start=state)
def test_average_is_that_of_the_path(shape, r, start):
    """The price charged is the average of exp over the order's path, from wherever the book stands."""
    code = list(SHAPES).index(shape)
    turn = -absorbed_flow(code, start, 0.03, 0.0) / r  # where the path crosses rest it has a kink
    points = [turn] if 0.0 < turn < 1.0 else None
    expected = quad(lambda x: math.exp(displacement(code, x * r, 0.03, start)), 0.0, 1.0, points=points, limit=200)[0]
    assert average_price(code, r, 0.03, start) == pytest.approx(expected, rel=1e-6)


@every_shape
@given(r=ratio)
def test_impact_has_the_sign_of_the_flow_and_grows(shape, r):
    """Buying raises the price, more buying raises it more."""
    code = list(SHAPES).index(shape)
    assert displacement(code, r, 0.03) * r > 0
    assert abs(displacement(code, 0.5 * r, 0.03)) < abs(displacement(code, r, 0.03))


def walk(code, ratios, start=0.0):
    """Return where a flow in parts takes the displacement, and its cost per contract of depth at a price of 1."""
    at, paid = start, 0.0
    for part in ratios:
        paid += part * math.exp(at) * average_price(code, part, 0.03, at)
        at += displacement(code, part, 0.03, at)
    return at, paid


def test_the_square_root_of_a_flow_does_not_depend_on_its_parts():
    """0.0346 for r = 0.04, where each of 20 parts from rest would make it 0.155."""
    code = list(SHAPES).index("square_root")
    for parts in (1, 4, 20):
        assert walk(code, [0.04 / parts] * parts)[0] == pytest.approx(0.0346, abs=5e-5)


@every_shape
@given(r=ratio, start=state, cuts=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=20))
def test_a_flow_in_parts_moves_the_price_as_far_and_costs_as_much_as_whole(shape, r, start, cuts):
    """Whatever the parts and wherever the book stands."""
    code = list(SHAPES).index(shape)
    whole, parts = walk(code, [r], start), walk(code, [r * cut / sum(cuts) for cut in cuts], start)
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-9)


@every_shape
@given(r=ratio, start=state, cuts=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5))
def test_buying_and_selling_back_returns_the_price_and_costs_nothing(shape, r, start, cuts):
    code = list(SHAPES).index(shape)
    back = [-r * cut / sum(cuts) for cut in cuts]
    assert walk(code, [r, *back], start) == pytest.approx((start, 0.0), abs=1e-8)


@every_shape
@given(r=ratio, start=state)
def test_the_flow_that_moves_a_price_is_the_inverse_of_its_impact(shape, r, start):
    code = list(SHAPES).index(shape)
    assert absorbed_flow(code, displacement(code, r, 0.03, start), 0.03, start) == pytest.approx(r, rel=1e-9, abs=1e-12)


def traded(shape, permanent, parts, band=1.0, share=0.2):
    """Return the market and the wealth of an account after it bought `share` of the depth in so many parts."""
    changes = {"market__impact": shape, "market__permanent_share": permanent, "market__price_band": band}
    changes |= {
        "asset__half_spread_bp": (0.0, 0.0, 0.0),
        "exchange__trading_fee": 0.0,
        "trader__number": 0,
        "trader__reserve": 64,
    }
    ecosystem = Ecosystem(small(**changes))
    exchange = ecosystem.agents_by_type[Exchange][0]
    ecosystem.set_prices()
    account = exchange.open_account(collateral=1e15)
    bought = share * float(ecosystem.market.depth[exchange.asset])
    for _ in range(parts):
        assert exchange.trade(account, bought / parts) == pytest.approx(bought / parts)
    market = ecosystem.market[exchange.asset]
    return float(market.mid), float(market.fundamental), account.size * account.entry_price


@every_shape
@pytest.mark.parametrize("permanent", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("band", [1.0, 0.05])
def test_in_the_market_the_parts_of_a_step_move_it_as_one_order_does(shape, permanent, band):
    """Mid price, fundamental value and the sum paid; at the edge of the band too, where outside capital sells."""
    whole = traded(shape, permanent, 1, band)
    for parts in (3, 20):
        assert traded(shape, permanent, parts, band) == pytest.approx(whole, rel=1e-9)


def test_a_book_filled_anew_rests_where_arbitrage_left_it():
    """The second step starts from the dislocation, not from what flow the first had."""
    ecosystem = Ecosystem(small(market__impact="square_root", market__permanent_share=0.5))
    ecosystem.step()
    ecosystem.set_prices()
    assert (ecosystem.market.pressure == ecosystem.market.dislocation).all()


def test_constant_product_is_uniswaps_pool():
    """Buying Δ of a pool with reserves (x, y) moves its price to y x / (x − Δ)²; here x = 2 D."""
    depth, bought = 10.0, 1.5
    x = 2 * depth
    assert constant_product(bought / depth, 0.0) == pytest.approx(math.log((x / (x - bought)) ** 2))
    code = list(SHAPES).index("constant_product")
    assert average_price(code, bought / depth, 0.0) == pytest.approx(x / (x - bought))


def test_no_flow_no_impact():
    """An empty order moves nothing and fills at the mid."""
    for code in range(len(SHAPES)):
        assert displacement(code, 0.0, 0.03) == 0.0
        assert average_price(code, 0.0, 0.03) == pytest.approx(1.0)
    assert square_root(-0.02, 0.03) == -square_root(0.02, 0.03)
    assert np.isfinite(constant_product(50.0, 0.0))


curvature = st.floats(0.0, 1e3)


@given(r=ratio, start=state, c=curvature)
def test_latent_orders_of_any_density_are_walked_exactly(r, start, c):
    """The inverse, and the average against quadrature, whatever the curvature."""
    code = list(SHAPES).index("latent")
    shift = latent(r, c, start)
    assert latent_flow(shift, c, start) == pytest.approx(r, rel=1e-9, abs=1e-12)
    turn = latent_flow(-start, c, start) / r
    points = [turn] if 0.0 < turn < 1.0 else None
    expected = quad(lambda x: math.exp(latent(x * r, c, start)), 0.0, 1.0, points=points, limit=200)[0]
    assert average_price(code, r, c, start) == pytest.approx(expected, rel=1e-6)


@given(r=ratio, start=state)
def test_without_latent_orders_the_book_is_linear(r, start):
    assert latent(r, 0.0, start) == pytest.approx(r, rel=1e-12)
    assert latent(r, 1e-12, start) == pytest.approx(r, rel=1e-9)


@given(contracts=st.floats(1e-3, 10.0), slope=st.floats(0.1, 100.0))
def test_without_makers_the_latent_book_is_the_square_root(contracts, slope):
    """D → 0 at L fixed: √(2 Q / L)."""
    depth = 1e-9
    assert latent(contracts / depth, slope / depth) == pytest.approx(math.sqrt(2.0 * contracts / slope), rel=1e-4)


def test_a_metaorder_s_impact_follows_the_square_root_of_its_size_over_decades():
    """Donier and Bonart (2015): log impact on log size has slope 1/2, however it is cut; small ones 1."""
    c = 6.5 / 0.1  # a tenth of the makers are left
    sizes = np.geomspace(1e-6, 1e3, 91)
    impact = np.log([walk_latent(size, c) for size in sizes])
    slope = np.gradient(impact, np.log(sizes))
    square, straight = c * np.exp(impact) > 30.0, c * np.exp(impact) < 0.01
    assert sizes[square].max() / sizes[square].min() > 100.0
    assert np.abs(slope[square] - 0.5).max() < 0.02
    assert np.abs(slope[straight] - 1.0).max() < 0.01
    assert (np.diff(slope) < 1e-9).all()


def walk_latent(size, c, parts=7):
    """Where a metaorder takes the displacement that is sold in equal parts."""
    at = 0.0
    for _ in range(parts):
        at += latent(size / parts, c, at)
    return at


def test_latent_orders_do_not_thin_with_the_makers():
    """The curvature is the slope over what is left: after a shock the same book is nearer to the square root."""
    changes = {"market__impact": "latent", "market__latent": (4.0,), "asset__name": ("A",), "trader__number": 4}
    ecosystem = Ecosystem(small(**changes))
    ecosystem.set_prices()
    assert ecosystem.market.curvature == pytest.approx(4.0 / ecosystem.market.presence)
    ecosystem.market.fundamental[:] *= 0.8
    ecosystem.set_prices()
    assert (ecosystem.market.presence < 0.5).all()
    assert ecosystem.market.curvature == pytest.approx(4.0 / ecosystem.market.presence)
