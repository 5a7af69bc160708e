"""Claims about effect sizes, tests and families of tests, against published and hand-worked numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.results.run import Run
from experiments.statistics.multiple_testing import family
from experiments.statistics.significance import benjamini_hochberg, effect_size, holm, small_sample_factor
from experiments.study.comparison.answer import Comparison

# Benjamini and Hochberg (1995), section 3.2: 15 tests of thrombolysis, of which 4 are claimed at 5 %; Bonferroni 3.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip
P = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30)


def test_published_claims_of_benjamini_and_hochberg():
    assert np.sum(benjamini_hochberg(THROMBOLYSIS) <= 0.05) == 4
    assert np.sum(holm(THROMBOLYSIS) <= 0.05) == 3


def test_holm_by_hand():
    """Ordered 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, never falling: 0.02, 0.03, 0.06, 0.06."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(P)
def test_benjamini_hochberg_is_scipys(p):
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@given(P)
def test_holm_is_stricter_and_neither_changes_the_order(p):
    first, second = holm(p), benjamini_hochberg(p)
    assert (first >= second - 1e-12).all() and (second >= np.array(p) - 1e-12).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(first[order]) >= 0).all() and (np.diff(second[order]) >= 0).all()


def test_an_undefined_test_belongs_to_no_family():
    assert holm([0.02, math.nan, 0.01])[[0, 2]] == pytest.approx([0.02, 0.02])
    assert math.isnan(holm([0.02, math.nan])[1])


def test_families_keep_their_promise_where_nothing_is_true():
    """1,000 families of 20 tests on noise: even one false claim in at most 5 % (standard error 0.7 %)."""
    p = np.random.default_rng(6).random((1_000, 20))
    for adjust in (holm, benjamini_hochberg):
        false = np.mean([(adjust(row) <= 0.05).any() for row in p])
        assert 0.03 <= false <= 0.071


def test_effect_sizes_by_hand():
    """Differences 1, 2, 3: mean 2, standard deviation 1; with 2 degrees of freedom J = Γ(1) / Γ(1/2)."""
    found = effect_size([1.0, 2.0, 3.0, math.nan])
    assert found == pytest.approx((2.0, 2.0 / math.sqrt(math.pi)))
    assert small_sample_factor(20) == pytest.approx(1.0 - 3.0 / (4.0 * 20 - 1.0), abs=1e-3)
    assert all(map(math.isnan, effect_size([2.0, 2.0])))


def test_the_document_of_a_comparison_tells_family_interval_and_size():
    comparison = Comparison(["a", "b"], range(40))
    draws = np.random.default_rng(2).exponential(size=(2, 40))
    for replication in range(40):
        for arrangement, shift, other in zip("ab", (1.0, 0.0), draws[:, replication], strict=True):
            summary = {"uncovered": draws[0, replication] + shift * draws[1, replication], "volume": other}
            comparison.add(Run(arrangement, arrangement, "adl", replication, summary, {}))
    document = comparison.document()
    asked, looked = document["pairs"]
    assert (asked["family"], looked["family"]) == ("confirmatory", "exploratory")
    assert asked["p_adjusted"] == asked["p"] < 1e-3  # the one of its family
    assert asked["method"] == "bootstrap-t"
    assert 0.0 < asked["ci95"][0] < asked["difference"] < asked["ci95"][1]
    assert asked["cohen_d"] > asked["hedges_g"] > 0.5


def test_an_identity_stands_in_no_family():
    """Deficits that differ by $266 of $9.8M, each world alike in sign, are no finding though their p would be small.

    Nor is another test adjusted for them: of two families of one, each p is its own.
    """
    rng = np.random.default_rng(4)
    comparison = Comparison(["isolated", "pooled"], range(100))
    for replication in range(100):
        deficit, loss = 9.8e6 * rng.exponential(), rng.exponential()
        for arrangement, fed, more in (("isolated", 266.0 * (1 + rng.random()), 1.0), ("pooled", 0.0, 0.0)):
            summary = {
                "deficit": deficit + fed,
                "uncovered": 1e6 * loss + 2e5 * more * rng.random(),
                "deficit_0": deficit,
            }
            comparison.add(Run(arrangement, arrangement, "adl", replication, summary, {}))
    trivial, finding, same = comparison.document()["pairs"]
    assert (trivial["family"], trivial["verdict"]) == ("identity", "trivial")
    assert (same["family"], same["verdict"]) == ("identity", "identical")
    for row in (trivial, same):
        assert all(math.isnan(row[name]) for name in ("p", "p_adjusted", "hedges_g", "variance_reduction"))
    assert (finding["family"], finding["verdict"]) == ("confirmatory", "")
    assert finding["p_adjusted"] == finding["p"] < 0.01


def test_what_the_user_named_beforehand_is_confirmatory():
    assert [family(name) for name in ("uncovered", "volume", "my_own_number")] == [
        "confirmatory", "exploratory", "confirmatory",
    ]  # fmt: skip
