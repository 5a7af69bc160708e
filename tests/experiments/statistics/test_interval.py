"""Claims about intervals of probabilities: known values, the possible range, and coverage, computed exactly."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar

from experiments.statistics.interval import clopper_pearson, mcnemar_p, paired_probability

paired = lru_cache(None)(paired_probability)
WORLDS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 120))


def test_none_of_a_hundred_is_at_most_three_point_six_percent():
    assert clopper_pearson(0, 100) == pytest.approx((0.0, 1.0 - 0.025**0.01))
    assert clopper_pearson(0, 100)[1] == pytest.approx(0.0362, abs=5e-5)
    assert clopper_pearson(100, 100) == pytest.approx((0.025**0.01, 1.0))
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_probability_is_scipys(counts):
    k, n = counts
    wanted = stats.binomtest(k, n).proportion_ci(method="exact")
    assert clopper_pearson(k, n) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@pytest.mark.parametrize("n", [1, 20, 100])
def test_an_exact_interval_covers_at_least_as_often_as_it_says(n):
    """Coverage at 400 probabilities, not simulated but summed over all outcomes."""
    p = np.linspace(0.0005, 0.9995, 400)
    low, high = np.array([clopper_pearson(k, n) for k in range(n + 1)]).T
    covers = (low <= p[:, None]) & (p[:, None] <= high)
    assert (covers * stats.binom.pmf(np.arange(n + 1), n, p[:, None])).sum(axis=1).min() >= 0.95


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5)])
def test_more_events_than_runs_are_refused(counts):
    with pytest.raises(ValueError, match="allowed"):
        clopper_pearson(*counts)


def test_four_of_a_hundred_against_none_are_no_finding():
    assert mcnemar_p(4, 0) == 0.125
    low, high = paired_probability(4, 0, 100)
    assert low <= 0.0
    assert high > 0.04
    assert mcnemar_p(6, 0) == pytest.approx(2 * 0.5**6)
    assert paired_probability(6, 0, 100)[0] > 0.0


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_paired_test_is_the_binomial_one(b, c):
    wanted = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar_p(b, c) == pytest.approx(wanted)


@given(WORLDS)
def test_the_paired_interval_stays_in_range_turns_round_and_agrees_with_the_test(counts):
    b, c, rest = counts
    n = max(b + c + rest, 1)
    low, high = paired_probability(b, c, n)
    assert -1.0 <= low <= (b - c) / n <= high <= 1.0
    assert low < high
    assert paired_probability(c, b, n) == pytest.approx((-high, -low), abs=1e-8)
    if mcnemar_p(b, c) > 0.05:
        assert low <= 0.0 <= high


def test_arrangements_that_never_differed_have_an_interval_with_a_width():
    """Tango's z² / (n + z²): 3.70 % of 100 worlds."""
    assert paired_probability(0, 0, 100) == pytest.approx((-0.0370, 0.0370), abs=1e-4)


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 50), (9, 1, 32), (30, 5, 400)])
def test_an_end_is_where_the_score_test_rejects(b, c, n):
    """The likeliest P(second only) given δ is searched for here, not solved for."""
    for delta in paired_probability(b, c, n):

        def unlikely(q, delta=delta):
            return -(b * np.log(q + delta) + c * np.log(q) + (n - b - c) * np.log(1.0 - 2.0 * q - delta))

        bounds = max(0.0, -delta) + 1e-12, (1.0 - delta) / 2.0 - 1e-12
        q = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        score = (b - c - n * delta) / np.sqrt(n * (2.0 * q + delta - delta**2))
        assert abs(score) == pytest.approx(stats.norm.ppf(0.975), abs=1e-4)


@pytest.mark.parametrize(
    ("first_only", "second_only", "measured"),
    [(0.02, 0.0, 0.999), (0.1, 0.02, 0.960), (0.05, 0.05, 0.991), (0.3, 0.1, 0.953), (0.5, 0.0, 0.935)],
)
def test_the_paired_interval_covers_as_the_page_says(first_only, second_only, measured):
    """n = 50, summed over all outcomes; at least 93.5 % wherever it was tried, docs/statistics.md."""
    n, covered = 50, 0.0
    for b in range(n + 1):
        chance = stats.binom.pmf(b, n, first_only) * stats.binom.pmf(
            np.arange(n - b + 1), n - b, second_only / (1.0 - first_only)
        )
        for c in np.flatnonzero(chance > 1e-9):
            low, high = paired(b, int(c), n)
            covered += chance[c] * (low <= first_only - second_only <= high)
    assert covered == pytest.approx(measured, abs=1e-3)
