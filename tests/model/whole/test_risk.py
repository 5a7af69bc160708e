"""Value at risk and expected shortfall: published numbers, large samples, quadrature, and where F jumps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtri, stdtrit

from model.measure.risk import expected_shortfall, normal_risk, pareto_risk, student_risk, value_at_risk

DAILY = 10_000 * 0.2 / np.sqrt(250)
LEVELS = np.array([0.5, 0.9, 0.975, 0.99])
samples = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
levels = st.floats(0.01, 0.99)


def test_the_published_numbers(published):
    """Position 10,000, 20 % a year, 250 days, 99 %; Student with 4 degrees of freedom has the same deviation."""
    risk = published["risk_measures"]
    for found, name in ((normal_risk(DAILY, 0.99), "normal"), (student_risk(DAILY, 0.99, 4), "student_t4")):
        assert found.value_at_risk == pytest.approx(risk[name]["var"], rel=1e-5)
        assert found.expected_shortfall == pytest.approx(risk[name]["es"], rel=1e-5)
    for case in risk["pareto_xm1"]:
        found = pareto_risk(case["alpha"], 0.99)
        assert found == pytest.approx((case["var"], case["es"]))


@pytest.mark.parametrize(
    ("risk", "quantile"),
    [
        (normal_risk(3.0, LEVELS, mean=1.5), lambda u: 1.5 + 3.0 * ndtri(u)),
        (student_risk(2.0, LEVELS, degrees=3.0), lambda u: 2.0 * np.sqrt(1 / 3) * stdtrit(3.0, u)),
        (student_risk(2.0, LEVELS, degrees=50.0, mean=-1.0), lambda u: 2.0 * np.sqrt(0.96) * stdtrit(50.0, u) - 1.0),
        (pareto_risk(3.0, LEVELS, minimum=2.0), lambda u: 2.0 * (1 - u) ** (-1 / 3)),
    ],
    ids=["normal", "student 3", "student 50", "pareto 3"],
)
def test_a_closed_form_is_the_mean_of_the_quantiles_above(risk, quantile):
    """ES = 1/(1 − α) ∫ VaR_u du over u > α, by quadrature; u = 1 − v² takes the edge off the tail."""
    assert risk.value_at_risk == pytest.approx(quantile(LEVELS))
    for level, found in zip(LEVELS, risk.expected_shortfall, strict=True):
        area, _ = quad(lambda v: 2 * v * quantile(1 - v * v), 0, np.sqrt(1 - level), limit=200)
        assert found == pytest.approx(area / (1 - level), rel=1e-5)


def test_a_large_sample_comes_close_to_the_closed_form():
    """Quantiles of an even grid of a million probabilities."""
    grid = (np.arange(1_000_000) + 0.5) / 1_000_000
    losses, exact = 5.0 * ndtri(grid), normal_risk(5.0, LEVELS)
    assert value_at_risk(losses, LEVELS) == pytest.approx(exact.value_at_risk, abs=1e-4)
    assert expected_shortfall(losses, LEVELS) == pytest.approx(exact.expected_shortfall, rel=1e-4)


def test_student_grows_into_normal():
    found, limit = student_risk(DAILY, LEVELS, degrees=1e7), normal_risk(DAILY, LEVELS)
    assert np.array(found) == pytest.approx(np.array(limit), rel=1e-5, abs=1e-6)


def test_the_quantile_is_the_smallest_that_is_enough():
    """Of 1 … 100 the value at risk at k % is k, also where k/100 · 100 is not exactly k in binary."""
    losses = np.random.default_rng(1).permutation(np.arange(1.0, 101.0))
    percents = np.arange(1, 100)
    assert value_at_risk(losses, percents / 100).tolist() == percents.tolist()
    assert value_at_risk(losses, 0.501) == 51.0
    assert expected_shortfall(losses, percents / 100) == pytest.approx((percents + 101) / 2)


def test_an_atom_at_the_quantile_counts_in_part():
    """Losses 0 × 9 and 100 × 1: the worst fifth is one loss of 100 and one of 0, not the 100 alone."""
    losses = [0.0] * 9 + [100.0]
    assert value_at_risk(losses, 0.8) == 0.0
    assert expected_shortfall(losses, [0.8, 0.9, 0.95]) == pytest.approx([50.0, 100.0, 100.0])
    assert expected_shortfall([0.0] * 9 + [100.0], 0.85) == pytest.approx(100 / 1.5)


@given(samples, levels)
def test_expected_shortfall_is_what_rockafellar_and_uryasev_minimise(losses, level):
    """ES = min over x of x + E[(L − x)+] / (1 − α), attained at a loss of the sample."""
    array = np.array(losses)
    objective = [x + np.maximum(array - x, 0).mean() / (1 - level) for x in losses]
    assert expected_shortfall(array, level) == pytest.approx(min(objective), rel=1e-9, abs=1e-6)


@given(samples, samples, levels)
def test_expected_shortfall_is_coherent(one, other, level):
    """Between value at risk and the worst, monotone in money and scale, and subadditive."""
    size = min(len(one), len(other))
    a, b = np.array(one[:size]), np.array(other[:size])
    shortfall = expected_shortfall(a, level)
    assert value_at_risk(a, level) <= shortfall <= a.max() + 1e-6
    assert expected_shortfall(3.0 * a + 7.0, level) == pytest.approx(3.0 * shortfall + 7.0, rel=1e-9, abs=1e-5)
    assert expected_shortfall(a + b, level) <= shortfall + expected_shortfall(b, level) + 1e-5


def test_levels_may_be_an_array_of_any_shape():
    grid = LEVELS.reshape(2, 2)
    for found in (value_at_risk(np.ones((3, 4)), grid), expected_shortfall([1.0], grid), *normal_risk(1.0, grid)):
        assert found.shape == (2, 2)
    assert pareto_risk([0.5, 1.0, 2.0], 0.99).expected_shortfall == pytest.approx([np.inf, np.inf, 20.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: value_at_risk([], 0.9), "empty"),
        (lambda: expected_shortfall([1.0, np.nan], 0.9), "not a finite number"),
        (lambda: value_at_risk([1.0, -np.inf], 0.9), "not a finite number"),
        (lambda: value_at_risk([1.0], 1.0), "level 1.0"),
        (lambda: expected_shortfall([1.0], [0.5, 0.0]), "level"),
        (lambda: normal_risk(-1.0, 0.9), "sd must be finite and not negative"),
        (lambda: student_risk(1.0, 0.9, 2.0), "degrees 2.0"),
        (lambda: pareto_risk(0.0, 0.9), "exponent must be finite and more than 0"),
    ],
)
def test_what_has_no_risk_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
