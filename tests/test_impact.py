"""Price impact: the square-root law, path independence, and averages of the path against quadrature."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from model.impact import SHAPES, average_price, constant_product, displacement, linear, square_root, square_root_law

ratio = st.floats(-0.9, 0.9).filter(lambda r: abs(r) > 1e-6)


def test_published_square_root_law(published):
    """Y σ √(Q / V)."""
    case = published["impact"]
    assert square_root_law(case["Y"], case["sigma"], case["Q_over_V"]) == pytest.approx(case["impact"])
    assert square_root_law(2.0, 0.01, 0.25) == pytest.approx(0.01)


@given(ratio, ratio)
def test_linear_impact_is_path_independent(first, second):
    """Two orders move the price as their sum does; a round trip moves it not at all."""
    assert linear(first, 0.03) + linear(second, 0.03) == pytest.approx(linear(first + second, 0.03))


@pytest.mark.parametrize("shape", list(SHAPES))
@given(r=ratio)
def test_average_is_that_of_the_path(shape, r):
    """The price charged is the average of exp g over the order's path."""
    code = list(SHAPES).index(shape)
    expected = quad(lambda s: math.exp(displacement(code, s * r, 0.03)), 0.0, 1.0)[0]
    assert average_price(code, r, 0.03) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", list(SHAPES))
@given(r=ratio)
def test_impact_has_the_sign_of_the_flow_and_grows(shape, r):
    """Buying raises the price, more buying raises it more."""
    code = list(SHAPES).index(shape)
    assert displacement(code, r, 0.03) * r > 0
    assert abs(displacement(code, 0.5 * r, 0.03)) < abs(displacement(code, r, 0.03))


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
