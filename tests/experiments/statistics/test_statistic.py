"""Claims about means, intervals and paired differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.statistic import correlation, mean_interval, variance_reduction

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


@given(VALUES)
def test_interval_is_students(values):
    result = mean_interval(values)
    scale = np.std(values, ddof=1) / math.sqrt(len(values))
    half = stats.t.ppf(0.975, len(values) - 1) * scale
    assert result.mean == pytest.approx(np.mean(values))
    assert result.high - result.mean == pytest.approx(half, rel=1e-9, abs=1e-6)
    assert result.mean - result.low == pytest.approx(half, rel=1e-9, abs=1e-6)


def test_interval_covers_the_true_mean_as_often_as_it_says():
    draws = np.random.default_rng(7).standard_normal((4000, 8))
    covered = [low <= 0 <= high for _, low, high, _ in map(mean_interval, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_one_value_has_a_mean_and_no_interval():
    result = mean_interval([3.5])
    assert (result.mean, result.number) == (3.5, 1)
    assert math.isnan(result.low) and math.isnan(result.high)


def test_no_value_has_no_mean():
    assert mean_interval([math.nan]).number == 0
    assert math.isnan(mean_interval([]).mean)


def test_constant_values_have_an_interval_of_no_width():
    assert mean_interval([2.0, 2.0, 2.0])[:3] == (2.0, 2.0, 2.0)


def test_replications_without_a_value_are_left_out():
    assert mean_interval([1.0, math.nan, 3.0]) == mean_interval([1.0, 3.0])
    assert correlation([1.0, math.nan, 3.0, 4.0], [0.0, 5.0, 1.0, 1.5]) == pytest.approx(1.0)


def test_variance_reduction_follows_from_the_correlation():
    a, b = np.random.default_rng(1).standard_normal((2, 200))
    b = 0.9 * a + 0.1 * b
    var_a, var_b = a.var(ddof=1), b.var(ddof=1)
    covariance = correlation(a, b) * math.sqrt(var_a * var_b)
    assert variance_reduction(a, b) == pytest.approx((var_a + var_b) / (var_a + var_b - 2 * covariance))


def test_independent_arrangements_gain_nothing_from_pairing():
    a, b = np.random.default_rng(2).standard_normal((2, 20_000))
    assert variance_reduction(a, b) == pytest.approx(1.0, abs=0.03)


def test_nothing_that_varies_has_no_correlation_and_no_factor():
    still = [1.0, 1.0, 1.0], [0.1, 0.1, 0.1]
    assert math.isnan(correlation(*still)) and math.isnan(variance_reduction(*still))
    same = [0.1, 0.2, 0.7], [0.1, 0.2, 0.7]
    assert correlation(*same) == pytest.approx(1.0)
    assert math.isnan(variance_reduction(*same))


def test_one_value_has_a_mean_only():
    assert mean_interval([2.0])[::3] == (2.0, 1)
    pair = [5.0], [3.0]
    assert all(map(math.isnan, (*mean_interval([2.0])[1:3], correlation(*pair), variance_reduction(*pair))))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="equal lengths"):
        correlation([1.0], [1.0, 2.0])
