"""Netting: hand-made claims, and what is refused; the simulated threshold is a claim of the validation suite."""

import numpy as np
import pytest

from model.netting import bilateral_exposure, cleared_exposure

FIRST = np.array([[0.0, 3.0, -1.0], [-3.0, 0.0, 2.0], [1.0, -2.0, 0.0]])


def test_opposite_claims_on_one_counterparty_net():
    assert bilateral_exposure([FIRST, -FIRST]).tolist() == [0.0, 0.0, 0.0]
    assert bilateral_exposure([FIRST]).tolist() == [3.0, 2.0, 1.0]


def test_a_cleared_class_nets_over_counterparties_and_no_longer_with_other_classes():
    assert cleared_exposure([FIRST], 0).tolist() == [2.0, 0.0, 0.0]
    assert cleared_exposure([FIRST, -FIRST], 0).tolist() == [2.0 + 1.0, 0.0 + 3.0, 0.0 + 2.0]


def test_clearing_the_only_class_never_raises_exposure():
    drawn = np.random.default_rng(0).standard_normal((50, 6, 6))
    for one in np.triu(drawn, 1):
        claims = [one - one.T]
        assert (cleared_exposure(claims, 0) <= bilateral_exposure(claims) + 1e-12).all()


@pytest.mark.parametrize(("claims", "word"), [([[[0.0, 1.0], [1.0, 0.0]]], "antisymmetric"), ([[0.0, 1.0]], "shape")])
def test_what_is_no_claim_is_refused(claims, word):
    with pytest.raises(ValueError, match=word):
        bilateral_exposure(claims)
