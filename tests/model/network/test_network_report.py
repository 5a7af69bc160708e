"""The report on a run's exposures names central protocols, waves and the bound on amplification."""

import numpy as np
import pytest

from model.ecosystem import Ecosystem
from model.network.analysis.network_report import customers_claims, network_report
from tests.support.world import small


def test_the_hub_of_a_star_takes_all_others_with_it():
    """A member owes the hub its whole treasury and more, so DebtRank finds members hit the others hardest."""
    changes = {"exposure__graph": "star", "exposure__weight": 1.1, "protocol__open_interest": (6e7,)}
    ecosystem = Ecosystem(small(protocol__number=5, exposure__beta=0.5, **changes))
    report = network_report(ecosystem, np.full(5, 0.05))
    assert report.most_central != 0
    assert (report.centrality.impact[1:] > report.centrality.impact[0]).all()
    assert report.waves[0] == [[0], [1, 2, 3, 4]]
    assert report.waves[3][0] == [3]
    assert 1.0 < report.amplification_bound < 2.0


def test_without_exposures_nothing_spreads_or_amplifies():
    ecosystem = Ecosystem(small(exposure__graph="none"))
    report = network_report(ecosystem, np.zeros(3))
    assert report.waves == [[[0]], [[1]], [[2]]]
    assert report.amplification_bound == 1.0
    assert not report.connectivity.any() and not report.centrality.impact.any()


def test_connectivity_is_debts_to_protocols_over_all_debts():
    ecosystem = Ecosystem(small(exposure__graph="complete"))
    owed, customers = ecosystem.contagion.liabilities.sum(axis=1), customers_claims(ecosystem)
    assert network_report(ecosystem, np.zeros(3)).connectivity == pytest.approx(owed / (owed + customers))
