"""Claims about bootstrap intervals: they are those of SciPy, and cover as often as they say."""

import math

import numpy as np
import pytest
from scipy import stats

from experiments import bootstrap
from experiments.bootstrap import bca_interval, percentile_interval
from experiments.statistic import mean_interval
from model.risk import expected_shortfall


def shortfall(values):
    return float(expected_shortfall(values, 0.9))


@pytest.mark.parametrize("number", [12, 60])
def test_bca_ends_are_those_of_scipy(number):
    """Both resample at random, so the ends agree within their Monte Carlo error, 0.045 standard errors each."""
    values = np.random.default_rng(4).exponential(size=number)
    wanted = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert bca_interval(values) == pytest.approx(wanted, abs=0.15 * values.std() / math.sqrt(number))


def test_bca_covers_a_skewed_mean_and_misses_less_on_one_side_than_student(monkeypatch):
    """Exponential values, n = 60: coverage within 0.025 of 0.95 (1,500 trials, standard error 0.006)."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", 1_000)
    bootstrap._counts.cache_clear()
    draws = np.random.default_rng(11).exponential(size=(1_500, 60))
    ends = np.array([bca_interval(row) for row in draws])
    student = np.array([mean_interval(row)[1:3] for row in draws])
    bootstrap._counts.cache_clear()
    assert np.mean((ends[:, 0] <= 1.0) & (ends[:, 1] >= 1.0)) == pytest.approx(0.95, abs=0.025)
    # Student's misses lie on one side: it ends too low where a large value was not drawn.
    assert np.mean(ends[:, 1] < 1.0) < np.mean(student[:, 1] < 1.0)


def test_percentile_interval_covers_an_expected_shortfall(monkeypatch):
    """Normal values, n = 400, 10 % tail (ES = 1.755): coverage within 0.05 of 0.95 (200 trials, error 0.015)."""
    monkeypatch.setattr(bootstrap, "TAIL_RESAMPLES", 100)
    draws = np.random.default_rng(5).standard_normal((200, 400))
    truth = stats.norm.pdf(stats.norm.ppf(0.9)) / 0.1
    ends = np.array([percentile_interval(row, shortfall) for row in draws])
    assert np.mean((ends[:, 0] <= truth) & (ends[:, 1] >= truth)) == pytest.approx(0.95, abs=0.05)


def test_intervals_move_and_stretch_with_the_values():
    values = np.random.default_rng(3).gamma(0.5, size=25)
    low, high = bca_interval(values)
    assert bca_interval(1e6 * values - 7.0) == pytest.approx((1e6 * low - 7.0, 1e6 * high - 7.0))


def test_equal_values_have_equal_intervals_and_missing_ones_are_left_out():
    values = [1.0, 5.0, 2.0, 9.0]
    assert bca_interval(values) == bca_interval([*values, math.nan])
    assert percentile_interval(values, np.median) == percentile_interval([math.nan, *values], np.median)


def test_what_does_not_vary_has_no_width_and_one_value_no_interval():
    assert bca_interval([0.3] * 7) == pytest.approx((0.3, 0.3))
    assert all(map(math.isnan, bca_interval([1.0])))
    assert all(map(math.isnan, percentile_interval([], np.median)))
