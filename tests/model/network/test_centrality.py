"""Claims about central nodes: the obvious one is found, and symmetry gives equals."""

import numpy as np
import pytest

from model.network.analysis.centrality import centrality, impact


def hub(number=6):
    """Everybody is owed by node 0 alone."""
    owed = np.zeros((number, number))
    owed[0, 1:] = 1.0
    return owed


@pytest.mark.parametrize("variant", ["linear", "2012"])
def test_who_owes_everybody_is_most_central(variant):
    found = centrality(hub(), np.full(6, 2.0), variant)
    assert found.most_central() == found.katz.argmax() == found.rank.argmax() == 0
    np.testing.assert_allclose(found.impact, [0.5, 0, 0, 0, 0, 0])
    assert found.owed.tolist() == [5.0, 0, 0, 0, 0, 0] and found.held.tolist() == [0.0, 1, 1, 1, 1, 1]


def test_indirect_debtors_count():
    """In a chain 0 → 1 → 2 the first hurts both others, the last nobody."""
    chain = np.diag([1.0, 1.0], 1)
    assert impact(chain, np.full(3, 2.0)).tolist() == [(0.5 + 0.25) / 2, 0.25, 0.0]
    found = centrality(chain, np.full(3, 2.0))
    assert found.katz[0] > found.katz[1] > found.katz[2]
    assert found.rank[0] > found.rank[1] > found.rank[2]


def test_equals_are_equal():
    ring = np.roll(np.eye(5), 1, axis=1)
    found = centrality(ring, np.full(5, 3.0))
    for measure in (found.impact, found.katz, found.rank):
        np.testing.assert_allclose(measure, measure[0], rtol=1e-9)
    assert found.rank.sum() == pytest.approx(1.0)


def test_without_debts_nobody_matters():
    found = centrality(np.zeros((3, 3)), np.ones(3))
    assert not found.impact.any()
    np.testing.assert_allclose(found.katz, 3**-0.5)
    np.testing.assert_allclose(found.rank, 1 / 3)
    assert impact([[0.0]], [1.0]).tolist() == [0.0]


def test_katz_solves_its_equation_whatever_the_network():
    """x ∝ 1 + ½ L x / max p̄, for a cyclic network and for one without cycles whose nodes are in no order."""
    rng = np.random.default_rng(4)
    cyclic = rng.random((7, 7)) * 1e6
    np.fill_diagonal(cyclic, 0.0)
    order = rng.permutation(7)
    for owed in (cyclic, np.triu(cyclic, 1)[np.ix_(order, order)]):
        wanted = np.linalg.solve(np.eye(7) - 0.5 * owed / owed.sum(axis=1).max(), np.ones(7))
        np.testing.assert_allclose(centrality(owed, np.ones(7)).katz, wanted / np.linalg.norm(wanted), rtol=1e-9)
