"""Claims about DebtRank: published numbers of both variants, and what follows from their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import random_array

from model.network import liability
from model.network.clearing import additional_stress, debtrank

VARIANTS = ("linear", "2012")


@st.composite
def shocks(draw):
    """Exposures (n, n), buffers (n,), initial distress (n,)."""
    n = draw(st.integers(1, 6))
    amounts = st.lists(st.just(0.0) | st.floats(0.1, 5.0), min_size=n, max_size=n).map(np.array)
    exposures = np.array([draw(amounts) for _ in range(n)])
    np.fill_diagonal(exposures, 0.0)
    buffers = draw(st.lists(st.floats(0.5, 20.0), min_size=n, max_size=n).map(np.array))
    return exposures, buffers, draw(st.lists(st.just(0.0) | st.floats(0.01, 1.0), min_size=n, max_size=n).map(np.array))


def test_published_linear_distress(published):
    for case in published["debtrank"]["linear"]:
        leverage, initial = np.array(case["leverage_matrix"]), case["initial_distress"]
        found = debtrank(leverage, np.ones(3), initial)
        np.testing.assert_allclose(found, case["final_distress"], atol=1e-9, rtol=0)
        np.testing.assert_allclose(found, np.linalg.solve(np.eye(3) - leverage, initial), atol=1e-12)


def test_published_default_of_one_in_three(published):
    """Node 1, counted from 0, with impact min(1, A_ij / E_i) and stress by economic weight."""
    case = published["debtrank"]["three_nodes"]
    initial, wanted = [0.0, 1.0, 0.0], case["default_of_node_1"]
    found = debtrank(case["exposure_holder_on_issuer"], case["buffer"], initial, variant="2012")
    np.testing.assert_allclose(found, wanted["final_distress"], atol=1e-9)
    assert additional_stress(found, initial, case["weight"]) == pytest.approx(wanted["additional_stress"], abs=1e-9)


def test_a_chain_multiplies_leverage():
    """Each holds half its buffer on the next: distress halves link by link, in both variants."""
    chain = np.diag(np.full(4, 0.5), 1)
    for variant in VARIANTS:
        assert debtrank(chain, np.ones(5), [0, 0, 0, 0, 1.0], variant).tolist() == [0.0625, 0.125, 0.25, 0.5, 1.0]


def test_cycles_feed_back_in_the_linear_variant_and_are_cut_in_the_other():
    """Two that hold half of each other: 0.4 / (1 − 0.25) round and round; each passes distress on once otherwise."""
    ring = [[0.0, 0.5], [0.5, 0.0]]
    np.testing.assert_allclose(debtrank(ring, [1, 1], [0.4, 0.0]), [0.4 / 0.75, 0.2 / 0.75], rtol=1e-14)
    np.testing.assert_allclose(debtrank(ring, [1, 1], [0.4, 0.0], "2012"), [0.5, 0.2], rtol=1e-14)


def test_an_explosive_cycle_ends_at_default():
    assert debtrank([[0.0, 3.0], [3.0, 0.0]], [1, 1], [1e-6, 0.0]).tolist() == [1.0, 1.0]


@given(shocks(), st.sampled_from(VARIANTS))
def test_distress_grows_within_bounds_and_only_along_exposures(case, variant):
    exposures, buffers, initial = case
    found = debtrank(exposures, buffers, initial, variant)
    assert (found >= initial).all() and (found <= 1.0).all()
    alone = ~(exposures > 0).any(axis=1)
    assert (found[alone] == initial[alone]).all()


@given(shocks(), st.sampled_from(VARIANTS))
def test_nobody_distressed_stays_so_and_stopping_at_once_changes_nothing(case, variant):
    exposures, buffers, initial = case
    assert not debtrank(exposures, buffers, np.zeros_like(initial), variant).any()
    assert (debtrank(exposures, buffers, initial, variant, rounds=0) == initial).all()


@given(shocks())
def test_linear_distress_is_the_fixed_point_and_grows_with_the_shock(case):
    exposures, buffers, initial = case
    found = debtrank(exposures, buffers, initial)
    np.testing.assert_allclose(found, np.minimum(initial + exposures / buffers[:, None] @ found, 1.0), atol=1e-9)
    assert (debtrank(exposures, buffers, np.minimum(initial * 1.5, 1.0)) >= found - 1e-12).all()


@given(shocks())
def test_one_pass_never_exceeds_all_passes(case):
    assert (debtrank(*case, variant="2012") <= debtrank(*case) + 1e-12).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_large_thin_network_gives_the_same_sparse_and_dense(variant, monkeypatch):
    rng = np.random.default_rng(2)
    network = random_array((400, 400), density=0.02, rng=rng, format="csr")
    network.setdiag(0.0)
    initial = rng.random(400) * (rng.random(400) < 0.05)
    buffers = 1.0 + 5.0 * rng.random(400)
    sparse = debtrank(network, buffers, initial, variant)
    monkeypatch.setattr(liability, "SPARSE_SIZE", 10_000)
    np.testing.assert_allclose(debtrank(network, buffers, initial, variant), sparse, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 1]], [1], [0]), "square"),
        (([[0, -1], [0, 0]], [1, 1], [0, 0]), "not negative"),
        (([[0, 1], [0, 0]], [0, 1], [0, 0]), "more than 0"),
        (([[0, 1], [0, 0]], [1], [0, 0]), "buffers"),
        (([[0, 1], [0, 0]], [1, 1], [0, 1.5]), "initial_distress must lie"),
        (([[0, 1], [0, 0]], [1, 1], [0, np.nan]), "finite"),
        (([[0, 1], [0, 0]], [1, 1], [0, 0], "2015"), "linear, 2012"),
    ],
)
def test_wrong_input_is_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as refused:
        debtrank(*arguments)
    assert "\n" not in str(refused.value)
