"""Netting: hand-made claims, and what is refused; the simulated threshold is a claim of the validation suite."""

import numpy as np
import pytest

from model.network.netting import bilateral_exposure, cleared_exposure, net_debts
from model.scenario import Scenario, ScenarioError

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


@pytest.mark.parametrize("cleared", range(4))
def test_netting_leaves_everybody_its_net_claims_and_nobody_in_debt_to_itself(cleared):
    drawn = np.triu(np.random.default_rng(cleared).standard_normal((3, 7, 7)), 1)
    claims = drawn - np.swapaxes(drawn, 1, 2)
    debts = net_debts(claims, cleared)
    assert debts.sum(axis=0) - debts.sum(axis=1) == pytest.approx(claims.sum(axis=(0, 2)))
    assert (debts >= 0).all() and not debts.diagonal().any()
    pairs = np.minimum(debts, debts.T)
    assert pairs.any() == (0 < cleared < 3)  # what is cleared is not set off against what is not


def test_all_classes_cleared_leave_nobody_both_owing_and_owed():
    drawn = np.triu(np.random.default_rng(5).standard_normal((2, 6, 6)), 1)
    debts = net_debts(drawn - np.swapaxes(drawn, 1, 2), 2)
    assert not (debts.any(axis=0) & debts.any(axis=1)).any()


def test_more_cleared_than_there_are_is_refused():
    with pytest.raises(ScenarioError, match="at most classes"):
        Scenario().replace({"exposure.graph": "netted", "exposure.classes": 2, "exposure.cleared": 3})
