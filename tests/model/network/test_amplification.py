"""The network adds no more to expected losses than Glasserman and Young's bound."""

import numpy as np
import pytest
from scipy.special import ndtr

from model.network.analysis.amplification import amplification_bound, connectivity, net_worth, system_loss

NODES = 8


def network(rng, ties):
    """Return L, c, b with every net worth a positive part of outside assets."""
    owed = rng.random((NODES, NODES)) * (rng.random((NODES, NODES)) < 0.5) * ties
    np.fill_diagonal(owed, 0.0)
    assets = owed.sum(axis=1) + rng.uniform(1.0, 5.0, NODES)
    worth = assets * rng.uniform(0.02, 0.3, NODES)
    return owed, assets, assets + owed.sum(axis=0) - owed.sum(axis=1) - worth


def shocked_shares(rng, shape, common, draws):
    """Return shares X / c in [0, 1] (draws, n), Beta(1, shape): an increasing failure rate; `common` ties them."""
    normal = np.sqrt(common) * rng.normal(size=(draws, 1)) + np.sqrt(1.0 - common) * rng.normal(size=(draws, NODES))
    return 1.0 - (1.0 - ndtr(normal)) ** (1.0 / shape)


@pytest.mark.parametrize("seed", range(12))
def test_simulated_losses_respect_the_bound(seed):
    """Random networks, failure probabilities from 1 % to 90 %, correlation of shocks from 0 to 0.9."""
    rng = np.random.default_rng(seed)
    owed, assets, outside = network(rng, rng.uniform(0.2, 2.0))
    shape = rng.uniform(1.0, 15.0)
    shocks = assets * shocked_shares(rng, shape, rng.uniform(0.0, 0.9), 600)
    tied, apart = np.mean([system_loss(owed, assets, outside, shock) for shock in shocks], axis=0)
    fails = (1.0 - net_worth(owed, assets, outside) / assets) ** shape
    assert apart * (1.0 - 1e-12) <= tied <= apart * amplification_bound(owed, assets, outside, fails)


def test_the_network_does_amplify():
    """A chain in which one failure takes its creditors' worth: the loss with ties exceeds that without."""
    owed, assets = np.diag([4.0, 4.0], 1), np.array([5.0, 1.0, 1.0])
    outside = np.array([0.5, 0.5, 4.5])
    np.testing.assert_allclose(net_worth(owed, assets, outside), [0.5, 0.5, 0.5])
    loss = system_loss(owed, assets, outside, np.array([4.0, 0.0, 0.0]))
    assert loss.apart == pytest.approx(4.0 + 3.5)
    assert loss.tied > loss.apart + 2.0


def test_the_formula_by_hand():
    """β⁺ = 1/2, Σ δc / Σ c = 0.1: 1 + 0.1 / 0.5."""
    owed = [[0.0, 2.0], [0.0, 0.0]]
    assert connectivity(owed, [2.0, 1.0]).tolist() == [0.5, 0.0]
    assert amplification_bound(owed, [6.0, 4.0], [2.0, 1.0], [0.1, 0.1]) == pytest.approx(1.2)


def test_no_failures_no_amplification_and_no_outside_debt_no_bound():
    owed = [[0.0, 2.0], [0.0, 0.0]]
    assert amplification_bound(owed, [6.0, 4.0], [0.0, 1.0], [0.0, 0.0]) == 1.0
    assert amplification_bound(owed, [6.0, 4.0], [0.0, 1.0], [0.1, 0.0]) == np.inf
