"""Claims about cross-holdings: the dependency matrix and the cascade of failures of Elliott, Golub and Jackson."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.network.clearing import cross_holdings_dependency, cross_holdings_value

HALVES = [[0.0, 0.5], [0.5, 0.0]]


@st.composite
def holdings(draw):
    """C (n, n): columns sum to less than 1, zero diagonal."""
    n = draw(st.integers(1, 6))
    rows = st.lists(st.just(0.0) | st.floats(0.01, 1.0), min_size=n, max_size=n)
    held = np.array([draw(rows) for _ in range(n)])
    np.fill_diagonal(held, 0.0)
    return held / (held.sum(axis=0) + draw(st.floats(0.05, 3.0)))


def test_two_that_hold_half_of_each_other():
    """The paper's example: two thirds of one's assets are finally one's own, one third the other's."""
    np.testing.assert_allclose(cross_holdings_dependency(HALVES), [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], rtol=1e-14)


@given(holdings())
def test_columns_sum_to_one_and_nobody_has_a_negative_part(held):
    dependency = cross_holdings_dependency(held)
    assert (dependency >= -1e-12).all()
    np.testing.assert_allclose(dependency.sum(axis=0), 1.0, rtol=1e-10)
    assert (np.diag(dependency) >= 1.0 - held.sum(axis=0) - 1e-12).all()


@given(holdings())
def test_it_is_the_sum_over_all_chains_of_holdings(held):
    """A = Ĉ (1 + C + C² + …)."""
    chains, power = np.eye(len(held)), np.eye(len(held))
    for _ in range(2000):
        power = held @ power
        chains += power
    np.testing.assert_allclose(cross_holdings_dependency(held), np.diag(1.0 - held.sum(axis=0)) @ chains, atol=1e-8)


def test_without_holdings_everybody_owns_itself():
    assert (cross_holdings_dependency(np.zeros((3, 3))) == np.eye(3)).all()
    found = cross_holdings_value(np.zeros((2, 2)), [3.0, 1.0], [2.0, 2.0], [1.0, 1.0])
    assert found.value.tolist() == [3.0, 0.0] and found.failed.tolist() == [False, True]


@given(holdings(), st.floats(0.0, 2.0), st.floats(0.0, 1.0))
def test_values_are_a_fixed_point_and_failures_destroy_their_costs(held, threshold, cost):
    assets = np.linspace(0.5, 2.0, len(held))
    thresholds, costs = np.full(len(held), threshold), np.full(len(held), cost)
    found = cross_holdings_value(held, assets, thresholds, costs)
    np.testing.assert_allclose(
        found.value, cross_holdings_dependency(held) @ (assets - costs * found.failed), atol=1e-9
    )
    assert (found.value[~found.failed] >= threshold).all()
    assert (found.value[found.failed] < threshold + 1e-9).all()
    assert found.value.sum() == pytest.approx(assets.sum() - cost * found.failed.sum(), abs=1e-9)


def test_a_failure_drags_the_other_down_in_the_next_wave():
    """Values (2/3 + 1.3/3, 2/3 · 1.3 + 1/3): the first is below 1.15, and its failure takes the second below."""
    found = cross_holdings_value(HALVES, [1.0, 1.3], [1.15, 1.15], [0.5, 0.5])
    assert found.waves.tolist() == [0, 1]
    alone = cross_holdings_value(HALVES, [1.0, 1.3], [1.15, 1.0], [0.5, 0.5])
    assert alone.waves.tolist() == [0, -1]
    np.testing.assert_allclose(alone.value, [2 / 3 * 0.5 + 1.3 / 3, 2 / 3 * 1.3 + 0.5 / 3], rtol=1e-12)


def test_equity_counts_holdings_twice_and_value_does_not():
    found = cross_holdings_value(HALVES, [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    assert found.equity.tolist() == pytest.approx([2.0, 2.0])
    assert found.value.tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([[0.0, 0.5]], "square"),
        ([[0.1, 0.0], [0.0, 0.0]], "zero diagonal"),
        ([[0.0, -0.1], [0.0, 0.0]], "not negative"),
        ([[0.0, 1.0], [0.0, 0.0]], "outside holders"),
    ],
)
def test_impossible_holdings_are_refused(held, message):
    with pytest.raises(ValueError, match=message):
        cross_holdings_dependency(held)
